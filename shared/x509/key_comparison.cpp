#include "shared/x509/key_comparison.h"

#include "shared/x509/openssl_errors.h"
#include "shared/x509/public_key.h"

namespace perennial::x509 {

namespace {

KeyHandle keyOf(const Bytes& der)
{
    const auto info = decodeStructure<PublicKeyInfo>(der);
    return info ? readPublicKey(*info) : KeyHandle();
}

} // namespace

bool isSameKey(const Bytes& one, const Bytes& other)
{
    if (one == other) return true;
    clearOpensslErrors();
    const auto first = keyOf(one);
    const auto second = keyOf(other);
    const bool same = first && second && EVP_PKEY_eq(first.get(), second.get()) == 1;
    clearOpensslErrors();
    return same;
}

} // namespace perennial::x509
