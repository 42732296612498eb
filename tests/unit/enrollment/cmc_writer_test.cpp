#include "tests/unit/enrollment/cmc_fixture.h"

using namespace perennial;
using namespace perennial::test;
using request::NewRequest;
using request::readRequest;
using request::RenewalRequest;

namespace {

std::string structureOf(const CmcFixture& f, const Bytes& message)
{
    return mustRun({"/usr/bin/openssl", "cms", "-cmsout", "-print", "-inform", "DER", "-in",
        f.folder.write("printed.der", message)});
}

} // namespace

TEST_CASE("a CMC request of ours has the structure of another program's, and openssl verifies it")
{
    const CmcFixture f;
    const auto request = must(x509::SigningRequest::fromDer(f.pkcs10()));
    const Bytes message = must(request::makeCmcRequest(
        request, f.newKey, {{"CertificateTemplate", "Web & 100%"}, {"ccm", "host1"}}));
    const auto read = mustBe<NewRequest>(readRequest(message));
    CHECK(read.request.toDer() == request.toDer());
    CHECK(read.attributes ==
          std::vector<x509::NameValue>{{"CertificateTemplate", "Web & 100%"}, {"ccm", "host1"}});

    // The certificate that openssl needs for the key identifier is made by openssl.
    const std::string out = f.folder / "content.out";
    mustRun({"/usr/bin/openssl", "cms", "-verify", "-inform", "DER", "-in",
        f.folder.write("message.der", message), "-certfile", f.folder / "new.pem", "-CAfile",
        f.folder / "new.pem", "-purpose", "any", "-binary", "-out", out});
    CHECK(readText(out) == must(x509::readCms(message)).content);
    const std::string structure = structureOf(f, message);
    CHECK(contains(structure, "id-cct-PKIData"));
    CHECK(contains(structure, "subjectKeyIdentifier"));
    CHECK_FALSE(contains(structure, "signingTime"));
    CHECK_FALSE(contains(structure, "issuerAndSerialNumber"));
    CHECK_FALSE(contains(structure, "d.certificate"));
}

TEST_CASE("a CMC renewal of ours is signed by both keys, and openssl verifies both")
{
    const CmcFixture f;
    const Bytes message =
        must(request::makeCmcRenewal(f.certificate("web1"), f.key("web1"), f.newKey));
    const auto read = mustBe<RenewalRequest>(readRequest(message));
    CHECK(read.old == f.certificate("web1"));
    CHECK(read.request.publicKeyDer() == f.newKey.publicKeyDer());
    const std::string roots = f.folder.write(
        "roots.pem", readText(f.pki["root"].certificate) + readText(f.folder / "new.pem"));
    mustRun({"/usr/bin/openssl", "cms", "-verify", "-inform", "DER", "-in",
        f.folder.write("message.der", message), "-certfile", f.folder / "new.pem", "-CAfile", roots,
        "-purpose", "any", "-binary", "-out", f.folder / "content.out"});
    const std::string structure = structureOf(f, message);
    CHECK(contains(structure, "subjectKeyIdentifier"));
    CHECK(contains(structure, "issuerAndSerialNumber"));
}

TEST_CASE("RSA keys sign CMC requests too")
{
    const CmcFixture f;
    const auto key = must(x509::PrivateKey::generate("rsa-2048"));
    request::EnrollmentContent content;
    content.subject = "a.test";
    const auto request = must(request::makeEnrollmentRequest(content, key));
    mustBe<NewRequest>(readRequest(must(request::makeCmcRequest(request, key))));
    mustBe<RenewalRequest>(
        readRequest(must(request::makeCmcRenewal(f.certificate("web1"), f.key("web1"), key))));
}

TEST_CASE("a CMC request is not made with another key, nor with a name that breaks RegInfo")
{
    const CmcFixture f;
    const auto request = must(x509::SigningRequest::fromDer(f.pkcs10()));
    CHECK_FALSE(request::makeCmcRequest(request, f.key("web1")));
    CHECK_FALSE(request::makeCmcRenewal(f.certificate("web1"), f.key("web2"), f.newKey));
    for (const char* name : {"", "a&b", "a=b", "a%b"})
        CHECK_FALSE(request::makeCmcRequest(request, f.newKey, {{name, "x"}}));
}
