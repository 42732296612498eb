#pragma once

#include "shared/base/result.h"

#include <string>
#include <string_view>

namespace perennial::x509 {

// Before a call into OpenSSL: what earlier calls left behind must not be blamed on this one.
void clearOpensslErrors();
// After a failed call: takes everything from the thread's queue into one Error, "what: reason;
// reason".
Error opensslError(ErrorKind kind, std::string_view what);

} // namespace perennial::x509
