#include "shared/audit/signed_note.h"

#include "shared/x509/digest.h"

#include <algorithm>

namespace perennial::audit {

namespace {

constexpr std::string_view signatureStart = "\xE2\x80\x94 "; // em dash and space
constexpr char ed25519Type = '\x01';
constexpr std::size_t keyIdSize = 4;
constexpr std::size_t publicKeySize = 32;
constexpr std::size_t nameLimit = 255;
constexpr std::size_t mostSignatures = 16;

Error malformed(const std::string& what)
{
    return {ErrorKind::InvalidInput, "malformed signed note: " + what};
}

// Stricter than the format, which also allows other letters than ASCII's: no lookalikes.
bool isKeyName(std::string_view name)
{
    return !name.empty() && name.size() <= nameLimit &&
           std::all_of(name.begin(), name.end(),
               [](char letter) { return letter > ' ' && letter < '\x7F' && letter != '+'; });
}

Bytes keyIdOf(std::string_view name, std::string_view publicKey)
{
    std::string bytes(name);
    bytes += '\n';
    bytes += ed25519Type;
    bytes += publicKey;
    return x509::sha256(bytes).substr(0, keyIdSize);
}

// Exactly the bytes that encode them: no white space between.
Result<Bytes> bytesOf(std::string_view base64)
{
    auto bytes = fromBase64(base64);
    if (bytes && toBase64(*bytes) != base64)
        return Error{ErrorKind::InvalidInput, "base64 with other characters between"};
    return bytes;
}

struct NoteParts {
    std::string_view text;       // with its last newline
    std::string_view signatures; // lines
};

Result<NoteParts> partsOf(std::string_view note)
{
    if (note.size() > NoteSigner::noteLimit)
        return malformed("over " + std::to_string(NoteSigner::noteLimit) + " bytes");
    if (!isValidUtf8(note)) return malformed("not UTF-8");
    if (std::any_of(note.begin(), note.end(),
            [](char letter) { return letter >= '\0' && letter < ' ' && letter != '\n'; }))
        return malformed("a control character");
    const auto blank = note.rfind("\n\n");
    if (blank == std::string_view::npos) return malformed("no blank line before the signatures");
    const NoteParts parts{note.substr(0, blank + 1), note.substr(blank + 2)};
    if (parts.text == "\n") return malformed("no text");
    if (parts.signatures.empty()) return malformed("no signature");
    if (!parts.signatures.ends_with('\n')) return malformed("the last line has no end");
    return parts;
}

struct SignatureLine {
    std::string_view name;
    Bytes keyId;
    Bytes signature;
};

Result<SignatureLine> signatureFrom(std::string_view line)
{
    if (!line.starts_with(signatureStart)) return malformed("a line that is no signature");
    line.remove_prefix(signatureStart.size());
    const auto space = line.find(' ');
    if (space == std::string_view::npos || space == 0)
        return malformed("a signature without a key name");
    const auto name = line.substr(0, space);
    if (name.find('+') != std::string_view::npos) return malformed("a plus in a key name");
    auto bytes = bytesOf(line.substr(space + 1));
    if (!bytes) return malformed("a signature that is not base64");
    if (bytes->size() <= keyIdSize) return malformed("a signature that is too short");
    return SignatureLine{name, bytes->substr(0, keyIdSize), bytes->substr(keyIdSize)};
}

} // namespace

NoteVerifier::NoteVerifier(std::string name, Bytes publicKey)
    : name_(std::move(name)), publicKey_(std::move(publicKey)), id_(keyIdOf(name_, publicKey_))
{
}

Result<NoteVerifier> NoteVerifier::fromText(std::string_view text)
{
    const auto refuse = [](const std::string& what) {
        return Error{ErrorKind::InvalidInput,
            "a note's public key is <name>+<key id>+<base64>; this one has " + what};
    };
    const auto first = text.find('+');
    const auto second = first == std::string_view::npos ? first : text.find('+', first + 1);
    if (second == std::string_view::npos) return refuse("not two plus signs");
    const auto name = text.substr(0, first);
    if (!isKeyName(name)) return refuse("no good name");
    auto key = bytesOf(text.substr(second + 1));
    if (!key) return refuse("a key that is not base64");
    if (key->size() != 1 + publicKeySize || key->front() != ed25519Type)
        return refuse("a key that is not Ed25519");
    NoteVerifier verifier{std::string(name), key->substr(1)};
    if (text.substr(first + 1, second - first - 1) != toHex(verifier.id_))
        return refuse("a key id that is not that of this name and key");
    return verifier;
}

Result<NoteVerifier> NoteVerifier::of(std::string name, const x509::PrivateKey& key)
{
    if (!isKeyName(name))
        return Error{ErrorKind::InvalidInput,
            "the name of a note's key is 1 to 255 printable characters without space and plus"};
    auto publicKey = x509::ed25519PublicKey(key);
    if (!publicKey) return publicKey.error().in("signing notes");
    return NoteVerifier(std::move(name), std::move(*publicKey));
}

std::string NoteVerifier::toText() const
{
    return name_ + '+' + toHex(id_) + '+' + toBase64(ed25519Type + publicKey_);
}

Result<std::string> NoteVerifier::open(std::string_view note) const
{
    const auto parts = partsOf(note);
    if (!parts) return parts.error();
    bool verified = false;
    std::size_t count = 0;
    auto lines = parts->signatures;
    while (!lines.empty()) {
        if (++count > mostSignatures)
            return malformed("more than " + std::to_string(mostSignatures) + " signatures");
        const auto end = lines.find('\n');
        const auto line = signatureFrom(lines.substr(0, end));
        lines.remove_prefix(end + 1);
        if (!line) return line.error();
        // Others may sign too (witnesses, a new key); what they say is not for this verifier.
        if (line->name != name_ || line->keyId != id_) continue;
        if (!x509::ed25519Verifies(publicKey_, parts->text, line->signature))
            return Error{ErrorKind::PermissionDenied, "the signature of " + name_ + " is wrong"};
        verified = true;
    }
    if (!verified)
        return Error{ErrorKind::PermissionDenied,
            "the note is not signed by the key " + name_ + " with id " + toHex(id_)};
    return std::string(parts->text);
}

Result<NoteSigner> NoteSigner::make(std::string name, x509::PrivateKey key)
{
    auto verifier = NoteVerifier::of(std::move(name), key);
    if (!verifier) return verifier.error();
    return NoteSigner(std::move(*verifier), std::move(key));
}

std::string NoteSigner::sign(std::string_view text) const
{
    std::string note(text);
    note += '\n';
    note += signatureStart;
    note += verifier_.name() + ' ' + toBase64(verifier_.id_ + key_.signEd25519(text)) + '\n';
    return note;
}

} // namespace perennial::audit
