#pragma once

#include "shared/base/encoding.h"
#include "shared/x509/openssl_handles.h"

#include <string_view>

namespace perennial::x509 {

// ECPrivateKey (RFC 5915 3) with its point, on P-256, P-384 or P-521; null for every other one,
// which is left to OpenSSL's decoder: that one takes ten times as long. `parameters`: the curve's
// name from the PKCS#8 around it. Whether number and point belong together is not looked at here.
KeyHandle readUsualPrivateKey(const ASN1_OBJECT* parameters, std::string_view der);

// SubjectPublicKeyInfo. The usual curves are written without OpenSSL's encoder.
Bytes publicKeyInfoOf(const EVP_PKEY* key);

} // namespace perennial::x509
