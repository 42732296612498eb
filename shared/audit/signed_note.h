#pragma once

#include "shared/base/encoding.h"
#include "shared/base/result.h"
#include "shared/x509/private_key.h"

#include <string>
#include <string_view>

namespace perennial::audit {

// Signed notes (c2sp.org/signed-note) with Ed25519. The key's name and id say who signed.
class NoteVerifier {
public:
    // "<name>+<key id, 8 hex digits>+<base64 of 0x01 || 32 bytes>"
    static Result<NoteVerifier> fromText(std::string_view text);
    static Result<NoteVerifier> of(std::string name, const x509::PrivateKey& key);

    const std::string& name() const { return name_; }
    std::string toText() const;

    // The text that was signed, with its last newline. InvalidInput: malformed, or over the limits;
    // PermissionDenied: no signature by this key, or one that is wrong.
    Result<std::string> open(std::string_view note) const;

private:
    NoteVerifier(std::string name, Bytes publicKey);
    friend class NoteSigner;

    std::string name_;
    Bytes publicKey_;
    Bytes id_; // 4 bytes
};

class NoteSigner {
public:
    static constexpr std::size_t noteLimit = 64U << 10U; // bytes; far more than 16 signatures need

    // InvalidInput for a name that is empty or has spaces, control characters or a plus, and for a
    // key that is not Ed25519.
    static Result<NoteSigner> make(std::string name, x509::PrivateKey key);

    const NoteVerifier& verifier() const { return verifier_; }
    const x509::PrivateKey& key() const { return key_; }
    // text: ends with a newline, no control characters.
    std::string sign(std::string_view text) const;

private:
    NoteSigner(NoteVerifier verifier, x509::PrivateKey key)
        : verifier_(std::move(verifier)), key_(std::move(key))
    {
    }

    NoteVerifier verifier_;
    x509::PrivateKey key_;
};

} // namespace perennial::audit
