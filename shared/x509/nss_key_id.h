#pragma once

#include "shared/base/encoding.h"
#include "shared/base/result.h"

#include <string_view>

namespace perennial::x509 {

// CKA_ID as NSS gives it to a key and its certificate: SHA-1 of an RSA modulus or of an elliptic
// curve's point. From a SubjectPublicKeyInfo; InvalidInput for a key of another kind.
Result<Bytes> nssKeyId(std::string_view publicKeyDer);

} // namespace perennial::x509
