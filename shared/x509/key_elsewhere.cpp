// OpenSSL 3.0 knows keys that are elsewhere by its older methods, or by a whole provider.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "shared/x509/key_elsewhere.h"

#include "shared/x509/der.h"
#include "shared/x509/openssl_errors.h"
#include "shared/x509/public_key.h"

#include <openssl/ec.h>
#include <openssl/engine.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

namespace perennial::x509 {

namespace {

using EcKeyHandle = std::unique_ptr<EC_KEY, FreeWith<&EC_KEY_free>>;
using RsaHandle = std::unique_ptr<RSA, FreeWith<&RSA_free>>;

void freeSigner(void* /*parent*/, void* signer, CRYPTO_EX_DATA* /*data*/, int /*index*/,
    long /*number*/, void* /*argument*/)
{
    delete static_cast<DigestSigner*>(signer);
}

int ecIndex()
{
    static const int index = EC_KEY_get_ex_new_index(0, nullptr, nullptr, nullptr, &freeSigner);
    return index;
}

int rsaIndex()
{
    static const int index = RSA_get_ex_new_index(0, nullptr, nullptr, nullptr, &freeSigner);
    return index;
}

// 0, or the signature's size.
std::size_t signInto(const DigestSigner& signer, SignatureScheme scheme, std::string_view digest,
    unsigned char* room, std::size_t size)
{
    const auto signature = signer({scheme, digest});
    if (!signature || signature->empty() || signature->size() > size) {
        ERR_raise_data(ERR_LIB_USER, ERR_R_OPERATION_FAIL, "%s",
            signature ? "a signature of a wrong size" : signature.error().message.c_str());
        return 0;
    }
    std::copy(signature->begin(), signature->end(), room);
    return signature->size();
}

std::string_view viewOf(const unsigned char* bytes, std::size_t size)
{
    return {reinterpret_cast<const char*>(bytes), size};
}

int signEc(int /*type*/, const unsigned char* digest, int size, unsigned char* signature,
    unsigned* length, const BIGNUM* /*inverse*/, const BIGNUM* /*r*/, EC_KEY* key)
{
    const auto* signer = static_cast<DigestSigner*>(EC_KEY_get_ex_data(key, ecIndex()));
    if (signer == nullptr || size < 0) return 0;
    const auto got =
        signInto(*signer, SignatureScheme::Ecdsa, viewOf(digest, static_cast<std::size_t>(size)),
            signature, static_cast<std::size_t>(ECDSA_size(key)));
    *length = static_cast<unsigned>(got);
    return got > 0 ? 1 : 0;
}

const EC_KEY_METHOD* ecMethod()
{
    static EC_KEY_METHOD* const method = [] {
        auto* made = EC_KEY_METHOD_new(EC_KEY_OpenSSL());
        if (made != nullptr) EC_KEY_METHOD_set_sign(made, &signEc, nullptr, nullptr);
        return made;
    }();
    return method;
}

// Signatures of RSA keys are asked for above the padding: what is below would be a key that
// decrypts whatever it is given.
using SignInit = int (*)(EVP_PKEY_CTX*);
using Sign = int (*)(
    EVP_PKEY_CTX*, unsigned char*, std::size_t*, const unsigned char*, std::size_t);

bool isUsualPss(EVP_PKEY_CTX* context, const EVP_MD* digest)
{
    int salt = 0;
    const EVP_MD* mask = nullptr;
    if (EVP_PKEY_CTX_get_rsa_pss_saltlen(context, &salt) != 1 ||
        EVP_PKEY_CTX_get_rsa_mgf1_md(context, &mask) != 1)
        return false;
    return (salt == RSA_PSS_SALTLEN_DIGEST || salt == EVP_MD_get_size(digest)) && mask != nullptr &&
           EVP_MD_get_type(mask) == EVP_MD_get_type(digest);
}

int signRsa(EVP_PKEY_CTX* context, unsigned char* signature, std::size_t* length,
    const unsigned char* digest, std::size_t size)
{
    const RSA* key = EVP_PKEY_get0_RSA(EVP_PKEY_CTX_get0_pkey(context));
    const auto* signer =
        key == nullptr ? nullptr : static_cast<DigestSigner*>(RSA_get_ex_data(key, rsaIndex()));
    if (signer == nullptr) return 0;
    int padding = 0;
    const EVP_MD* hash = nullptr;
    if (EVP_PKEY_CTX_get_rsa_padding(context, &padding) != 1 ||
        EVP_PKEY_CTX_get_signature_md(context, &hash) != 1 || hash == nullptr ||
        size != static_cast<std::size_t>(EVP_MD_get_size(hash)))
        return 0;
    const bool pss = padding == RSA_PKCS1_PSS_PADDING;
    if (pss ? !isUsualPss(context, hash) : padding != RSA_PKCS1_PADDING) return 0;
    const auto room = static_cast<std::size_t>(RSA_size(key));
    if (signature == nullptr) {
        *length = room;
        return 1;
    }
    *length = signInto(*signer, pss ? SignatureScheme::RsaPss : SignatureScheme::RsaPkcs1,
        viewOf(digest, size), signature, room);
    return *length > 0 ? 1 : 0;
}

// OpenSSL's own but for signing.
const EVP_PKEY_METHOD* signingMethod()
{
    static const EVP_PKEY_METHOD* const method = [] {
        const auto* usual = EVP_PKEY_meth_find(EVP_PKEY_RSA);
        auto* made = usual == nullptr ? nullptr : EVP_PKEY_meth_new(EVP_PKEY_RSA, 0);
        if (made == nullptr) return made;
        EVP_PKEY_meth_copy(made, usual);
        SignInit begin = nullptr;
        Sign unused = nullptr;
        EVP_PKEY_meth_get_sign(usual, &begin, &unused);
        EVP_PKEY_meth_set_sign(made, begin, &signRsa);
        return made;
    }();
    return method;
}

int methodsOf(ENGINE* /*engine*/, EVP_PKEY_METHOD** method, const int** types, int type)
{
    static const int rsa = EVP_PKEY_RSA;
    if (method == nullptr) {
        *types = &rsa;
        return 1;
    }
    *method = type == rsa ? const_cast<EVP_PKEY_METHOD*>(signingMethod()) : nullptr;
    return *method == nullptr ? 0 : 1;
}

// Of these keys alone: nobody else in the process finds it, or the method.
ENGINE* rsaEngine()
{
    static ENGINE* const engine = [] {
        auto* made = ENGINE_new();
        const bool usable = made != nullptr && ENGINE_set_id(made, "elsewhere") == 1 &&
                            ENGINE_set_pkey_meths(made, &methodsOf) == 1;
        return usable ? made : nullptr;
    }();
    return engine;
}

// Its own, so that OpenSSL never takes the key for one that a provider can use.
const RSA_METHOD* rsaMethod()
{
    static RSA_METHOD* const method = RSA_meth_dup(RSA_PKCS1_OpenSSL());
    return method;
}

KeyHandle ecKey(std::string_view der, std::unique_ptr<DigestSigner> signer)
{
    auto ec = decode<EcKeyHandle, &d2i_EC_PUBKEY>(der);
    KeyHandle key(EVP_PKEY_new());
    if (!ec || !key || ecMethod() == nullptr || EC_KEY_set_method(ec.get(), ecMethod()) != 1 ||
        EC_KEY_set_ex_data(ec.get(), ecIndex(), signer.get()) != 1)
        return nullptr;
    (void)signer.release(); // the key's now
    if (EVP_PKEY_assign_EC_KEY(key.get(), ec.get()) != 1) return nullptr;
    (void)ec.release();
    return key;
}

KeyHandle rsaKey(std::string_view der, std::unique_ptr<DigestSigner> signer)
{
    auto rsa = decode<RsaHandle, &d2i_RSA_PUBKEY>(der);
    KeyHandle key(EVP_PKEY_new());
    if (!rsa || !key || rsaEngine() == nullptr || rsaMethod() == nullptr ||
        RSA_set_method(rsa.get(), rsaMethod()) != 1 ||
        RSA_set_ex_data(rsa.get(), rsaIndex(), signer.get()) != 1)
        return nullptr;
    (void)signer.release();
    if (EVP_PKEY_assign_RSA(key.get(), rsa.get()) != 1) return nullptr;
    (void)rsa.release();
    return EVP_PKEY_set1_engine(key.get(), rsaEngine()) == 1 ? std::move(key) : nullptr;
}

} // namespace

Result<PrivateKey> keyElsewhere(std::string_view publicKeyDer, DigestSigner signer)
{
    clearOpensslErrors();
    if (const auto form = checkStructure(publicKeyDer, Encoding::Der); !form) return form.error();
    const auto known = decode<KeyHandle, &d2i_PUBKEY>(publicKeyDer);
    if (!known) return opensslError(ErrorKind::InvalidInput, "a public key that is none");
    if (const auto size = checkKeySize(known.get()); !size) return size.error();
    auto held = std::make_unique<DigestSigner>(std::move(signer));
    KeyHandle key;
    if (EVP_PKEY_get_base_id(known.get()) == EVP_PKEY_EC)
        key = ecKey(publicKeyDer, std::move(held));
    else if (EVP_PKEY_get_base_id(known.get()) == EVP_PKEY_RSA)
        key = rsaKey(publicKeyDer, std::move(held));
    if (!key)
        return opensslError(ErrorKind::InvalidInput, "a public key that is neither RSA nor EC");
    return PrivateKey::inToken(key.release());
}

} // namespace perennial::x509
