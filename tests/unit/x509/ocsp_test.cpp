#include "shared/x509/ocsp.h"

#include "shared/base/clock.h"
#include "shared/x509/authority.h"
#include "tests/support/child_process.h"
#include "tests/unit/x509/samples.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::test;
using x509::Certificate;
using x509::OcspRequest;
using x509::OcspStatus;
using x509::PrivateKey;

namespace {

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

// openssl's client looks at the real clock.
struct Responder {
    TimePoint now = SystemClock().now();
    TemporaryFolder folder;
    PrivateKey key = PrivateKey::generate("ec-p256").value();
    Certificate authority =
        x509::makeRoot({"Example CA", now - Duration(86400), now + Duration(864000), -1}, key)
            .value();
    std::string authorityFile = folder.write("ca.pem", authority.toPem());

    Certificate issue(const PrivateKey& leafKey, std::vector<x509::Extension> extensions = {}) const
    {
        return x509::issueCertificate(
            {x509::subjectDerFromText("web1.example.test").value(), leafKey.publicKeyDer(),
                now - Duration(3600), now + Duration(86400), std::move(extensions)},
            authority, key)
            .value();
    }
    OcspRequest request(const Certificate& leaf, std::vector<std::string> more = {}) const
    {
        const auto file = folder / "request.der";
        std::vector<std::string> command = {"ocsp", "-issuer", authorityFile};
        command.insert(command.end(), more.begin(), more.end());
        command.insert(command.end(),
            {"-cert", folder.write("leaf.pem", leaf.toPem()), "-reqout", file, "-no_cert_verify"});
        openssl(command);
        auto read = OcspRequest::fromDer(readText(file));
        REQUIRE_MESSAGE(read.ok(), read.error().message);
        return *read;
    }
    x509::OcspAnswerContent content(OcspStatus status) const
    {
        return {{status}, now - Duration(60), now + Duration(3600)};
    }
    // What openssl makes of the answer to the request that it wrote last.
    std::string judge(const Bytes& answer) const
    {
        return runTool({"/usr/bin/openssl", "ocsp", "-resp_text", "-CAfile", authorityFile,
                           "-issuer", authorityFile, "-reqin", folder / "request.der", "-respin",
                           folder.write("answer.der", answer)})
            .output;
    }
};

} // namespace

TEST_CASE("openssl takes answers: good, revoked with reason, unknown; the nonce is given back")
{
    const Responder responder;
    const auto leaf = responder.issue(PrivateKey::generate("ec-p256").value());
    const auto request = responder.request(leaf);
    CHECK(request.size() == 1);
    CHECK(request.hasNonce());
    CHECK(request.serial(0) == leaf.serial());
    CHECK(request.asksAbout(0, responder.authority));
    const x509::OcspSigner signer{responder.authority, responder.key, false};
    const auto answerOf = [&](OcspStatus status) {
        return x509::makeOcspAnswer(request, responder.content(status), signer).value();
    };
    const auto good = responder.judge(answerOf({OcspStatus::Kind::Good}));
    CAPTURE(good);
    CHECK(contains(good, "Response verify OK"));
    CHECK(contains(good, "Cert Status: good"));
    CHECK_FALSE(contains(good, "nonce"));
    const auto revoked = responder.judge(answerOf({OcspStatus::Kind::Revoked,
        responder.now - Duration(100), x509::RevocationReason::KeyCompromise}));
    CHECK(contains(revoked, "Cert Status: revoked"));
    CHECK(contains(revoked, "Revocation Reason: keyCompromise (0x1)"));
    CHECK(contains(responder.judge(answerOf({OcspStatus::Kind::Unknown})), "Cert Status: unknown"));
    // The same answer to another request: its nonce is another.
    const auto old = answerOf({OcspStatus::Kind::Good});
    (void)responder.request(leaf);
    CHECK(contains(responder.judge(old), "Nonce Verify error"));
}

TEST_CASE("every hash a client may choose names the issuer, and no other issuer")
{
    const Responder responder;
    const Responder namesake;
    const auto leaf = responder.issue(PrivateKey::generate("ec-p256").value());
    for (const auto* digest : {"-sha1", "-sha256", "-sha384", "-sha512"}) {
        CAPTURE(digest);
        const auto request = responder.request(leaf, {digest, "-no_nonce"});
        CHECK(request.asksAbout(0, responder.authority));
        CHECK_FALSE(request.asksAbout(0, namesake.authority));
        CHECK_FALSE(request.hasNonce());
    }
}

TEST_CASE("a delegated responder signs; one without the usage is refused by openssl")
{
    const Responder responder;
    const auto leaf = responder.issue(PrivateKey::generate("ec-p256").value());
    const auto request = responder.request(leaf);
    const auto key = PrivateKey::generate("ec-p384").value();
    const auto usage =
        x509::extendedKeyUsageExtension({std::string(x509::oid::ocspSigning)}).value();
    const auto delegated = responder.issue(key, {usage});
    const auto content = responder.content({OcspStatus::Kind::Good});
    const auto good = x509::makeOcspAnswer(request, content, {delegated, key, true}).value();
    CHECK(contains(responder.judge(good), "Response verify OK"));
    const auto plain = responder.issue(key);
    const auto bad = x509::makeOcspAnswer(request, content, {plain, key, true}).value();
    CHECK_FALSE(contains(responder.judge(bad), "Response verify OK"));
    CHECK_FALSE(x509::makeOcspAnswer(request, content, {responder.authority, key, false}).ok());
}

TEST_CASE("what is no OCSP request is refused")
{
    CHECK_FALSE(OcspRequest::fromDer("").ok());
    CHECK_FALSE(OcspRequest::fromDer("0").ok());
    CHECK_FALSE(OcspRequest::fromDer(std::string(OcspRequest::sizeLimit + 1, '0')).ok());
    const Responder responder;
    const auto leaf = responder.issue(PrivateKey::generate("ec-p256").value());
    (void)responder.request(leaf);
    const auto der = readText(responder.folder / "request.der");
    CHECK(OcspRequest::fromDer(der).ok());
    CHECK_FALSE(OcspRequest::fromDer(der + "0").ok());
    CHECK_FALSE(OcspRequest::fromDer(der.substr(0, der.size() - 1)).ok());
    CHECK_FALSE(OcspRequest::fromDer(wrapped('\x30', wrapped('\x30', wrapped('\x30', "")))).ok());
    const auto failed = responder.folder.write(
        "failed.der", x509::ocspFailure(x509::OcspFailure::MalformedRequest));
    CHECK(contains(
        runTool({"/usr/bin/openssl", "ocsp", "-respin", failed, "-noverify", "-resp_text"}).output,
        "malformedrequest"));
}
