#include "shared/x509/key_comparison.h"

#include "shared/x509/openssl_errors.h"
#include "shared/x509/openssl_handles.h"

namespace perennial::x509 {

namespace {

KeyHandle keyOf(const Bytes& der)
{
    const auto* in = reinterpret_cast<const unsigned char*>(der.data());
    return KeyHandle(d2i_PUBKEY(nullptr, &in, static_cast<long>(der.size())));
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
