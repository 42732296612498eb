#include "shared/x509/ssh_signature.h"

#include "shared/x509/der.h"
#include "shared/x509/digest.h"
#include "shared/x509/openssl_errors.h"
#include "shared/x509/ssh_key.h"
#include "shared/x509/ssh_wire.h"

#include <openssl/bn.h>
#include <openssl/ecdsa.h>

namespace perennial::x509 {

namespace {

using EcdsaHandle = std::unique_ptr<ECDSA_SIG, FreeWith<&ECDSA_SIG_free>>;

constexpr std::string_view beginLine = "-----BEGIN SSH SIGNATURE-----\n";
constexpr std::string_view endLine = "\n-----END SSH SIGNATURE-----";
constexpr std::string_view magic = "SSHSIG";
constexpr std::size_t textLimit = 16U << 10U;
constexpr std::size_t ed25519Size = 64;
constexpr unsigned userWasPresent = 0x01; // PROTOCOL.u2f, as in a U2F raw message

Error wrong(const std::string& what) { return {ErrorKind::InvalidInput, "SSH signature: " + what}; }
Error refused(const std::string& what)
{
    return {ErrorKind::PermissionDenied, "SSH signature: " + what};
}

Bytes hashed(const std::string& name, std::string_view message)
{
    return digest(name == "sha512" ? EVP_sha512() : EVP_sha256(), message);
}

// RFC 5656 3.1.2: two numbers; OpenSSL wants them in DER.
Bytes ecdsaDer(std::string_view numbers, std::size_t fieldSize)
{
    SshReader in(numbers);
    const auto r = in.positive();
    const auto s = in.positive();
    if (!in.ended() || r.size() > fieldSize || s.size() > fieldSize) return {};
    const EcdsaHandle pair(ECDSA_SIG_new());
    BIGNUM* first = BN_bin2bn(octets(r), static_cast<int>(r.size()), nullptr);
    BIGNUM* second = BN_bin2bn(octets(s), static_cast<int>(s.size()), nullptr);
    if (!pair || ECDSA_SIG_set0(pair.get(), first, second) != 1) {
        BN_free(first);
        BN_free(second);
        return {};
    }
    return encode<&i2d_ECDSA_SIG>(pair.get());
}

bool opensslVerifies(const SshVerifyingKey& key, const EVP_MD* digest, std::string_view signature,
    std::string_view bytes)
{
    clearOpensslErrors();
    const DigestContextHandle context(EVP_MD_CTX_new());
    const bool valid =
        context &&
        EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, key.handle.get()) == 1 &&
        EVP_DigestVerify(
            context.get(), octets(signature), signature.size(), octets(bytes), bytes.size()) == 1;
    clearOpensslErrors();
    return valid;
}

bool keyVerifies(const SshVerifyingKey& key, std::string_view algorithm, std::string_view made,
    std::string_view bytes)
{
    if (key.algorithm == SshAlgorithm::Rsa) {
        const auto* digest = algorithm == "rsa-sha2-512" ? EVP_sha512() : EVP_sha256();
        return made.size() == key.fieldSize && opensslVerifies(key, digest, made, bytes);
    }
    if (key.algorithm == SshAlgorithm::Ed25519)
        return made.size() == ed25519Size && opensslVerifies(key, nullptr, made, bytes);
    const auto der = ecdsaDer(made, key.fieldSize);
    return !der.empty() && opensslVerifies(key, key.digest, der, bytes);
}

// The type of key says how it signs; only "ssh-rsa", which would be SHA-1, has other names.
bool mayMake(const SshVerifyingKey& key, std::string_view algorithm)
{
    if (key.algorithm == SshAlgorithm::Rsa)
        return algorithm == "rsa-sha2-256" || algorithm == "rsa-sha2-512";
    return algorithm == key.type;
}

// What a token signs is not the bytes themselves (PROTOCOL.u2f, "SSH U2F signatures").
Bytes tokenBytes(const Bytes& application, std::string_view flagsAndCounter, std::string_view bytes)
{
    return sha256(application) + Bytes(flagsAndCounter) + sha256(bytes);
}

} // namespace

Result<SshSignature> sshSignatureFromText(std::string_view text)
{
    while (text.ends_with('\n') || text.ends_with('\r'))
        text.remove_suffix(1);
    if (text.size() > textLimit || !text.starts_with(beginLine) || !text.ends_with(endLine) ||
        text.size() < beginLine.size() + endLine.size())
        return wrong("a text from BEGIN SSH SIGNATURE to END SSH SIGNATURE is needed, at most 16 "
                     "KB");
    text.remove_prefix(beginLine.size());
    text.remove_suffix(endLine.size());
    const auto bytes = fromBase64(text);
    if (!bytes) return wrong("is not base64");
    SshReader in(*bytes);
    if (in.bytes(magic.size()) != magic || in.number() != 1) return wrong("is not of version 1");
    SshSignature signature;
    Bytes blob(in.string());
    signature.space = in.string();
    const auto reserved = in.string();
    signature.hash = in.string();
    signature.signature = in.string();
    if (!in.ended() || !reserved.empty()) return wrong("its parts do not fit together");
    if (signature.hash != "sha256" && signature.hash != "sha512")
        return wrong("its hash must be sha256 or sha512");
    auto key = sshPublicKeyFromBlob(std::move(blob));
    if (!key) return key.error();
    signature.key = *std::move(key);
    return signature;
}

Status verify(const SshSignature& signature, std::string_view message, std::string_view space)
{
    if (signature.space != space)
        return refused("it is for \"" + toPrintable(signature.space, 100) + "\" and not for \"" +
                       std::string(space) + "\"");
    const auto key = readSshKey(signature.key.blob);
    if (!key) return key.error();
    SshReader in(signature.signature);
    const auto algorithm = in.string();
    const auto made = in.string();
    const auto flagsAndCounter = key->inToken ? in.bytes(5) : std::string_view();
    if (!in.ended()) return refused("its parts do not fit together");
    if (!mayMake(*key, algorithm))
        return refused("\"" + toPrintable(algorithm, 100) + "\" is not allowed for a key of type " +
                       key->type);
    if (key->inToken && (static_cast<unsigned char>(flagsAndCounter[0]) & userWasPresent) == 0)
        return refused("nobody touched the token that holds the key");
    Bytes bytes(magic);
    putSshString(bytes, signature.space);
    putSshString(bytes, "");
    putSshString(bytes, signature.hash);
    putSshString(bytes, hashed(signature.hash, message));
    if (key->inToken) bytes = tokenBytes(key->application, flagsAndCounter, bytes);
    if (!keyVerifies(*key, algorithm, made, bytes))
        return refused("it does not fit these bytes and the key " + fingerprintOf(signature.key));
    return {};
}

} // namespace perennial::x509
