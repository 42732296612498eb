#include "shared/x509/revocation_list.h"

#include "shared/x509/authority.h"
#include "tests/support/child_process.h"
#include "tests/unit/x509/samples.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::test;
using x509::Certificate;
using x509::PrivateKey;
using x509::RevocationList;
using x509::RevocationReason;

namespace {

TimePoint at(const std::string& text) { return timeFromRfc3339(text).value(); }
const std::string attime = "1795680000"; // 2026-11-26T08:00:00Z

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

struct Issuer {
    explicit Issuer(const std::string& keyType = "ec-p256")
        : key(PrivateKey::generate(keyType).value()),
          certificate(x509::makeRoot(
              {"Example CA", at("2026-01-01T00:00:00Z"), at("2046-01-01T00:00:00Z"), -1}, key)
                          .value())
    {
    }
    Certificate issue(std::vector<x509::Extension> extensions = {}) const
    {
        const auto leafKey = PrivateKey::generate("ec-p256").value();
        return x509::issueCertificate(
            {x509::subjectDerFromText("web1.example.test").value(), leafKey.publicKeyDer(),
                at("2026-11-01T00:00:00Z"), at("2027-11-01T00:00:00Z"), std::move(extensions)},
            certificate, key)
            .value();
    }
    RevocationList list(x509::RevocationListContent content) const
    {
        auto made = RevocationList::make(content, certificate, key);
        REQUIRE_MESSAGE(made.ok(), made.error().message);
        return *made;
    }
    PrivateKey key;
    Certificate certificate;
};

x509::RevocationListContent week(std::int64_t number)
{
    x509::RevocationListContent content;
    content.number = number;
    content.thisUpdate = at("2026-11-21T00:00:00Z");
    content.nextUpdate = at("2026-11-29T00:00:00Z");
    return content;
}

struct Checked {
    int status;
    std::string output;
};
Checked verify(const TemporaryFolder& folder, const Issuer& issuer, const Certificate& leaf,
    const std::vector<std::string>& lists, std::vector<std::string> more = {})
{
    std::string text;
    for (const auto& list : lists)
        text += list;
    std::vector<std::string> command = {"/usr/bin/openssl", "verify", "-attime", attime,
        "-crl_check", "-x509_strict", "-CAfile", folder.write("ca.pem", issuer.certificate.toPem()),
        "-CRLfile", folder.write("list.pem", text)};
    command.insert(command.end(), more.begin(), more.end());
    command.push_back(folder.write("leaf.pem", leaf.toPem()));
    const auto run = runTool(command);
    return {run.status, run.output};
}

} // namespace

TEST_CASE("openssl reads a base CRL: number, times, next publish, freshest CRL and reasons")
{
    for (const auto* keyType : {"ec-p256", "ec-p384", "rsa-2048"}) {
        CAPTURE(keyType);
        const Issuer issuer(keyType);
        auto content = week(4711);
        content.nextPublish = at("2026-11-28T00:00:00Z");
        content.freshestUrls = {"http://pki.example.test/issuing-delta.crl"};
        content.revoked = {
            {"7F00000000000000000000000000AA02", at("2026-11-20T00:00:00Z"),
                RevocationReason::KeyCompromise},
            {"4100000000000000000000000000AA01", at("2026-11-19T12:00:00Z"),
                RevocationReason::CertificateHold},
            {"01", at("2026-11-18T00:00:00Z"), RevocationReason::Unspecified},
        };
        const auto list = issuer.list(content);
        const TemporaryFolder folder;
        const auto file = folder.write("list.crl", list.toDer());
        const auto text = openssl({"crl", "-inform", "DER", "-in", file, "-noout", "-text",
            "-CAfile", folder.write("ca.pem", issuer.certificate.toPem()), "-verify"});
        CHECK(contains(text, "Version 2"));
        CHECK(contains(text, "Issuer: CN = Example CA"));
        CHECK(contains(text, "X509v3 CRL Number: \n                4711\n"));
        CHECK(contains(text, "Last Update: Nov 21 00:00:00 2026 GMT"));
        CHECK(contains(text, "Next Update: Nov 29 00:00:00 2026 GMT"));
        CHECK(contains(text, "X509v3 Freshest CRL"));
        CHECK(contains(text, "URI:http://pki.example.test/issuing-delta.crl"));
        CHECK(contains(text, "X509v3 Authority Key Identifier"));
        CHECK(contains(text, "1.3.6.1.4.1.311.21.4"));
        CHECK(contains(text, "Key Compromise"));
        CHECK(contains(text, "Certificate Hold"));
        CHECK(contains(text, "Serial Number: 7F00000000000000000000000000AA02"));
        CHECK(list.isSignedBy(issuer.certificate));
        CHECK(list.number() == 4711);
        CHECK_FALSE(list.baseNumber().has_value());
        CHECK(list.nextUpdate() == content.nextUpdate);
        CHECK(list.revoked().size() == 3);
        CHECK(opensslStatus({"crl", "-inform", "DER", "-in", file, "-noout"}) == 0);
    }
}

TEST_CASE("openssl verify refuses a revoked certificate and takes its neighbour")
{
    const Issuer issuer;
    const TemporaryFolder folder;
    const auto good = issuer.issue();
    const auto bad = issuer.issue();
    auto content = week(1);
    content.revoked = {{bad.serial(), at("2026-11-20T00:00:00Z"), RevocationReason::Superseded}};
    const auto list = issuer.list(content).toPem();
    CHECK(verify(folder, issuer, good, {list}).status == 0);
    const auto refused = verify(folder, issuer, bad, {list});
    CHECK(refused.status != 0);
    CHECK(contains(refused.output, "certificate revoked"));
    // The list of a namesake says nothing.
    const Issuer other;
    CHECK(verify(folder, issuer, good, {other.list(week(1)).toPem()}).status != 0);
    CHECK_FALSE(other.list(week(1)).isSignedBy(issuer.certificate));
}

TEST_CASE("openssl follows a delta CRL: revoked since, and a hold that is over")
{
    const Issuer issuer;
    const TemporaryFolder folder;
    const auto freshest =
        x509::freshestCrlExtension({"http://pki.example.test/issuing-delta.crl"}).value();
    const auto point =
        x509::distributionPointsExtension({"http://pki.example.test/issuing.crl"}).value();
    const auto held = issuer.issue({point, freshest});
    const auto later = issuer.issue({point, freshest});
    auto base = week(10);
    base.freshestUrls = {"http://pki.example.test/issuing-delta.crl"};
    base.revoked = {{held.serial(), at("2026-11-20T00:00:00Z"), RevocationReason::CertificateHold}};
    auto delta = week(11);
    delta.baseNumber = 10;
    delta.revoked = {{held.serial(), at("2026-11-20T00:00:00Z"), RevocationReason::RemoveFromCrl},
        {later.serial(), at("2026-11-22T00:00:00Z"), RevocationReason::KeyCompromise}};
    const auto basePem = issuer.list(base).toPem();
    const auto made = issuer.list(delta);
    CHECK(made.baseNumber() == 10);
    const std::vector<std::string> deltas = {"-extended_crl", "-use_deltas"};
    CHECK(verify(folder, issuer, held, {basePem}).status != 0);
    CHECK(verify(folder, issuer, later, {basePem}).status == 0);
    CHECK(verify(folder, issuer, held, {basePem, made.toPem()}, deltas).status == 0);
    CHECK(verify(folder, issuer, later, {basePem, made.toPem()}, deltas).status != 0);
    CHECK(contains(
        openssl({"crl", "-in", folder.write("delta.pem", made.toPem()), "-noout", "-text"}),
        "X509v3 Delta CRL Indicator: critical"));
}

TEST_CASE("a CRL that would mislead is not made")
{
    const Issuer issuer;
    const auto refused = [&](x509::RevocationListContent content) {
        return !RevocationList::make(content, issuer.certificate, issuer.key).ok();
    };
    auto removal = week(1);
    removal.revoked = {{"01", at("2026-11-20T00:00:00Z"), RevocationReason::RemoveFromCrl}};
    CHECK(refused(removal));
    auto wrongSerial = week(1);
    wrongSerial.revoked = {{"0x1", at("2026-11-20T00:00:00Z"), RevocationReason::Superseded}};
    CHECK(refused(wrongSerial));
    CHECK(refused(week(0)));
    auto over = week(1);
    over.nextUpdate = over.thisUpdate;
    CHECK(refused(over));
    auto early = week(9);
    early.baseNumber = 10;
    CHECK(refused(early));
    const auto stranger = PrivateKey::generate("ec-p256").value();
    CHECK_FALSE(RevocationList::make(week(1), issuer.certificate, stranger).ok());
    CHECK_FALSE(RevocationList::make(week(1), issuer.issue(), issuer.key).ok());
    CHECK_FALSE(RevocationList::fromDer("0").ok());
    CHECK_FALSE(RevocationList::fromDer(issuer.certificate.toDer()).ok());
    CHECK_FALSE(RevocationList::fromDer(issuer.list(week(1)).toDer() + "0").ok());
}

TEST_CASE("openssl reads where CRL, issuer and responder are")
{
    const Issuer issuer;
    const TemporaryFolder folder;
    const auto leaf = issuer.issue({
        x509::distributionPointsExtension(
            {"http://a.example.test/ca.crl", "http://b.example.test/ca.crl"})
            .value(),
        x509::authorityAccessExtension(
            {"http://a.example.test/ca.crt"}, {"http://a.example.test/ocsp"})
            .value(),
    });
    const auto file = folder.write("leaf.pem", leaf.toPem());
    const auto text = openssl({"x509", "-in", file, "-noout", "-text"});
    CHECK(contains(text, "CA Issuers - URI:http://a.example.test/ca.crt"));
    CHECK(contains(text, "URI:http://a.example.test/ca.crl\n"));
    CHECK(contains(text, "URI:http://b.example.test/ca.crl\n"));
    CHECK(openssl({"x509", "-in", file, "-noout", "-ocsp_uri"}) == "http://a.example.test/ocsp\n");
    CHECK_FALSE(x509::distributionPointsExtension({}).ok());
    CHECK_FALSE(x509::distributionPointsExtension({"file:///etc/passwd"}).ok());
    CHECK_FALSE(x509::authorityAccessExtension({"http://a b"}, {}).ok());
    CHECK_FALSE(x509::authorityAccessExtension({}, {}).ok());
}

TEST_CASE("reasons have RFC 5280's names and numbers")
{
    for (int number = 0; number <= 11; ++number) {
        const auto reason = x509::reasonFromNumber(number);
        CHECK(reason.has_value() == (number != 7 && number != 11));
        if (reason) CHECK(x509::reasonFromName(x509::nameOf(*reason)) == reason);
    }
    CHECK(x509::reasonFromName("keyCompromise") == RevocationReason::KeyCompromise);
    CHECK_FALSE(x509::reasonFromName("keycompromise").has_value());
}
