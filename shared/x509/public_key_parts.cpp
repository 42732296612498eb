#include "shared/x509/public_key_parts.h"

#include "shared/x509/der.h"
#include "shared/x509/openssl_errors.h"
#include "shared/x509/openssl_handles.h"
#include "shared/x509/public_key.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>

namespace perennial::x509 {

namespace {

constexpr std::size_t partLimit = 2048; // bytes: RSA of 16,384 bits

using NumberHandle = std::unique_ptr<BIGNUM, FreeWith<&BN_free>>;
using BuilderHandle = std::unique_ptr<OSSL_PARAM_BLD, FreeWith<&OSSL_PARAM_BLD_free>>;
using ParametersHandle = std::unique_ptr<OSSL_PARAM, FreeWith<&OSSL_PARAM_free>>;
using ContextHandle = std::unique_ptr<EVP_PKEY_CTX, FreeWith<&EVP_PKEY_CTX_free>>;
using SignatureHandle = std::unique_ptr<ECDSA_SIG, FreeWith<&ECDSA_SIG_free>>;
using DigestInfoHandle = std::unique_ptr<X509_SIG, FreeWith<&X509_SIG_free>>;

NumberHandle numberOf(std::string_view bytes)
{
    return NumberHandle(BN_bin2bn(octets(bytes), static_cast<int>(bytes.size()), nullptr));
}

Error noKey() { return opensslError(ErrorKind::InvalidInput, "a token's public key is none"); }

Result<Bytes> keyFrom(const char* type, OSSL_PARAM_BLD* builder)
{
    const ParametersHandle parameters(OSSL_PARAM_BLD_to_param(builder));
    const ContextHandle context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
    EVP_PKEY* made = nullptr;
    if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1)
        return noKey();
    const KeyHandle key(made);
    if (const auto size = checkKeySize(key.get()); !size) return size.error();
    return encode<&i2d_PUBKEY>(key.get());
}

int curveOf(std::string_view keyType)
{
    return keyType == "ec-p256"   ? NID_X9_62_prime256v1
           : keyType == "ec-p384" ? NID_secp384r1
                                  : NID_undef;
}

} // namespace

Result<Bytes> rsaPublicKeyDer(std::string_view modulus, std::string_view exponent)
{
    clearOpensslErrors();
    if (modulus.size() > partLimit || exponent.size() > partLimit) return noKey();
    const auto n = numberOf(modulus);
    const auto e = numberOf(exponent);
    const BuilderHandle builder(OSSL_PARAM_BLD_new());
    if (!n || !e || !builder ||
        OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
        OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1)
        return noKey();
    return keyFrom("RSA", builder.get());
}

Result<Bytes> ecPublicKeyDer(std::string_view parameters, std::string_view point)
{
    clearOpensslErrors();
    if (parameters.size() > partLimit || point.size() > partLimit) return noKey();
    const char* curve = nullptr;
    for (const char* type : {"ec-p256", "ec-p384"}) {
        if (parameters == ecParametersDer(type)) curve = OBJ_nid2sn(curveOf(type));
    }
    if (curve == nullptr)
        return Error{ErrorKind::InvalidInput, "a token's key is on another curve than P-256 and "
                                              "P-384"};
    const auto raw = decode<StringHandle, &d2i_ASN1_OCTET_STRING>(point);
    const BuilderHandle builder(OSSL_PARAM_BLD_new());
    if (!raw || !builder ||
        OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, curve, 0) != 1 ||
        OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY,
            ASN1_STRING_get0_data(raw.get()),
            static_cast<std::size_t>(ASN1_STRING_length(raw.get()))) != 1)
        return noKey();
    return keyFrom("EC", builder.get());
}

Bytes ecParametersDer(std::string_view keyType)
{
    const int curve = curveOf(keyType);
    return curve == NID_undef ? Bytes() : encode<&i2d_ASN1_OBJECT>(OBJ_nid2obj(curve));
}

Result<Bytes> ecdsaSignatureDer(std::string_view twoNumbers)
{
    clearOpensslErrors();
    const auto half = twoNumbers.size() / 2;
    const SignatureHandle signature(ECDSA_SIG_new());
    auto r = numberOf(twoNumbers.substr(0, half));
    auto s = numberOf(twoNumbers.substr(half));
    if (half == 0 || half > 72 || twoNumbers.size() % 2 != 0 || !signature || !r || !s ||
        ECDSA_SIG_set0(signature.get(), r.get(), s.get()) != 1)
        return Error{ErrorKind::Unavailable, "a token's signature is none"};
    (void)r.release(); // the signature's now
    (void)s.release();
    return encode<&i2d_ECDSA_SIG>(signature.get());
}

Result<Bytes> digestInfoDer(std::string_view digest)
{
    clearOpensslErrors();
    const int hash = digest.size() == 32   ? NID_sha256
                     : digest.size() == 48 ? NID_sha384
                     : digest.size() == 64 ? NID_sha512
                                           : NID_undef;
    const DigestInfoHandle info(X509_SIG_new());
    X509_ALGOR* algorithm = nullptr;
    ASN1_OCTET_STRING* content = nullptr;
    if (info) X509_SIG_getm(info.get(), &algorithm, &content);
    if (hash == NID_undef || !info ||
        X509_ALGOR_set0(algorithm, OBJ_nid2obj(hash), V_ASN1_NULL, nullptr) != 1 ||
        ASN1_OCTET_STRING_set(content, octets(digest), static_cast<int>(digest.size())) != 1)
        return Error{ErrorKind::InvalidInput, "no digest of SHA-256, SHA-384 or SHA-512"};
    return encode<&i2d_X509_SIG>(info.get());
}

} // namespace perennial::x509
