#include "shared/x509/key_comparison.h"

#include "shared/x509/openssl_errors.h"
#include "shared/x509/public_key.h"

#include <openssl/objects.h>

namespace perennial::x509 {

namespace {

KeyHandle keyOf(const PublicKeyInfo* info) { return info ? readPublicKey(*info) : KeyHandle(); }

// A point of a named curve, whole: it is written in this way and no other (SEC 1 2.3.3).
bool isUncompressed(const PublicKeyInfo& info)
{
    const ASN1_OBJECT* algorithm = nullptr;
    int parameter = V_ASN1_UNDEF;
    X509_ALGOR_get0(&algorithm, &parameter, nullptr, info.algorithm);
    return OBJ_obj2nid(algorithm) == NID_X9_62_id_ecPublicKey && parameter == V_ASN1_OBJECT &&
           info.bits->length > 0 && *info.bits->data == 0x04;
}

bool areDifferentPoints(const PublicKeyInfo& one, const PublicKeyInfo& other)
{
    return isUncompressed(one) && isUncompressed(other) &&
           X509_ALGOR_cmp(one.algorithm, other.algorithm) == 0 &&
           ASN1_STRING_cmp(one.bits, other.bits) != 0;
}

} // namespace

bool isSameKey(const Bytes& one, const Bytes& other)
{
    if (one == other) return true;
    clearOpensslErrors();
    const auto oneInfo = decodeStructure<PublicKeyInfo>(one);
    const auto otherInfo = decodeStructure<PublicKeyInfo>(other);
    // Reading a key takes ten times as long.
    if (oneInfo && otherInfo && areDifferentPoints(*oneInfo, *otherInfo)) return false;
    const auto first = keyOf(oneInfo.get());
    const auto second = keyOf(otherInfo.get());
    const bool same = first && second && EVP_PKEY_eq(first.get(), second.get()) == 1;
    clearOpensslErrors();
    return same;
}

} // namespace perennial::x509
