#include "shared/x509/private_key.h"

#include "shared/x509/der.h"
#include "shared/x509/openssl_errors.h"
#include "shared/x509/private_key_parts.h"
#include "shared/x509/public_key.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <unistd.h>

namespace perennial::x509 {

namespace {

struct KeyKind {
    std::string_view name;
    const char* curve; // null: RSA
    unsigned bits;
};

constexpr std::array<KeyKind, 5> keyKinds = {{
    {"rsa-2048", nullptr, 2048},
    {"rsa-3072", nullptr, 3072},
    {"rsa-4096", nullptr, 4096},
    {"ec-p256", "P-256", 0},
    {"ec-p384", "P-384", 0},
}};

const KeyKind* findKind(std::string_view name)
{
    for (const auto& kind : keyKinds) {
        if (kind.name == name) return &kind;
    }
    return nullptr;
}

Status checkPrivateKey(EVP_PKEY* key)
{
    const int type = EVP_PKEY_get_base_id(key);
    if (type != EVP_PKEY_RSA && type != EVP_PKEY_EC && type != EVP_PKEY_ED25519)
        return Error{ErrorKind::InvalidInput, "a type of key that is not supported"};
    if (auto size = checkKeySize(key); !size) return size;
    const std::unique_ptr<EVP_PKEY_CTX, FreeWith<&EVP_PKEY_CTX_free>> context(
        EVP_PKEY_CTX_new(key, nullptr));
    clearOpensslErrors();
    if (!context || EVP_PKEY_pairwise_check(context.get()) != 1)
        return opensslError(
            ErrorKind::InvalidInput, "its private and public parts do not belong together");
    return {};
}

} // namespace

void PrivateKey::Free::operator()(evp_pkey_st* key) const noexcept { EVP_PKEY_free(key); }

bool isKnownKeyType(std::string_view keyType) { return findKind(keyType) != nullptr; }

Result<PrivateKey> PrivateKey::generate(std::string_view keyType)
{
    const auto* kind = findKind(keyType);
    if (kind == nullptr)
        return Error{ErrorKind::InvalidInput,
            "unknown key type " + toPrintable(keyType, 64) +
                "; known are rsa-2048, rsa-3072, rsa-4096, ec-p256, ec-p384"};
    clearOpensslErrors();
    std::unique_ptr<EVP_PKEY, Free> key(
        kind->curve == nullptr ? EVP_RSA_gen(kind->bits) : EVP_EC_gen(kind->curve));
    if (!key) return opensslError(ErrorKind::Internal, "making a key");
    return PrivateKey(std::move(key));
}

Result<PrivateKey> PrivateKey::generateEd25519()
{
    clearOpensslErrors();
    std::unique_ptr<EVP_PKEY, Free> key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
    if (!key) return opensslError(ErrorKind::Internal, "making a key");
    return PrivateKey(std::move(key));
}

Result<PrivateKey> PrivateKey::fromParsed(evp_pkey_st* parsed)
{
    std::unique_ptr<EVP_PKEY, Free> key(parsed);
    if (!key) return opensslError(ErrorKind::InvalidInput, "not a private key");
    if (const auto checked = checkPrivateKey(key.get()); !checked)
        return checked.error().in("private key");
    return PrivateKey(std::move(key));
}

Result<PrivateKey> PrivateKey::fromDescriptor(int descriptor)
{
    // One buffer of the full size: growing would leave copies behind.
    std::string text(sizeLimit + 1, '\0');
    std::size_t size = 0;
    int problem = 0;
    while (size < text.size()) {
        const auto got =
            ::pread(descriptor, text.data() + size, text.size() - size, static_cast<off_t>(size));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) problem = errno;
        if (got <= 0) break;
        size += static_cast<std::size_t>(got);
    }
    OPENSSL_cleanse(text.data() + size, text.size() - size);
    text.resize(size);
    const Secret pem(std::move(text));
    if (problem != 0)
        return Error{ErrorKind::Unavailable,
            std::string("private key: reading the descriptor: ") + std::strerror(problem)};
    return fromPem(pem);
}

Secret PrivateKey::toPem() const
{
    if (inToken_) return {}; // OpenSSL would write a PKCS#8 without a key in it
    clearOpensslErrors();
    // A memory BIO wipes its buffer when it grows and when it goes.
    const BioHandle out(BIO_new(BIO_s_secmem()));
    if (!out || PEM_write_bio_PKCS8PrivateKey(
                    out.get(), handle_.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
        return {};
    return Secret(bioBytes(out.get()));
}

std::string PrivateKey::keyType() const { return keyTypeOf(handle_.get()); }
Bytes PrivateKey::publicKeyDer() const { return publicKeyInfoOf(handle_.get()); }

bool PrivateKey::matches(const Certificate& certificate) const
{
    clearOpensslErrors();
    const EVP_PKEY* theirs = certificate.publicKey();
    const bool same = theirs != nullptr && EVP_PKEY_eq(handle_.get(), theirs) == 1;
    clearOpensslErrors();
    return same;
}

} // namespace perennial::x509
