// A key that somebody else holds: openssl verifies what OpenSSL makes of it, in CMS and in TLS.

#include "shared/x509/key_elsewhere.h"

#include "shared/x509/cms.h"
#include "shared/x509/signing_request.h"
#include "tests/support/child_process.h"
#include "tests/support/test_pki.h"
#include "tests/unit/x509/samples.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::test;
using x509::PrivateKey;

namespace {

// Signs with a key file, by the openssl program.
x509::DigestSigner signerOf(const TemporaryFolder& folder, const std::string& keyFile, int& asked)
{
    return [&folder, keyFile, &asked](const x509::DigestToSign& wanted) -> Result<Bytes> {
        ++asked;
        const auto hash = "digest:sha" + std::to_string(wanted.digest.size() * 8);
        std::vector<std::string> command = {"/usr/bin/openssl", "pkeyutl", "-sign", "-inkey",
            keyFile, "-in", folder.write("digest", wanted.digest), "-out", folder / "signature",
            "-pkeyopt", hash};
        if (wanted.scheme == x509::SignatureScheme::RsaPss)
            for (const char* option : {"-pkeyopt", "rsa_padding_mode:pss", "-pkeyopt",
                     "rsa_pss_saltlen:digest"})
                command.emplace_back(option);
        mustRun(command);
        return readText(folder / "signature");
    };
}

Result<PrivateKey> elsewhere(const TemporaryFolder& folder, const std::string& file, int& asked)
{
    const auto der =
        mustRun({"/usr/bin/openssl", "pkey", "-in", file, "-pubout", "-outform", "DER"});
    return x509::keyElsewhere(der, signerOf(folder, file, asked));
}

} // namespace

TEST_CASE("requests and CMS are signed by a key that is elsewhere")
{
    const TemporaryFolder folder;
    for (const std::string type : {"ec-p256", "ec-p384", "rsa-2048"}) {
        CAPTURE(type);
        const auto local = PrivateKey::generate(type).value();
        const auto file = folder.write("key.pem", std::string(local.toPem().reveal()));
        int asked = 0;
        const auto key = elsewhere(folder, file, asked);
        REQUIRE_MESSAGE(key.ok(), key.error().message);
        CHECK(key->keyType() == type);
        CHECK(key->publicKeyDer() == local.publicKeyDer());
        CHECK(key->toPem().empty());
        mustRun({"/usr/bin/openssl", "req", "-x509", "-new", "-key", file, "-subj", "/CN=web",
            "-days", "30", "-out", folder / "web.pem"});
        const auto certificate = x509::Certificate::fromPem(readText(folder / "web.pem")).value();
        CHECK(key->matches(certificate));
        const auto cms =
            x509::signContent("1.2.840.113549.1.7.1", "content", certificate, *key, {certificate});
        REQUIRE_MESSAGE(cms.ok(), cms.error().message);
        CHECK(mustRun({"/usr/bin/openssl", "cms", "-verify", "-inform", "DER", "-in",
                          folder.write("cms", *cms), "-purpose", "any", "-CAfile",
                          folder / "web.pem"})
                  .find("content") != std::string::npos);
        CHECK(asked == 1);
        // Other keys of the process are none of its affair.
        CHECK(PrivateKey::generate(type).ok());
        CHECK(x509::signContent("1.2.840.113549.1.7.1", "content", certificate, local, {}).ok());
        CHECK(asked == 1);
    }
}

TEST_CASE("a signer that refuses, or answers too much, ends the signature with an error")
{
    const TemporaryFolder folder;
    for (const std::string type : {"ec-p256", "rsa-2048"}) {
        const auto local = PrivateKey::generate(type).value();
        const auto file = folder.write("key.pem", std::string(local.toPem().reveal()));
        mustRun({"/usr/bin/openssl", "req", "-x509", "-new", "-key", file, "-subj", "/CN=web",
            "-days", "30", "-out", folder / "web.pem"});
        const auto certificate = x509::Certificate::fromPem(readText(folder / "web.pem")).value();
        const std::vector<Result<Bytes>> answers = {
            Error{ErrorKind::PermissionDenied, "no"}, Bytes(), Bytes(5000, 'x')};
        for (const auto& answer : answers) {
            const auto key = x509::keyElsewhere(
                local.publicKeyDer(), [&](const x509::DigestToSign&) { return answer; });
            REQUIRE(key.ok());
            CHECK_FALSE(x509::signContent("1.2.840.113549.1.7.1", "content", certificate, *key, {})
                            .ok());
        }
    }
}

TEST_CASE("what is no RSA and no EC public key is refused")
{
    const auto ed = mustRun({"/usr/bin/openssl", "genpkey", "-algorithm", "ed25519"});
    const auto der = mustRun({"/usr/bin/openssl", "pkey", "-pubout", "-outform", "DER"}, ed);
    for (const auto& bytes : {der, Bytes("rubbish"), Bytes()})
        CHECK_FALSE(x509::keyElsewhere(bytes, nullptr).ok());
}
