#include "shared/x509/der.h"
#include "shared/x509/openssl_errors.h"
#include "shared/x509/public_key.h"

#include <algorithm>
#include <array>
#include <openssl/core_names.h>
#include <openssl/objects.h>
#include <openssl/params.h>

namespace perennial::x509 {

namespace {

using KeyContextHandle = std::unique_ptr<EVP_PKEY_CTX, FreeWith<&EVP_PKEY_CTX_free>>;

constexpr unsigned char uncompressed = 0x04; // SEC 1 2.3.3

// A curve, and keys that have it and no point yet, made when the first such key is read.
struct Curve {
    int nid;
    const char* name;
    int fieldSize;
};

constexpr std::array<Curve, 3> curves{{{NID_X9_62_prime256v1, "P-256", 32},
    {NID_secp384r1, "P-384", 48}, {NID_secp521r1, "P-521", 66}}};

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

// Null when it cannot be made.
template <std::size_t number>
const EVP_PKEY* keyOfCurve()
{
    static const KeyHandle key = withoutPoint(curves.at(number).name);
    return key.get();
}

const EVP_PKEY* keyOn(const Curve& curve)
{
    switch (curve.nid) {
    case NID_X9_62_prime256v1: return keyOfCurve<0>();
    case NID_secp384r1: return keyOfCurve<1>();
    default: return keyOfCurve<2>();
    }
}

const Curve* findCurve(int nid)
{
    const auto* found = std::find_if(
        curves.begin(), curves.end(), [nid](const Curve& curve) { return curve.nid == nid; });
    return found != curves.end() ? found : nullptr;
}

// OpenSSL checks that the point is on the curve.
KeyHandle pointOn(const Curve& curve, const ASN1_BIT_STRING& bits)
{
    const auto* in = static_cast<const unsigned char*>(bits.data);
    if (bits.length != 1 + 2 * curve.fieldSize || *in != uncompressed) return {};
    const EVP_PKEY* model = keyOn(curve);
    KeyHandle key(model != nullptr ? EVP_PKEY_dup(const_cast<EVP_PKEY*>(model)) : nullptr);
    if (key &&
        EVP_PKEY_set1_encoded_public_key(key.get(), in, static_cast<std::size_t>(bits.length)) != 1)
        key.reset();
    return key;
}

KeyHandle readRsa(const ASN1_BIT_STRING& bits)
{
    const unsigned char* in = bits.data;
    KeyHandle key(d2i_PublicKey(EVP_PKEY_RSA, nullptr, &in, bits.length));
    if (in != bits.data + bits.length) key.reset();
    return key;
}

KeyHandle readUsual(const PublicKeyInfo& info)
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
    return curve != nullptr ? pointOn(*curve, *info.bits) : KeyHandle();
}

} // namespace

KeyHandle readUsualKey(const PublicKeyInfo& info)
{
    clearOpensslErrors();
    auto key = readUsual(info);
    clearOpensslErrors();
    return key;
}

KeyHandle readPublicKey(const PublicKeyInfo& info)
{
    auto key = readUsualKey(info);
    if (!key) {
        const auto decoded = decode<PublicKeyInfoHandle, &d2i_X509_PUBKEY>(encodeStructure(&info));
        key.reset(decoded ? X509_PUBKEY_get(decoded.get()) : nullptr);
    }
    clearOpensslErrors();
    return key;
}

} // namespace perennial::x509
