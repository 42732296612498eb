#pragma once

#include "shared/base/encoding.h"

namespace perennial::x509 {

// Whether two SubjectPublicKeyInfo in DER are the same key. Their bytes need not be: a point may be
// compressed (RFC 5480 2.2), RSA's parameters may be left out. Keys that cannot be read are the
// same only when their bytes are.
bool isSameKey(const Bytes& one, const Bytes& other);

} // namespace perennial::x509
