#pragma once

#include "shared/base/encoding.h"
#include "shared/base/result.h"

#include <string_view>

// Between the forms of PKCS#11 and those of X.509.
namespace perennial::x509 {

// SubjectPublicKeyInfo of an RSA key: both numbers big-endian.
Result<Bytes> rsaPublicKeyDer(std::string_view modulus, std::string_view exponent);
// Of a point of P-256 or P-384. `parameters`: CKA_EC_PARAMS, the curve's OID in DER; `point`:
// CKA_EC_POINT, an OCTET STRING in DER with the uncompressed point.
Result<Bytes> ecPublicKeyDer(std::string_view parameters, std::string_view point);
// Of a curve: CKA_EC_PARAMS for "ec-p256" and "ec-p384"; empty for another type.
Bytes ecParametersDer(std::string_view keyType);
// ECDSA-Sig-Value (RFC 3279, 2.2.3) of r and s side by side, as CKM_ECDSA gives them.
Result<Bytes> ecdsaSignatureDer(std::string_view twoNumbers);
// DigestInfo (RFC 8017, 9.2) of SHA-256, SHA-384 or SHA-512, told by the digest's length.
Result<Bytes> digestInfoDer(std::string_view digest);

} // namespace perennial::x509
