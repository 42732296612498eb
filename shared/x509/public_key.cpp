#include "shared/x509/public_key.h"

#include "shared/x509/der.h"
#include "shared/x509/digest.h"

#include <array>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/objects.h>

namespace perennial::x509 {

namespace {

constexpr int bitsLimit = 8192;
constexpr int exponentBitsLimit = 64;

using NumberHandle = std::unique_ptr<BIGNUM, FreeWith<&BN_free>>;

Error refusal(const std::string& what) { return Error{ErrorKind::InvalidInput, what}; }

Status checkRsaExponent(const EVP_PKEY* key)
{
    BIGNUM* number = nullptr;
    EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &number);
    const NumberHandle exponent(number);
    if (!exponent || !BN_is_odd(number) || BN_is_one(number) || BN_is_negative(number) ||
        BN_num_bits(number) > exponentBitsLimit)
        return refusal("an RSA key with an impossible exponent");
    return {};
}

std::string curveOf(const EVP_PKEY* key)
{
    std::array<char, 80> name{};
    std::size_t size = 0;
    if (EVP_PKEY_get_utf8_string_param(
            key, OSSL_PKEY_PARAM_GROUP_NAME, name.data(), name.size(), &size) != 1)
        return {};
    std::string curve(name.data(), size);
    if (curve == SN_X9_62_prime256v1) return "p256";
    if (curve == SN_secp384r1) return "p384";
    if (curve == SN_secp521r1) return "p521";
    return curve;
}

bool isKnownAlgorithm(const ASN1_OBJECT* algorithm)
{
    switch (OBJ_obj2nid(algorithm)) {
    case NID_rsaEncryption:
    case NID_rsassaPss:
    case NID_X9_62_id_ecPublicKey:
    case NID_dsa:
    case NID_ED25519:
    case NID_ED448: return true;
    default: return false;
    }
}

} // namespace

Status checkKeySize(const EVP_PKEY* key)
{
    const int type = EVP_PKEY_get_base_id(key);
    const bool rsa = type == EVP_PKEY_RSA || type == EVP_PKEY_RSA_PSS;
    if ((rsa || type == EVP_PKEY_DSA || type == EVP_PKEY_DH) && EVP_PKEY_get_bits(key) > bitsLimit)
        return refusal("a key of " + std::to_string(EVP_PKEY_get_bits(key)) + " bits; at most " +
                       std::to_string(bitsLimit) + " are accepted");
    if (rsa) return checkRsaExponent(key);
    if (type == EVP_PKEY_EC) {
        // What checkStructure() cannot see: a key file with a curve of its own.
        int fromExplicit = 0;
        EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &fromExplicit);
        if (fromExplicit != 0 || curveOf(key).empty())
            return refusal("an elliptic curve given by explicit parameters");
    }
    return {};
}

Status checkPublicKey(const EVP_PKEY* key, const ASN1_OBJECT* algorithm)
{
    if (key != nullptr) return checkKeySize(key);
    if (isKnownAlgorithm(algorithm)) return refusal("an unreadable public key");
    return {};
}

std::string keyTypeOf(const EVP_PKEY* key, const ASN1_OBJECT* algorithm)
{
    return key != nullptr ? keyTypeOf(key) : oidText(algorithm);
}

std::string keyTypeOf(const EVP_PKEY* key)
{
    const auto bits = std::to_string(EVP_PKEY_get_bits(key));
    switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA: return "rsa-" + bits;
    case EVP_PKEY_RSA_PSS: return "rsa-pss-" + bits;
    case EVP_PKEY_DSA: return "dsa-" + bits;
    case EVP_PKEY_EC: return "ec-" + curveOf(key);
    case EVP_PKEY_ED25519: return "ed25519";
    case EVP_PKEY_ED448: return "ed448";
    default: break;
    }
    const char* name = EVP_PKEY_get0_type_name(key);
    return name != nullptr ? name : "unknown";
}

const EVP_MD* signingDigest(const EVP_PKEY* key)
{
    switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_ED25519:
    case EVP_PKEY_ED448: return nullptr;
    case EVP_PKEY_EC:
        if (EVP_PKEY_get_bits(key) > 384) return EVP_sha512();
        return EVP_PKEY_get_bits(key) > 256 ? EVP_sha384() : EVP_sha256();
    default: return EVP_sha256();
    }
}

const EVP_MD* digestNamed(const ASN1_OBJECT* algorithm)
{
    switch (OBJ_obj2nid(algorithm)) {
    case NID_sha1: return EVP_sha1();
    case NID_sha256: return EVP_sha256();
    case NID_sha384: return EVP_sha384();
    case NID_sha512: return EVP_sha512();
    default: return nullptr;
    }
}

Bytes keyIdentifier(const PublicKeyInfo& info) { return sha1(bytesOf(info.bits)); }

Bytes keyIdentifier(const X509_PUBKEY* key)
{
    const unsigned char* bits = nullptr;
    int size = 0;
    X509_PUBKEY_get0_param(nullptr, &bits, &size, nullptr, key);
    return sha1({reinterpret_cast<const char*>(bits), static_cast<std::size_t>(size)});
}

} // namespace perennial::x509
