#include "shared/x509/ssh_key.h"

#include "shared/x509/der.h"
#include "shared/x509/digest.h"
#include "shared/x509/openssl_errors.h"
#include "shared/x509/public_key.h"
#include "shared/x509/ssh_wire.h"

#include <array>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>

namespace perennial::x509 {

namespace {

using NumberHandle = std::unique_ptr<BIGNUM, FreeWith<&BN_free>>;
using BuilderHandle = std::unique_ptr<OSSL_PARAM_BLD, FreeWith<&OSSL_PARAM_BLD_free>>;
using ParametersHandle = std::unique_ptr<OSSL_PARAM, FreeWith<&OSSL_PARAM_free>>;
using KeyContextHandle = std::unique_ptr<EVP_PKEY_CTX, FreeWith<&EVP_PKEY_CTX_free>>;

constexpr std::size_t ed25519KeySize = 32;
constexpr std::size_t smallestRsa = 2048 / 8;
constexpr std::size_t largestRsa = 8192 / 8;
constexpr std::size_t applicationLimit = 256;

struct KeyType {
    std::string_view name;
    SshAlgorithm algorithm;
    bool inToken;
    const char* group;      // OpenSSL's name of the curve
    std::string_view curve; // SSH's
    std::size_t fieldSize;
    const EVP_MD* (*digest)();
};

// RFC 5656 6.2.1 binds each curve to its digest.
constexpr std::array keyTypes{
    KeyType{"ssh-ed25519", SshAlgorithm::Ed25519, false, nullptr, "", 0, nullptr},
    KeyType{"sk-ssh-ed25519@openssh.com", SshAlgorithm::Ed25519, true, nullptr, "", 0, nullptr},
    KeyType{"ecdsa-sha2-nistp256", SshAlgorithm::Ecdsa, false, "P-256", "nistp256", 32, EVP_sha256},
    KeyType{"ecdsa-sha2-nistp384", SshAlgorithm::Ecdsa, false, "P-384", "nistp384", 48, EVP_sha384},
    KeyType{"ecdsa-sha2-nistp521", SshAlgorithm::Ecdsa, false, "P-521", "nistp521", 66, EVP_sha512},
    KeyType{"sk-ecdsa-sha2-nistp256@openssh.com", SshAlgorithm::Ecdsa, true, "P-256", "nistp256",
        32, EVP_sha256},
    KeyType{"ssh-rsa", SshAlgorithm::Rsa, false, nullptr, "", 0, nullptr}};

Error refusal(const std::string& what)
{
    return {ErrorKind::InvalidInput, "SSH public key: " + what};
}

KeyHandle makeKey(const char* kind, OSSL_PARAM_BLD* builder)
{
    const ParametersHandle parameters(OSSL_PARAM_BLD_to_param(builder));
    const KeyContextHandle context(EVP_PKEY_CTX_new_from_name(nullptr, kind, nullptr));
    EVP_PKEY* key = nullptr;
    if (parameters && context && EVP_PKEY_fromdata_init(context.get()) == 1)
        EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get());
    return KeyHandle(key);
}

KeyHandle ed25519Key(std::string_view raw)
{
    if (raw.size() != ed25519KeySize) return {};
    return KeyHandle(
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, octets(raw), raw.size()));
}

// OpenSSL checks that the point is on the curve.
KeyHandle ecdsaKey(const KeyType& type, std::string_view point)
{
    if (point.size() != 1 + 2 * type.fieldSize || point.front() != 0x04) return {};
    const BuilderHandle builder(OSSL_PARAM_BLD_new());
    if (!builder ||
        OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, type.group, 0) !=
            1 ||
        OSSL_PARAM_BLD_push_octet_string(
            builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) != 1)
        return {};
    return makeKey("EC", builder.get());
}

KeyHandle rsaKey(std::string_view exponent, std::string_view modulus)
{
    if (modulus.size() < smallestRsa || modulus.size() > largestRsa) return {};
    if (modulus.size() == smallestRsa && (static_cast<unsigned char>(modulus[0]) & 0x80U) == 0)
        return {};
    const NumberHandle e(BN_bin2bn(octets(exponent), static_cast<int>(exponent.size()), nullptr));
    const NumberHandle n(BN_bin2bn(octets(modulus), static_cast<int>(modulus.size()), nullptr));
    const BuilderHandle builder(OSSL_PARAM_BLD_new());
    if (!e || !n || !builder ||
        OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
        OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1)
        return {};
    auto key = makeKey("RSA", builder.get());
    if (key && !checkKeySize(key.get())) key.reset();
    return key;
}

} // namespace

Result<SshVerifyingKey> readSshKey(std::string_view blob)
{
    clearOpensslErrors();
    SshReader in(blob);
    const auto name = in.string();
    const KeyType* type = nullptr;
    for (const auto& one : keyTypes)
        if (one.name == name) type = &one;
    if (type == nullptr)
        return refusal("\"" + toPrintable(name, 100) + "\" is no type of key that is allowed here");
    SshVerifyingKey key{std::string(name), type->algorithm, {}, type->fieldSize,
        type->digest == nullptr ? nullptr : type->digest(), type->inToken, {}};
    if (type->algorithm == SshAlgorithm::Ecdsa) {
        const auto curve = in.string();
        const auto point = in.string();
        if (curve == type->curve) key.handle = ecdsaKey(*type, point);
    } else if (type->algorithm == SshAlgorithm::Ed25519) {
        key.handle = ed25519Key(in.string());
    } else {
        const auto exponent = in.positive();
        const auto modulus = in.positive();
        if (!in.failed()) key.handle = rsaKey(exponent, modulus);
        key.fieldSize = modulus.size();
    }
    if (type->inToken) key.application = in.string();
    clearOpensslErrors();
    if (!in.ended() || !key.handle || key.application.size() > applicationLimit)
        return refusal("cannot be read; RSA keys need 2048 to 8192 bits");
    return key;
}

Result<SshPublicKey> sshPublicKeyFromBlob(Bytes blob)
{
    auto key = readSshKey(blob);
    if (!key) return key.error();
    return SshPublicKey{std::move(key->type), std::move(blob)};
}

std::string fingerprintOf(const SshPublicKey& key)
{
    auto text = toBase64(sha256(key.blob));
    while (!text.empty() && text.back() == '=')
        text.pop_back();
    return "SHA256:" + text;
}

} // namespace perennial::x509
