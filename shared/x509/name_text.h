#pragma once

#include "shared/base/result.h"
#include "shared/x509/openssl_handles.h"

#include <optional>
#include <string>
#include <string_view>

namespace perennial::x509 {

// RFC 4514 text, most specific first; control characters escaped, UTF-8 kept as it is.
std::string nameText(const X509_NAME* name);
// The last common name, printable; empty without one.
std::string commonNameOf(const X509_NAME* name);
// The common name as UTF-8, unchanged, where the name is one common name and not even an empty
// relative distinguished name beside it.
std::optional<std::string> onlyCommonNameOf(const X509_NAME* name);
// RFC 4514 text; text without '=' is a common name.
Result<NameHandle> nameFromText(std::string_view text);

// For a hostile string: control characters and broken UTF-8 shown, nothing cut.
std::string shown(std::string_view text);

} // namespace perennial::x509
