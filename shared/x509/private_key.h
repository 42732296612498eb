#pragma once

#include "shared/base/result.h"
#include "shared/base/secret.h"
#include "shared/x509/certificate.h"

#include <memory>
#include <string>
#include <string_view>

struct evp_pkey_st;

namespace perennial::x509 {

// The types a policy may name: "rsa-2048", "rsa-3072", "rsa-4096", "ec-p256", "ec-p384".
bool isKnownKeyType(std::string_view keyType);

// Move-only; never printed; leaves this class only as a Secret.
class PrivateKey {
public:
    static constexpr std::size_t sizeLimit = 16U << 10U;

    static Result<PrivateKey> generate(std::string_view keyType);
    // The first key in the text. PKCS#8 or traditional, RSA, elliptic curve or Ed25519. An
    // encrypted one is refused without a password, and where its derivation costs too much;
    // PermissionDenied when the password is wrong.
    static Result<PrivateKey> fromPem(const Secret& pem, const Secret* password = nullptr);
    static Result<PrivateKey> fromDer(const Secret& der, const Secret* password = nullptr);
    // Reads the whole file behind the descriptor from its start; does not close it.
    static Result<PrivateKey> fromDescriptor(int descriptor);
    // Takes what OpenSSL parsed as part of something larger; the checks of fromPem(). Null:
    // refused.
    static Result<PrivateKey> fromParsed(evp_pkey_st* parsed);

    Secret toPem() const; // PKCS#8; empty of a key in a token
    std::string keyType() const;
    Bytes publicKeyDer() const;
    bool matches(const Certificate& certificate) const;
    // A key that stays in a PKCS#11 token: token_key.h. Takes the reference.
    static PrivateKey inToken(evp_pkey_st* handle)
    {
        PrivateKey key{std::unique_ptr<evp_pkey_st, Free>(handle)};
        key.inToken_ = true;
        return key;
    }
    evp_pkey_st* handle() const { return handle_.get(); } // for the folders that may use OpenSSL

    Bytes signEd25519(
        std::string_view bytes) const; // for checkpoints; empty for another type of key
    static Result<PrivateKey> generateEd25519();

private:
    struct Free {
        void operator()(evp_pkey_st* key) const noexcept;
    };
    explicit PrivateKey(std::unique_ptr<evp_pkey_st, Free> handle) : handle_(std::move(handle)) {}

    std::unique_ptr<evp_pkey_st, Free> handle_;
    bool inToken_ = false;
};

Result<Bytes> ed25519PublicKey(const PrivateKey& key); // the 32 raw bytes
bool ed25519Verifies(
    std::string_view publicKey32, std::string_view bytes, std::string_view signature);

} // namespace perennial::x509
