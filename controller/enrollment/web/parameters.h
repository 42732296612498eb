#pragma once

#include "shared/base/encoding.h"
#include "shared/base/result.h"

#include <map>
#include <string>
#include <string_view>

namespace perennial::enrollment::server::web {

// What a call brings, of its query or its form. ASP compares names without regard to letter case,
// so they are in lower case here, and a name that comes twice, in whatever case, is refused.
class Parameters {
public:
    // InvalidInput: a name twice, a name over 64 bytes, over 64 of them.
    Status add(std::string_view name, Bytes value);
    static Result<Parameters> fromQuery(const std::map<std::string, std::string>& query);

    bool has(const std::string& lowerCaseName) const { return values_.count(lowerCaseName) != 0; }
    const Bytes& value(const std::string& lowerCaseName) const; // empty without one

private:
    std::map<std::string, Bytes> values_;
};

// An HTML form (WHATWG: application/x-www-form-urlencoded and multipart/form-data; RFC 7578). A
// file is a value like the others; an empty one is left out. InvalidInput for another content
// type, a body over `formLimit` and everything malformed.
inline constexpr std::size_t formLimit = 800U << 10U; // a request of 256 KiB, twice encoded
Result<Parameters> readForm(std::string_view contentType, std::string_view body);

std::string lowered(std::string_view text);      // ASCII
std::string_view trimmed(std::string_view text); // of spaces and tabs

} // namespace perennial::enrollment::server::web
