#pragma once

#include "shared/base/result.h"
#include "shared/x509/openssl_handles.h"

namespace perennial::x509 {

using Pkcs8Handle = std::unique_ptr<PKCS8_PRIV_KEY_INFO, FreeWith<&PKCS8_PRIV_KEY_INFO_free>>;

// The key in a PKCS#8 structure (RFC 5958). RSA, elliptic curves by name, Ed25519 and Ed448 only,
// told before anything is computed: a DSA or DH key makes OpenSSL raise a number to a power as long
// as whoever wrote it liked.
Result<KeyHandle> keyOf(const PKCS8_PRIV_KEY_INFO* info);

} // namespace perennial::x509
