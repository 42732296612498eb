#pragma once

#include "shared/base/encoding.h"
#include "shared/x509/openssl_handles.h"

namespace perennial::x509 {

// Signed attributes as they are signed: a SET OF in the order of DER (RFC 5652 5.4).
Bytes attributesToSign(const CMS_SignerInfo* signer);

} // namespace perennial::x509
