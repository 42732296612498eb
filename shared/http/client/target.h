#pragma once

#include "shared/base/result.h"

#include <string>

namespace perennial::http {

// Where a request goes, read from its URL by curl's own parser.
struct Target {
    std::string host;  // a name, or an address without brackets
    std::string place; // "ca.example.test:443", for messages
};
// InvalidInput: not a URL, another scheme than https (or, where that is allowed too, http), or a
// user name or a fragment in it.
Result<Target> readTarget(const std::string& url, bool plainToo = false);

} // namespace perennial::http
