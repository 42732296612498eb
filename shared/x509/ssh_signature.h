#pragma once

#include "shared/base/encoding.h"
#include "shared/base/result.h"

#include <string>
#include <string_view>

// Detached signatures as `ssh-keygen -Y sign` makes them (OpenSSH's PROTOCOL.sshsig), also by keys
// that live in a security token (PROTOCOL.u2f). Read strictly: every length must fit and nothing
// may follow.
namespace perennial::x509 {

// A public key as SSH writes it on the wire (RFC 4253 6.6, RFC 5656 3.1, RFC 8709 4).
struct SshPublicKey {
    std::string type; // "ssh-ed25519", "ecdsa-sha2-nistp256", "sk-ssh-ed25519@openssh.com", ...
    Bytes blob;
    friend bool operator==(const SshPublicKey&, const SshPublicKey&) = default;
};
// InvalidInput for a type that is not allowed, RSA under 2048 or over 8192 bits, a point that is
// not on its curve.
Result<SshPublicKey> sshPublicKeyFromBlob(Bytes blob);
std::string fingerprintOf(const SshPublicKey& key); // "SHA256:...", as ssh-keygen -l shows it

struct SshSignature {
    SshPublicKey key;  // whose it says it is
    std::string space; // SSHSIG's namespace
    std::string hash;  // "sha256" or "sha512", of the message
    Bytes signature;   // algorithm and what it made
};
// The text with its BEGIN and END lines; at most 16 KB. InvalidInput says what is wrong.
Result<SshSignature> sshSignatureFromText(std::string_view text);

// PermissionDenied unless the key of the signature signed this message for this namespace. Never
// SHA-1; a key in a token must say that somebody touched it.
Status verify(const SshSignature& signature, std::string_view message, std::string_view space);

} // namespace perennial::x509
