#include "shared/enrollment/request/cmc_response.h"

#include "shared/x509/authority.h"
#include "shared/x509/cms.h"
#include "shared/x509/digest.h"
#include "tests/support/child_process.h"
#include "tests/support/test_pki.h"
#include "tests/unit/enrollment/enrollment_samples.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::enrollment::request;
using Kind = perennial::x509::CmcStatus::Kind;
using perennial::test::contains;
using perennial::test::messageOf;
using perennial::test::must;
using perennial::test::mustRun;
using perennial::test::readText;
using perennial::test::sample;
using perennial::test::TemporaryFolder;
using perennial::test::TestPki;

namespace {

x509::Certificate sampleCertificate(const std::string& name)
{
    return must(x509::Certificate::fromDer(sample(name)));
}

x509::Certificate fromFile(const std::string& path)
{
    return must(x509::Certificate::fromPem(readText(path)));
}

// An issuing authority and what it issued to two clients.
class Authority {
public:
    Authority()
    {
        pki_.makeRoot("root");
        pki_.makeAuthority("issuing", "root");
        certificate_ = fromFile(pki_["issuing"].certificate);
        key_ = must(x509::PrivateKey::fromPem(Secret(readText(pki_["issuing"].key))));
        above_ = {fromFile(pki_["root"].certificate)};
    }

    x509::Certificate issue(const std::string& name)
    {
        return fromFile(pki_.issueClient(name, "issuing").certificate);
    }
    ResponseSigner signer() const { return {*certificate_, *key_, above_}; }
    const x509::Certificate& certificate() const { return *certificate_; }
    const x509::Certificate& root() const { return above_.front(); }
    const TemporaryFolder& folder() const { return folder_; }
    // Whatever it says and holds.
    Bytes response(
        const x509::CmcStatus& status, const std::vector<x509::Certificate>& enclosed) const
    {
        return must(x509::signContent(x509::oid::cmcPkiResponse,
            must(x509::encodeCmcStatus(status)), *certificate_, *key_, enclosed));
    }
    Bytes issued(
        const x509::Certificate& named, const std::vector<x509::Certificate>& enclosed) const
    {
        return response(
            {Kind::Issued, "Issued", x509::sha1(named.toDer()), std::nullopt}, enclosed);
    }
    // The CMC body as openssl takes it out, after it verified the signature.
    Bytes verifiedBody(const Bytes& response) const
    {
        const std::string out = folder_ / "body.der";
        mustRun({"/usr/bin/openssl", "cms", "-verify", "-inform", "DER", "-in",
            folder_.write("response.der", response), "-CAfile", pki_["root"].certificate,
            "-purpose", "any", "-binary", "-out", out});
        return readText(out);
    }

private:
    TemporaryFolder folder_;
    TestPki pki_{folder_};
    std::optional<x509::Certificate> certificate_;
    std::optional<x509::PrivateKey> key_;
    std::vector<x509::Certificate> above_;
};

Bytes bodyOf(const std::string& name) { return must(x509::readCms(sample(name))).content; }

} // namespace

TEST_CASE("Microsoft's CMC response is read")
{
    const auto response = must(readCmcResponse(sample("microsoft/bst1.der")));
    CHECK(response.status.kind == Kind::Issued);
    CHECK(response.status.message == "Issued");
    const auto issued = sampleCertificate("microsoft/bst2.der");
    CHECK(response.status.certificateSha1 == x509::sha1(issued.toDer()));
    CHECK(response.certificates.size() == 3);
    const auto picked = must(pickIssuedCertificate(
        "", sample("microsoft/bst1.der"), sampleCertificate("microsoft/bst2.der").publicKeyDer()));
    CHECK(picked.certificate == issued);
    CHECK(picked.others.size() == 2);
    const auto request = must(x509::SigningRequest::fromDer(sample("microsoft/bst0.der")));
    CHECK(pickIssuedCertificate(
        sample("microsoft/bst2.der"), sample("microsoft/bst1.der"), request.publicKeyDer())
              .ok());
}

TEST_CASE("the samples' issued, pending and denied responses are read")
{
    const auto issued = must(readCmcResponse(sample("cmcresp_issued1.der")));
    CHECK(issued.status.certificateSha1 == x509::sha1(sample("cert1.der")));
    const auto pending = must(readCmcResponse(sample("cmcresp_pending42.der")));
    CHECK(pending.status.kind == Kind::Pending);
    CHECK(pending.status.message == "Taken Under Submission");
    REQUIRE(pending.status.pend.has_value());
    CHECK(pending.status.pend->token == Bytes("\x2A\0\0\0", 4));
    CHECK(toRfc3339(pending.status.pend->time) == "2026-11-21T04:00:00Z");
    const auto denied = must(readCmcResponse(sample("cmcresp_denied.der")));
    CHECK(denied.status.kind == Kind::Failed);
    CHECK(denied.status.message == "Denied by Policy Module");
    CHECK_FALSE(denied.status.pend.has_value());
}

TEST_CASE("CMC bodies are written octet for octet as AD CS and the samples have them")
{
    for (const char* name :
        {"microsoft/bst1.der", "cmcresp_issued1.der", "cmcresp_issued2.der", "cmcresp_issued3.der",
            "cmcresp_pending42.der", "cmcresp_pending43.der", "cmcresp_denied.der"}) {
        const Bytes body = bodyOf(name);
        CHECK(must(x509::encodeCmcStatus(must(x509::decodeCmcStatus(body)))) == body);
    }
    CHECK(bodyOf("microsoft/bst1.der").size() == 111);
}

TEST_CASE("our responses have the samples' bodies and openssl verifies them")
{
    Authority authority;
    const TimePoint now = must(timeFromRfc3339("2026-11-21T04:00:00Z"));
    CHECK(authority.verifiedBody(must(makeIssuedResponse(sampleCertificate("cert1.der"),
              authority.signer()))) == bodyOf("cmcresp_issued1.der"));
    CHECK(authority.verifiedBody(must(makePendingResponse(42, now, authority.signer()))) ==
          bodyOf("cmcresp_pending42.der"));
    CHECK(authority.verifiedBody(must(makeDeniedResponse(
              authority.signer(), "Denied by Policy Module"))) == bodyOf("cmcresp_denied.der"));
}

TEST_CASE("a response encloses the certificate, the authority and what is above it")
{
    Authority authority;
    const auto web1 = authority.issue("web1");
    const Bytes der = must(makeIssuedResponse(web1, authority.signer()));
    const auto picked = must(pickIssuedCertificate("", der, web1.publicKeyDer()));
    CHECK(picked.certificate == web1);
    CHECK(picked.others.size() == 2);
    CHECK(must(x509::verifyCms(der)).signer == authority.certificate());
    const std::string printed = mustRun({"/usr/bin/openssl", "cms", "-cmsout", "-print", "-inform",
        "DER", "-in", authority.folder().write("issued.der", der)});
    CHECK(contains(printed, "eContentType: id-cct-PKIResponse"));
    CHECK(contains(printed, "d.signedData: \n    version: 3"));
    CHECK(contains(printed, "d.issuerAndSerialNumber"));
    CHECK(contains(printed, "object: contentType"));
    CHECK(contains(printed, "object: messageDigest"));
}

TEST_CASE("the certificate is chosen by the request's key, whatever comes first")
{
    Authority authority;
    const auto web1 = authority.issue("web1");
    const auto web2 = authority.issue("web2");
    const auto& ca = authority.certificate();
    const auto key = web1.publicKeyDer();
    // The wrong leaf first; the status names the wrong one; it names none.
    CHECK(must(pickIssuedCertificate("", authority.issued(web1, {web2, web1, ca}), key))
              .certificate == web1);
    CHECK(must(pickIssuedCertificate("", authority.issued(web2, {web2, web1, ca}), key))
              .certificate == web1);
    CHECK(must(pickIssuedCertificate("",
                   authority.response(
                       {Kind::Issued, "Issued", std::nullopt, std::nullopt}, {ca, web2, web1}),
                   key))
              .certificate == web1);
    CHECK(contains(messageOf(pickIssuedCertificate("", authority.issued(web2, {web2, ca}), key)),
        "no certificate of the CMC response is for the request's key"));
}

TEST_CASE("of several certificates for one key the named one is chosen, or none")
{
    Authority authority;
    const auto& ca = authority.certificate();
    // The authority's key has one certificate more: renewed, as it were.
    const auto again = must(x509::makeIntermediate({"issuing", ca.notBefore(), ca.notAfter(), 0},
        authority.signer().key, ca, authority.signer().key));
    CHECK(must(pickIssuedCertificate("", authority.issued(again, {ca, again}), ca.publicKeyDer()))
              .certificate == again);
    CHECK(contains(
        messageOf(pickIssuedCertificate("",
            authority.response({Kind::Issued, "Issued", std::nullopt, std::nullopt}, {ca, again}),
            ca.publicKeyDer())),
        "several certificates"));
}

TEST_CASE("an X.509 token for another key is refused, even beside a good CMC response")
{
    Authority authority;
    const auto web1 = authority.issue("web1");
    const auto web2 = authority.issue("web2");
    const Bytes good = authority.issued(web1, {web1});
    CHECK(contains(messageOf(pickIssuedCertificate(web2.toDer(), good, web1.publicKeyDer())),
        "not for the request's key"));
    CHECK_FALSE(pickIssuedCertificate(web1.toDer() + "x", good, web1.publicKeyDer()).ok());
    CHECK_FALSE(pickIssuedCertificate("garbage", good, web1.publicKeyDer()).ok());
    CHECK(must(pickIssuedCertificate(web1.toDer(), "garbage", web1.publicKeyDer())).others.empty());
    CHECK(pickIssuedCertificate(web1.toDer(), "", web1.publicKeyDer()).ok());
    CHECK_FALSE(pickIssuedCertificate("", "", web1.publicKeyDer()).ok());
    CHECK_FALSE(pickIssuedCertificate("", "garbage", web1.publicKeyDer()).ok());
}

TEST_CASE("responses without a certificate, with a thousand, or of another kind are refused")
{
    Authority authority;
    const auto web1 = authority.issue("web1");
    const auto key = web1.publicKeyDer();
    CHECK_FALSE(pickIssuedCertificate("", authority.issued(web1, {}), key).ok());
    CHECK(contains(messageOf(pickIssuedCertificate("", sample("cmcresp_pending42.der"), key)),
        "no issued certificate: Taken Under Submission"));
    const Bytes body = must(x509::readCms(authority.issued(web1, {web1}))).content;
    CHECK(contains(messageOf(readCmcResponse(must(x509::signContent(x509::oid::data, body,
                       authority.certificate(), authority.signer().key, {web1})))),
        "no CMC response"));

    // openssl makes a degenerate message of one certificate a thousand times.
    const std::string file = authority.folder().write("many.pem", [&] {
        std::string many;
        for (int i = 0; i < 1000; ++i)
            many += web1.toPem();
        return many;
    }());
    const std::string out = authority.folder() / "many.der";
    mustRun({"/usr/bin/openssl", "crl2pkcs7", "-nocrl", "-certfile", file, "-outform", "DER",
        "-out", out});
    CHECK_FALSE(pickIssuedCertificate("", readText(out), key).ok());
    const auto& ca = authority.certificate();
    std::vector<x509::Certificate> many{web1};
    while (many.size() < 51) {
        many.push_back(must(x509::makeIntermediate({"one", ca.notBefore(), ca.notAfter(), 0},
            authority.signer().key, ca, authority.signer().key)));
    }
    CHECK_FALSE(pickIssuedCertificate("", authority.issued(web1, many), key).ok());
    many.resize(49, web1); // and the signer
    CHECK(pickIssuedCertificate("", authority.issued(web1, many), key).ok());

    const std::string encrypted = authority.folder() / "encrypted.der";
    mustRun({"/usr/bin/openssl", "cms", "-encrypt", "-binary", "-aes256", "-in",
        authority.folder().write("in", web1.toDer()), "-outform", "DER", "-out", encrypted,
        authority.folder().write("web1.pem", web1.toPem())});
    CHECK_FALSE(pickIssuedCertificate("", readText(encrypted), key).ok());
}

TEST_CASE("a CMC body with anything wrong is refused")
{
    const Bytes good = bodyOf("cmcresp_pending42.der");
    CHECK_FALSE(x509::decodeCmcStatus("").ok());
    CHECK_FALSE(x509::decodeCmcStatus(good + '\0').ok());
    CHECK_FALSE(x509::decodeCmcStatus(good.substr(0, good.size() - 1)).ok());
    CHECK_FALSE(x509::decodeCmcStatus(Bytes("\x30\x06\x30\x00\x30\x00\x30\x00", 8)).ok());
    Bytes other = good;
    other[25] = 7; // the status
    CHECK(contains(messageOf(x509::decodeCmcStatus(other)), "none of issued, failed and pending"));
    other[25] = 2;
    CHECK(must(x509::decodeCmcStatus(other)).kind == Kind::Failed);
    // Two statuses: the one control twice.
    const Bytes denied = bodyOf("cmcresp_denied.der"); // 30 3a 30 34 <control, 52> 30 00 30 00
    const Bytes control = denied.substr(4, 52);
    const Bytes twice = Bytes("\x30\x6E\x30\x68") + control + control + denied.substr(56);
    CHECK(contains(messageOf(x509::decodeCmcStatus(twice)), "two statuses"));
}
