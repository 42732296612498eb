#include "shared/x509/der.h"
#include "shared/x509/openssl_errors.h"
#include "shared/x509/public_key.h"

#include <array>
#include <openssl/core_names.h>
#include <openssl/objects.h>
#include <openssl/params.h>

namespace perennial::x509 {

namespace {

using KeyContextHandle = std::unique_ptr<EVP_PKEY_CTX, FreeWith<&EVP_PKEY_CTX_free>>;

constexpr unsigned char uncompressed = 0x04; // SEC 1 2.3.3

// Keys that have a curve and no point yet.
struct Curve {
    int nid;
    int pointSize;
    KeyHandle forVerifying;
    KeyHandle forCertifying;
};

KeyHandle withoutPoint(std::string name)
{
    const std::array parameters{
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, name.data(), 0),
        OSSL_PARAM_construct_end()};
    const KeyContextHandle context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
    EVP_PKEY* key = nullptr;
    if (context && EVP_PKEY_fromdata_init(context.get()) == 1)
        EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEY_PARAMETERS,
            const_cast<OSSL_PARAM*>(parameters.data()));
    return KeyHandle(key);
}

KeyHandle olderWithoutPoint(int nid)
{
    const auto name = encode<&i2d_ASN1_OBJECT>(OBJ_nid2obj(nid));
    const auto* in = octets(name);
    return KeyHandle(d2i_KeyParams(EVP_PKEY_EC, nullptr, &in, static_cast<long>(name.size())));
}

Curve makeCurve(int nid, const char* name, int fieldSize)
{
    return {nid, 1 + 2 * fieldSize, withoutPoint(name), olderWithoutPoint(nid)};
}

const Curve* findCurve(int nid)
{
    static const std::array curves{makeCurve(NID_X9_62_prime256v1, "P-256", 32),
        makeCurve(NID_secp384r1, "P-384", 48), makeCurve(NID_secp521r1, "P-521", 66)};
    for (const auto& curve : curves)
        if (curve.nid == nid && curve.forVerifying && curve.forCertifying) return &curve;
    return nullptr;
}

// That the point is on the curve is checked by both ways.
KeyHandle pointOn(const Curve& curve, const ASN1_BIT_STRING& bits, KeyUse use)
{
    const auto* in = static_cast<const unsigned char*>(bits.data);
    if (bits.length != curve.pointSize || *in != uncompressed) return {};
    if (use == KeyUse::Verify) {
        KeyHandle key(EVP_PKEY_dup(curve.forVerifying.get()));
        if (key && EVP_PKEY_set1_encoded_public_key(
                       key.get(), in, static_cast<std::size_t>(bits.length)) != 1)
            key.reset();
        return key;
    }
    KeyHandle key(EVP_PKEY_new());
    EVP_PKEY* filled = key.get();
    if (!key || EVP_PKEY_copy_parameters(filled, curve.forCertifying.get()) != 1 ||
        d2i_PublicKey(EVP_PKEY_EC, &filled, &in, bits.length) == nullptr)
        return {};
    return key;
}

KeyHandle readRsa(const ASN1_BIT_STRING& bits)
{
    const unsigned char* in = bits.data;
    KeyHandle key(d2i_PublicKey(EVP_PKEY_RSA, nullptr, &in, bits.length));
    if (in != bits.data + bits.length) key.reset();
    return key;
}

KeyHandle readUsual(const PublicKeyInfo& info, KeyUse use)
{
    const ASN1_OBJECT* algorithm = nullptr;
    const void* parameter = nullptr;
    int type = V_ASN1_UNDEF;
    X509_ALGOR_get0(&algorithm, &type, &parameter, info.algorithm);
    const int nid = OBJ_obj2nid(algorithm);
    const bool whole = (info.bits->flags & 0x07) == 0; // no unused bits
    if (!whole) return {};
    if (nid == NID_rsaEncryption && type == V_ASN1_NULL) return readRsa(*info.bits);
    if (nid != NID_X9_62_id_ecPublicKey || type != V_ASN1_OBJECT) return {};
    const Curve* curve = findCurve(OBJ_obj2nid(static_cast<const ASN1_OBJECT*>(parameter)));
    return curve != nullptr ? pointOn(*curve, *info.bits, use) : KeyHandle();
}

} // namespace

KeyHandle readPublicKey(const PublicKeyInfo& info, KeyUse use)
{
    clearOpensslErrors();
    auto key = readUsual(info, use);
    if (!key) {
        const auto decoded = decode<PublicKeyInfoHandle, &d2i_X509_PUBKEY>(encodeStructure(&info));
        key.reset(decoded ? X509_PUBKEY_get(decoded.get()) : nullptr);
    }
    clearOpensslErrors();
    return key;
}

} // namespace perennial::x509
