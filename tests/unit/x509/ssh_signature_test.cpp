#include "shared/x509/ssh_signature.h"

#include "tests/support/child_process.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_pki.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::x509;

namespace {

const std::string space = "perennial-policies";
const std::string message = "{\"what\": \"is signed\"}\n";

// Signatures by ssh-keygen; those of a token, which no test machine has, are put together here out
// of what openssl signs, and ssh-keygen says whether that is right.
class Signer {
public:
    explicit Signer(const std::string& type, const std::string& bits = "")
    {
        std::vector<std::string> command = {
            "/usr/bin/ssh-keygen", "-q", "-t", type, "-N", "", "-f", folder_ / "key"};
        if (!bits.empty()) command.insert(command.end(), {"-b", bits});
        test::mustRun(command);
    }
    std::string sign(const std::string& text, const std::string& forSpace = space,
        const std::string& hash = "sha512") const
    {
        const auto file = folder_.write("text", text);
        std::filesystem::remove(file + ".sig");
        test::mustRun({"/usr/bin/ssh-keygen", "-q", "-Y", "sign", "-n", forSpace, "-O",
            "hashalg=" + hash, "-f", folder_ / "key", file});
        return test::readText(file + ".sig");
    }
    std::string fingerprint() const
    {
        const auto shown = test::mustRun({"/usr/bin/ssh-keygen", "-l", "-f", folder_ / "key.pub"});
        const auto at = shown.find("SHA256:");
        return shown.substr(at, shown.find(' ', at) - at);
    }

private:
    test::TemporaryFolder folder_;
};

void put(Bytes& out, std::string_view value)
{
    const auto size = static_cast<std::uint32_t>(value.size());
    for (const unsigned shift : {24U, 16U, 8U, 0U})
        out += static_cast<char>(size >> shift & 0xffU);
    out += value;
}

std::string armoured(const Bytes& bytes)
{
    return "-----BEGIN SSH SIGNATURE-----\n" + toBase64(bytes) + "\n-----END SSH SIGNATURE-----\n";
}
Bytes bytesIn(const std::string& text)
{
    const auto begin = text.find('\n') + 1;
    return *fromBase64(text.substr(begin, text.rfind("-----END") - begin));
}

bool isGood(const std::string& text, const std::string& signedText = message)
{
    const auto signature = sshSignatureFromText(text);
    REQUIRE_MESSAGE(signature.ok(), signature.error().message);
    return verify(*signature, signedText, space).ok();
}

// What `ssh-keygen -Y check-novalidate` says.
bool isGoodForOpenSsh(const std::string& text)
{
    const test::TemporaryFolder folder;
    const auto file = folder.write("signature", text);
    return test::runTool(
               {"/usr/bin/ssh-keygen", "-Y", "check-novalidate", "-n", space, "-s", file}, message)
               .status == 0;
}

// A key in a token: openssl plays the token.
class Token {
public:
    explicit Token(bool ed25519) : ed25519_(ed25519)
    {
        const auto key = folder_ / "token";
        if (ed25519)
            test::mustRun({"/usr/bin/openssl", "genpkey", "-algorithm", "ed25519", "-out", key});
        else
            test::mustRun({"/usr/bin/openssl", "genpkey", "-algorithm", "EC", "-pkeyopt",
                "ec_paramgen_curve:P-256", "-out", key});
        const auto der =
            test::mustRun({"/usr/bin/openssl", "pkey", "-in", key, "-pubout", "-outform", "DER"});
        put(blob_, ed25519 ? "sk-ssh-ed25519@openssh.com" : "sk-ecdsa-sha2-nistp256@openssh.com");
        if (!ed25519) put(blob_, "nistp256");
        put(blob_, ed25519 ? der.substr(der.size() - 32) : der.substr(der.size() - 65));
        put(blob_, "ssh:");
    }
    std::string sign(char flags) const
    {
        Bytes toSign = "SSHSIG";
        put(toSign, space);
        put(toSign, "");
        put(toSign, "sha512");
        put(toSign, digest("-sha512", message));
        const Bytes counter{flags, 0, 0, 0, 7};
        const auto file =
            folder_.write("bytes", digest("-sha256", "ssh:") + counter + digest("-sha256", toSign));
        Bytes inner;
        put(inner, ed25519_ ? "sk-ssh-ed25519@openssh.com" : "sk-ecdsa-sha2-nistp256@openssh.com");
        put(inner, ed25519_ ? test::mustRun({"/usr/bin/openssl", "pkeyutl", "-sign", "-rawin",
                                  "-inkey", folder_ / "token", "-in", file})
                            : numbers(test::mustRun({"/usr/bin/openssl", "dgst", "-sha256", "-sign",
                                  folder_ / "token", file})));
        inner += counter;
        Bytes all("SSHSIG\0\0\0\1", 10);
        put(all, blob_);
        put(all, space);
        put(all, "");
        put(all, "sha512");
        put(all, inner);
        return armoured(all);
    }

private:
    static Bytes digest(const std::string& name, const std::string& bytes)
    {
        return test::mustRun({"/usr/bin/openssl", "dgst", name, "-binary"}, bytes);
    }
    // From DER to SSH's form: both write a number alike, so only the frame differs.
    static Bytes numbers(const Bytes& der)
    {
        const auto first = static_cast<std::size_t>(der[3]);
        Bytes out;
        put(out, der.substr(4, first));
        put(out, der.substr(6 + first));
        return out;
    }

    test::TemporaryFolder folder_;
    bool ed25519_;
    Bytes blob_;
};

} // namespace

TEST_CASE("what ssh-keygen signs is verified, with every type of key that is allowed")
{
    const std::vector<std::pair<std::string, std::string>> types = {{"ed25519", ""},
        {"ecdsa", "256"}, {"ecdsa", "384"}, {"ecdsa", "521"}, {"rsa", "2048"}, {"rsa", "3072"}};
    for (const auto& [type, bits] : types) {
        CAPTURE(type + bits);
        const Signer signer(type, bits);
        for (const auto* hash : {"sha256", "sha512"})
            CHECK(isGood(signer.sign(message, space, hash)));
        const auto text = signer.sign(message);
        CHECK_FALSE(isGood(text, message + " "));
        CHECK_FALSE(isGood(text, ""));
        const auto signature = sshSignatureFromText(text);
        CHECK(fingerprintOf(signature->key) == signer.fingerprint());
        CHECK(sshPublicKeyFromBlob(signature->key.blob)->type == signature->key.type);
    }
}

TEST_CASE("a signature for another namespace is refused")
{
    const Signer signer("ed25519");
    const auto git = sshSignatureFromText(signer.sign(message, "git"));
    REQUIRE(git);
    const auto verified = verify(*git, message, space);
    REQUIRE_FALSE(verified);
    CHECK(verified.error().message.find("it is for \"git\"") != std::string::npos);
}

TEST_CASE("a key in a token counts when somebody touched it")
{
    for (const bool ed25519 : {true, false}) {
        CAPTURE(ed25519);
        const Token token(ed25519);
        for (const char touched : {char(1), char(5)}) {
            CHECK(isGoodForOpenSsh(token.sign(touched)));
            CHECK(isGood(token.sign(touched)));
        }
        const auto untouched = sshSignatureFromText(token.sign(0));
        REQUIRE(untouched);
        const auto verified = verify(*untouched, message, space);
        REQUIRE_FALSE(verified);
        CHECK(verified.error().message.find("nobody touched") != std::string::npos);
        // The flags are signed: they cannot be put there afterwards.
        auto forged = *untouched;
        forged.signature[forged.signature.size() - 5] = 1;
        CHECK_FALSE(verify(forged, message, space));
    }
}

TEST_CASE("keys that are too weak or of another type are refused")
{
    const Signer weak("rsa", "1024");
    CHECK_FALSE(sshSignatureFromText(weak.sign(message)));
    Bytes dsa;
    put(dsa, "ssh-dss");
    CHECK_FALSE(sshPublicKeyFromBlob(dsa));
    CHECK_FALSE(sshPublicKeyFromBlob(""));
    // A point that is not on the curve, and a curve under another's name.
    const Signer signer("ecdsa", "256");
    auto key = sshSignatureFromText(signer.sign(message))->key.blob;
    CHECK(sshPublicKeyFromBlob(key));
    auto moved = key;
    moved.back() = static_cast<char>(moved.back() ^ 1);
    CHECK_FALSE(sshPublicKeyFromBlob(moved));
    CHECK_FALSE(sshPublicKeyFromBlob(key + "x"));
    key.replace(key.find("nistp256", 20), 8, "nistp384");
    CHECK_FALSE(sshPublicKeyFromBlob(key));
}

TEST_CASE("an RSA signature counts under the names of SHA-2 alone")
{
    const test::TemporaryFolder folder;
    const auto key = folder / "key";
    test::mustRun(
        {"/usr/bin/ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-m", "PEM", "-N", "", "-f", key});
    const auto line = test::readText(key + ".pub");
    const auto blob = *fromBase64(line.substr(8, line.find(' ', 8) - 8));
    Bytes toSign = "SSHSIG";
    put(toSign, space);
    put(toSign, "");
    put(toSign, "sha512");
    put(toSign, test::mustRun({"/usr/bin/openssl", "dgst", "-sha512", "-binary"}, message));
    const auto file = folder.write("bytes", toSign);
    const auto signedWith = [&](const std::string& digest, const std::string& name) {
        SshSignature signature{{"ssh-rsa", blob}, space, "sha512", ""};
        put(signature.signature, name);
        put(signature.signature,
            test::mustRun({"/usr/bin/openssl", "dgst", digest, "-sign", key, file}));
        return verify(signature, message, space).ok();
    };
    CHECK(signedWith("-sha256", "rsa-sha2-256"));
    CHECK(signedWith("-sha512", "rsa-sha2-512"));
    for (const auto* digest : {"-sha1", "-sha256", "-sha512"}) {
        for (const auto* name : {"ssh-rsa", "ssh-ed25519", ""})
            CHECK_FALSE(signedWith(digest, name));
    }
    CHECK_FALSE(signedWith("-sha1", "rsa-sha2-256"));
    CHECK_FALSE(signedWith("-sha256", "rsa-sha2-512"));
}

TEST_CASE("a signature of which any byte was changed is refused")
{
    for (const auto* type : {"ed25519", "ecdsa"}) {
        CAPTURE(type);
        const Signer signer(type);
        const auto bytes = bytesIn(signer.sign(message));
        REQUIRE(isGood(armoured(bytes)));
        for (std::size_t at = 0; at < bytes.size(); ++at) {
            auto changed = bytes;
            changed[at] = static_cast<char>(changed[at] ^ 0x01);
            const auto signature = sshSignatureFromText(armoured(changed));
            CHECK_FALSE((signature && verify(*signature, message, space)));
        }
        for (std::size_t size = 0; size < bytes.size(); ++size)
            CHECK_FALSE(sshSignatureFromText(armoured(bytes.substr(0, size))));
        CHECK_FALSE(sshSignatureFromText(armoured(bytes + "x")));
    }
}

TEST_CASE("what is no SSH signature is refused")
{
    const auto text = Signer("ed25519").sign(message);
    CHECK(sshSignatureFromText(text));
    const std::vector<std::string> others = {"", "\n", "-----BEGIN SSH SIGNATURE-----\n",
        "-----END SSH SIGNATURE-----", "x" + text, text + "x", text + text,
        "-----BEGIN SSH SIGNATURE-----\n!\n-----END SSH SIGNATURE-----\n",
        "-----BEGIN SSH SIGNATURE-----\n" + std::string(20'000, 'A') +
            "\n-----END SSH SIGNATURE-----\n"};
    for (const auto& other : others) {
        const auto signature = sshSignatureFromText(other);
        REQUIRE_FALSE(signature);
        CHECK(signature.error().kind == ErrorKind::InvalidInput);
    }
}
