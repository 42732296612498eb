#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace perennial::http {

struct RequestTarget {
    std::string path;
    std::map<std::string, std::string> query;
};

// The target of a request line (RFC 9112 3.2, origin-form or absolute-form), percent-decoded once.
// Nothing when it is malformed, not UTF-8, carries control characters, a "." or ".." segment, or a
// name of the query twice.
std::optional<RequestTarget> readRequestTarget(std::string_view target);

} // namespace perennial::http
