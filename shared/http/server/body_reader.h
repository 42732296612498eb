#pragma once

#include "shared/http/server/request_head.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace perennial::http {

// Takes a request's body (RFC 9112 6.2 and 7.1) out of what comes in, in pieces of any size.
// Strict: a body that ends too early or whose chunks are malformed is never taken for a whole one.
class BodyReader {
public:
    enum class State { More, Complete, TooLarge, Malformed };

    BodyReader() = default; // no body
    BodyReader(const RequestHead& head, std::size_t limit);

    // Reads from the front of `input` and says in `used` how much of it is done with.
    State take(std::string_view input, std::size_t& used);
    std::string& body() { return body_; }

private:
    enum class Part { Data, ChunkSize, ChunkEnd, Trailer, Done };
    State takeData(std::string_view& input);
    State takeLine(std::string_view& input);
    State takeChunkSize(std::string_view line);

    Part part_ = Part::Done;
    bool chunked_ = false;
    std::size_t limit_ = 0;
    std::uint64_t left_ = 0; // of the body or of the chunk
    std::size_t trailerBytes_ = 0;
    std::string body_;
};

} // namespace perennial::http
