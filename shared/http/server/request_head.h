#pragma once

#include "shared/http/server/request_target.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>

namespace perennial::http {

struct RequestHead {
    std::string method;
    RequestTarget target;
    std::map<std::string, std::string> headers; // names in lower case
    bool keepAlive = false;
    bool expectsContinue = false;
    bool chunked = false;
    std::uint64_t contentLength = 0; // when not chunked
};

struct Refusal {
    int status;
};

// `text`: a request line and header lines (RFC 9112 2.1), each with its CR LF, without the empty
// line.
std::variant<RequestHead, Refusal> readHead(std::string_view text);

inline constexpr std::size_t headLimit = 32U << 10U; // bytes, the empty line included
inline constexpr std::size_t requestLineLimit = 8U << 10U;
inline constexpr int headerLimit = 100; // lines

} // namespace perennial::http
