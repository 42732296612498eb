#include "shared/x509/der.h"
#include "shared/x509/openssl_errors.h"
#include "shared/x509/private_key.h"

namespace perennial::x509 {

namespace {

constexpr std::size_t keySize = 32;
constexpr std::size_t signatureSize = 64;

} // namespace

Bytes PrivateKey::signEd25519(std::string_view bytes) const
{
    clearOpensslErrors();
    Bytes signature(signatureSize, '\0');
    std::size_t size = signature.size();
    const DigestContextHandle context(EVP_MD_CTX_new());
    const bool signedIt =
        context && EVP_PKEY_get_base_id(handle_.get()) == EVP_PKEY_ED25519 &&
        EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, handle_.get()) == 1 &&
        EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
            octets(bytes), bytes.size()) == 1;
    clearOpensslErrors();
    if (!signedIt) return {};
    return signature;
}

Result<Bytes> ed25519PublicKey(const PrivateKey& key)
{
    clearOpensslErrors();
    Bytes raw(keySize, '\0');
    std::size_t size = raw.size();
    if (EVP_PKEY_get_base_id(key.handle()) != EVP_PKEY_ED25519 ||
        EVP_PKEY_get_raw_public_key(
            key.handle(), reinterpret_cast<unsigned char*>(raw.data()), &size) != 1)
        return opensslError(ErrorKind::InvalidInput, "not an Ed25519 key");
    return raw;
}

bool ed25519Verifies(
    std::string_view publicKey32, std::string_view bytes, std::string_view signature)
{
    if (publicKey32.size() != keySize || signature.size() != signatureSize) return false;
    clearOpensslErrors();
    const KeyHandle key(EVP_PKEY_new_raw_public_key(
        EVP_PKEY_ED25519, nullptr, octets(publicKey32), publicKey32.size()));
    const DigestContextHandle context(EVP_MD_CTX_new());
    const bool valid =
        key && context &&
        EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
        EVP_DigestVerify(
            context.get(), octets(signature), signature.size(), octets(bytes), bytes.size()) == 1;
    clearOpensslErrors();
    return valid;
}

} // namespace perennial::x509
