#include "shared/x509/private_key_parts.h"

#include "shared/x509/der.h"
#include "shared/x509/openssl_errors.h"
#include "shared/x509/request_structures.h"

#include <algorithm>
#include <array>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/objects.h>
#include <openssl/param_build.h>

namespace perennial::x509 {

namespace {

struct EcPrivateKey {
    ASN1_INTEGER* version;
    ASN1_OCTET_STRING* number;
    ASN1_OBJECT* curve;
    ASN1_BIT_STRING* point;
};

// clang-format off
ASN1_SEQUENCE(EcPrivateKey) = {
    ASN1_SIMPLE(EcPrivateKey, version, ASN1_INTEGER),
    ASN1_SIMPLE(EcPrivateKey, number, ASN1_OCTET_STRING),
    ASN1_EXP_OPT(EcPrivateKey, curve, ASN1_OBJECT, 0),
    ASN1_EXP_OPT(EcPrivateKey, point, ASN1_BIT_STRING, 1),
} static_ASN1_SEQUENCE_END(EcPrivateKey)
    // clang-format on

    struct Wipe {
    void operator()(EcPrivateKey* key) const noexcept
    {
        if (key->number != nullptr)
            OPENSSL_cleanse(key->number->data, static_cast<std::size_t>(key->number->length));
        FreeStructure<EcPrivateKey>()(key);
    }
};
using PartsHandle = std::unique_ptr<EcPrivateKey, Wipe>;
using NumberHandle = std::unique_ptr<BIGNUM, FreeWith<&BN_clear_free>>;
using BuilderHandle = std::unique_ptr<OSSL_PARAM_BLD, FreeWith<&OSSL_PARAM_BLD_free>>;
using ParametersHandle = std::unique_ptr<OSSL_PARAM, FreeWith<&OSSL_PARAM_free>>;
using ContextHandle = std::unique_ptr<EVP_PKEY_CTX, FreeWith<&EVP_PKEY_CTX_free>>;

struct Curve {
    int nid;
    int fieldSize;
};
constexpr std::array<Curve, 3> curves{
    {{NID_X9_62_prime256v1, 32}, {NID_secp384r1, 48}, {NID_secp521r1, 66}}};

const Curve* findCurve(int nid)
{
    const auto* found = std::find_if(
        curves.begin(), curves.end(), [nid](const Curve& curve) { return curve.nid == nid; });
    return found != curves.end() ? found : nullptr;
}

bool isUsual(const EcPrivateKey& parts, const Curve& curve)
{
    return ASN1_INTEGER_get(parts.version) == 1 && parts.number->length == curve.fieldSize &&
           (parts.curve == nullptr || OBJ_obj2nid(parts.curve) == curve.nid) &&
           parts.point != nullptr && (parts.point->flags & 0x07) == 0 && // no unused bits
           parts.point->length == 1 + 2 * curve.fieldSize && *parts.point->data == 0x04;
}

// In key memory from the number on. OpenSSL checks that the point is on the curve.
KeyHandle made(const EcPrivateKey& parts, const Curve& curve)
{
    const NumberHandle number(BN_secure_new());
    const BuilderHandle builder(OSSL_PARAM_BLD_new());
    if (!number || !builder ||
        BN_bin2bn(parts.number->data, parts.number->length, number.get()) == nullptr ||
        OSSL_PARAM_BLD_push_utf8_string(
            builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, OBJ_nid2sn(curve.nid), 0) != 1 ||
        OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, parts.point->data,
            static_cast<std::size_t>(parts.point->length)) != 1 ||
        OSSL_PARAM_BLD_push_BN_pad(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, number.get(),
            static_cast<std::size_t>(curve.fieldSize)) != 1)
        return {};
    const ParametersHandle parameters(OSSL_PARAM_BLD_to_param(builder.get()));
    const ContextHandle context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
    EVP_PKEY* key = nullptr;
    if (parameters && context && EVP_PKEY_fromdata_init(context.get()) == 1)
        EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR, parameters.get());
    return KeyHandle(key);
}

int curveOf(const EVP_PKEY* key)
{
    std::array<char, 32> name{};
    std::size_t length = 0;
    const bool named = EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
                       EVP_PKEY_get_group_name(key, name.data(), name.size(), &length) == 1;
    return named ? OBJ_sn2nid(name.data()) : NID_undef;
}

Bytes encodePoint(const EVP_PKEY* key, const Curve& curve)
{
    std::array<unsigned char, 1 + 2 * 66> point{};
    std::size_t size = 0;
    if (EVP_PKEY_get_octet_string_param(
            key, OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size(), &size) != 1 ||
        size != static_cast<std::size_t>(1 + 2 * curve.fieldSize) || point[0] != 0x04)
        return {};
    const auto info = newStructure<PublicKeyInfo>();
    if (!info ||
        X509_ALGOR_set0(info->algorithm, OBJ_nid2obj(NID_X9_62_id_ecPublicKey), V_ASN1_OBJECT,
            OBJ_nid2obj(curve.nid)) != 1 ||
        ASN1_BIT_STRING_set(info->bits, point.data(), static_cast<int>(size)) != 1)
        return {};
    info->bits->flags |= ASN1_STRING_FLAG_BITS_LEFT; // none of its bits is unused
    return encodeStructure(info.get());
}

} // namespace

template <>
const ASN1_ITEM* itemOf<EcPrivateKey>()
{
    return ASN1_ITEM_rptr(EcPrivateKey);
}

KeyHandle readUsualPrivateKey(const ASN1_OBJECT* parameters, std::string_view der)
{
    const Curve* curve = findCurve(OBJ_obj2nid(parameters));
    if (curve == nullptr) return {};
    const PartsHandle parts(decodeStructure<EcPrivateKey>(der).release());
    auto key = parts && isUsual(*parts, *curve) ? made(*parts, *curve) : KeyHandle();
    clearOpensslErrors();
    return key;
}

Bytes publicKeyInfoOf(const EVP_PKEY* key)
{
    const Curve* curve = findCurve(curveOf(key));
    auto der = curve != nullptr ? encodePoint(key, *curve) : Bytes();
    clearOpensslErrors();
    return der.empty() ? encode<&i2d_PUBKEY>(key) : der;
}

} // namespace perennial::x509
