#pragma once

#include "shared/x509/certificate.h"

#include <string_view>
#include <vector>

namespace perennial::x509 {

// Path validation (RFC 5280 6) at a given moment; bounded to 10 certificates; SHA-1 and short keys
// refused. `purpose`: an extended key usage OID that the leaf must allow, or empty. Returns the
// path, leaf first, anchor last. PermissionDenied with the reason when there is none.
Result<std::vector<Certificate>> validateChain(const Certificate& leaf,
    const std::vector<Certificate>& intermediates, const std::vector<Certificate>& anchors,
    TimePoint now, std::string_view purpose = {});

// Text of all, leaf first, without the self-signed root, as servers want it.
std::string chainPem(const std::vector<Certificate>& path);

} // namespace perennial::x509
