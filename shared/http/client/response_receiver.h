#pragma once

#include "shared/http/client/http_client.h"

#include <string>

namespace perennial::http {

// Takes what curl receives, within limits.
class ResponseReceiver {
public:
    explicit ResponseReceiver(std::size_t bodyLimit) : bodyLimit_(bodyLimit) {}

    bool takeHeaderLine(std::string_view line);             // false: the head is over its limit
    bool takeBody(std::string_view bytes);                  // false: the body is over its limit
    const std::string& overrun() const { return overrun_; } // which limit; empty for none
    ClientResponse take(int status) &&;

    static constexpr std::size_t headLimit = 64U
                                             << 10U; // bytes, interim answers and trailers included

private:
    std::size_t bodyLimit_;
    std::size_t headBytes_ = 0;
    bool inHead_ = false;
    ClientResponse response_;
    std::string overrun_;
};

} // namespace perennial::http
