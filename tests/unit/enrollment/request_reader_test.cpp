#include "shared/enrollment/request/certificate_request.h"
#include "shared/x509/cmc.h"
#include "shared/x509/cms.h"
#include "tests/support/child_process.h"
#include "tests/support/test_pki.h"
#include "tests/unit/enrollment/enrollment_samples.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::enrollment;
using namespace perennial::enrollment::request;
using perennial::test::contains;
using perennial::test::must;
using perennial::test::mustRun;
using perennial::test::readText;
using perennial::test::sample;
using perennial::test::TemporaryFolder;
using perennial::test::TestPki;

namespace {

const std::string openssl = "/usr/bin/openssl";

// Two clients of one authority, and requests in all wrong ways, by openssl where it can.
struct Fixture {
    Fixture()
    {
        pki.makeRoot("root");
        pki.issueClient("web1", "root");
        pki.issueClient("web2", "root");
    }

    x509::PrivateKey key(const std::string& name) const
    {
        return must(x509::PrivateKey::fromPem(Secret(readText(pki[name].key))));
    }
    x509::Certificate certificate(const std::string& name) const
    {
        return must(x509::Certificate::fromPem(readText(pki[name].certificate)));
    }

    // A PKCS#10 whose renewal attribute holds this certificate.
    Bytes innerRequest(const std::string& oldName) const
    {
        x509::RequestContent content;
        content.subjectDer = certificate(oldName).subjectDer();
        content.attributes.emplace(x509::oid::renewalCertificate, certificate(oldName).toDer());
        return must(x509::makeSigningRequest(content, newKey)).toDer();
    }

    // openssl's SignedData over it, with or without signed attributes, certificates and signers.
    Bytes signedBy(const std::string& name, const Bytes& content,
        const std::vector<std::string>& options) const
    {
        const std::string in = folder.write("content.der", content);
        const std::string out = folder / "signed.der";
        std::vector<std::string> command{openssl, "cms", "-sign", "-binary", "-nodetach", "-in", in,
            "-outform", "DER", "-out", out, "-signer", pki[name].certificate, "-inkey",
            pki[name].key};
        command.insert(command.end(), options.begin(), options.end());
        mustRun(command);
        return readText(out);
    }

    TemporaryFolder folder;
    TestPki pki{folder};
    x509::PrivateKey newKey = must(x509::PrivateKey::generate("ec-p256"));
};

void checkRejected(const ReadRequest& read, HResult code)
{
    REQUIRE(std::holds_alternative<Rejected>(read));
    const auto& rejected = std::get<Rejected>(read);
    CHECK_MESSAGE(rejected.code == code, toText(rejected.code) << " " << rejected.reason);
    CHECK_FALSE(rejected.reason.empty());
}

// DER with the last octet of its signature changed.
Bytes damaged(Bytes der)
{
    der.back() = static_cast<char>(static_cast<unsigned char>(der.back()) ^ 1U);
    return der;
}

} // namespace

TEST_CASE("bare requests by other programs and by Microsoft are new requests")
{
    for (const char* name : {"p10_v2_template.der", "p10_v1_template.der", "microsoft/bst0.der"}) {
        const auto read = readRequest(sample(name));
        REQUIRE_MESSAGE(std::holds_alternative<NewRequest>(read), name);
        CHECK(std::get<NewRequest>(read).request.toDer() == sample(name));
        CHECK(std::get<NewRequest>(read).signers.empty());
    }
    const auto user = std::get<NewRequest>(readRequest(sample("microsoft/bst0.der")));
    REQUIRE(user.request.templateInformation().has_value());
    CHECK(user.request.templateInformation()->name == "User");
    CHECK(user.request.subject().empty());
}

TEST_CASE("openssl's renewals are read, with and without signed attributes")
{
    const Fixture fixture;
    for (const std::vector<std::string>& options :
        {std::vector<std::string>{"-noattr"}, std::vector<std::string>{}}) {
        const auto read =
            readRequest(fixture.signedBy("web1", fixture.innerRequest("web1"), options));
        REQUIRE(std::holds_alternative<RenewalRequest>(read));
        CHECK(std::get<RenewalRequest>(read).old == fixture.certificate("web1"));
    }
}

TEST_CASE("a CMS without the renewal attribute is a new request with a known signer")
{
    const Fixture fixture;
    const auto read =
        readRequest(fixture.signedBy("web1", sample("p10_v2_template.der"), {"-noattr"}));
    REQUIRE(std::holds_alternative<NewRequest>(read));
    CHECK(std::get<NewRequest>(read).signers == std::vector{fixture.certificate("web1")});
}

TEST_CASE("a renewal signed by another certificate than it names is rejected")
{
    const Fixture fixture;
    const Bytes inner = fixture.innerRequest("web1");
    // web2 signs; web1's certificate is enclosed too.
    checkRejected(readRequest(fixture.signedBy(
                      "web2", inner, {"-noattr", "-certfile", fixture.pki["web1"].certificate})),
        HResult::BadRenewalCertificateAttribute);
    // Only web2's certificate is there.
    checkRejected(readRequest(fixture.signedBy("web2", inner, {"-noattr"})),
        HResult::BadRenewalCertificateAttribute);
}

TEST_CASE("a renewal whose signer's certificate is missing is rejected")
{
    const Fixture fixture;
    const Bytes inner = fixture.innerRequest("web1");
    checkRejected(readRequest(fixture.signedBy("web1", inner, {"-noattr", "-nocerts"})),
        HResult::BadRenewalCertificateAttribute);
}

TEST_CASE("a renewal without a signer is rejected")
{
    const Fixture fixture;
    const Bytes der = fixture.signedBy("web1", fixture.innerRequest("web1"), {"-noattr"});
    // The SET of signer infos is the last thing in SignedData: an empty one in its place.
    const Bytes degenerate =
        mustRun({"/usr/bin/python3", "-c",
                    "import sys\n"
                    "der = sys.stdin.buffer.read()\n"
                    "def tlv(at):\n"
                    "    size, head = der[at + 1], 2\n"
                    "    if size > 128:\n"
                    "        head += size - 128\n"
                    "        size = int.from_bytes(der[at + 2:at + head], 'big')\n"
                    "    return at + head, at + head + size\n"
                    "def wrap(tag, body):\n"
                    "    return bytes([tag, 0x82]) + len(body).to_bytes(2, 'big') + body\n"
                    "body, _ = tlv(0)\n"
                    "_, after = tlv(body)\n"
                    "explicit, _ = tlv(after)\n"
                    "at, end = tlv(explicit)\n"
                    "start = at\n"
                    "while True:\n"
                    "    _, next = tlv(at)\n"
                    "    if next == end: break\n"
                    "    at = next\n"
                    "inner = der[start:at] + b'\\x31\\x00'\n"
                    "oid = der[body:after]\n"
                    "out = wrap(0x30, oid + wrap(0xA0, wrap(0x30, inner)))\n"
                    "sys.stdout.buffer.write(out)\n"},
            der);
    mustRun({openssl, "cms", "-cmsout", "-noout", "-inform", "DER", "-in",
        fixture.folder.write("degenerate.der", degenerate)});
    checkRejected(readRequest(degenerate), HResult::NoSigner);
}

TEST_CASE("damaged signatures are rejected, of the request and of the message around it")
{
    const Fixture fixture;
    checkRejected(readRequest(damaged(sample("p10_v2_template.der"))), HResult::BadSignature);
    checkRejected(readRequest(damaged(sample("renew_cms.der"))), HResult::BadSignature);
    const Bytes inner = damaged(fixture.innerRequest("web1"));
    checkRejected(readRequest(fixture.signedBy("web1", inner, {"-noattr"})), HResult::BadSignature);
    const Bytes other = damaged(fixture.signedBy("web1", sample("p10_v2_template.der"), {}));
    checkRejected(readRequest(other), HResult::BadSignature);
}

TEST_CASE("a renewal attribute that holds no certificate is rejected")
{
    const Fixture fixture;
    x509::RequestContent content;
    content.subjectDer = fixture.certificate("web1").subjectDer();
    content.attributes.emplace(x509::oid::renewalCertificate, Bytes("\x30\x00", 2));
    const Bytes inner = must(x509::makeSigningRequest(content, fixture.newKey)).toDer();
    checkRejected(readRequest(fixture.signedBy("web1", inner, {"-noattr"})),
        HResult::BadRenewalCertificateAttribute);
}

TEST_CASE("a signed message that holds no request is rejected")
{
    const Fixture fixture;
    checkRejected(readRequest(fixture.signedBy("web1", "hello", {})), HResult::Asn1EndOfData);
    checkRejected(readRequest(fixture.signedBy(
                      "web1", sample("p10_v2_template.der"), {"-econtent_type", "1.2.3.4"})),
        HResult::InvalidMessageType);
    checkRejected(readRequest(sample("cmcresp_issued1.der")), HResult::InvalidMessageType);
}

TEST_CASE("garbage says whether it was cut off or wrong")
{
    const Bytes good = sample("p10_v2_template.der");
    checkRejected(readRequest(""), HResult::Asn1EndOfData);
    checkRejected(readRequest(good.substr(0, good.size() - 1)), HResult::Asn1EndOfData);
    checkRejected(readRequest(good.substr(0, 3)), HResult::Asn1EndOfData);
    const Bytes cms = sample("renew_cms.der");
    checkRejected(readRequest(cms.substr(0, cms.size() - 5)), HResult::Asn1EndOfData);
    checkRejected(readRequest(good + '\0'), HResult::Asn1BadTag);
    checkRejected(readRequest(cms + '\0'), HResult::Asn1BadTag);
    checkRejected(readRequest(sample("cert1.der")), HResult::Asn1BadTag);
    checkRejected(readRequest(Bytes(sizeLimit + 1, '\x30')), HResult::InvalidData);
}

TEST_CASE("encrypted messages are rejected")
{
    const Fixture fixture;
    const std::string out = fixture.folder / "enveloped.der";
    mustRun({openssl, "cms", "-encrypt", "-binary", "-aes256", "-in",
        fixture.folder.write("in.der", sample("p10_v2_template.der")), "-outform", "DER", "-out",
        out, fixture.pki["web1"].certificate});
    checkRejected(readRequest(readText(out)), HResult::Asn1BadTag);
}
