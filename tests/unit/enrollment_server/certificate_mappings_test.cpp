#include "controller/enrollment/authentication/certificate_mappings.h"
#include "tests/support/child_process.h"
#include "tests/support/test_pki.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::enrollment::server;
using namespace perennial::test;

namespace {

// The extension of the sample certificate of a domain account; its SID in plain below.
constexpr const char* sidExtension =
    "1.3.6.1.4.1.311.25.2=DER:303FA03D060A2B060104018237190201A02F042D532D312D352D32312D3130303433"
    "33363334382D313137373233383931352D3638323030333333302D31313038";
constexpr const char* sid = "S-1-5-21-1004336348-1177238915-682003330-1108";
constexpr const char* otherSid = "S-1-5-21-1004336348-1177238915-682003330-1109";

// Everything that can be mapped is in it, and openssl made it.
struct Fixture {
    TemporaryFolder folder;
    TestPki pki{folder};
    x509::Certificate certificate = make("alice",
        {"alice",
            "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:Alice@Example.test,DNS:web1.example.test,"
            "URI:tag:x:y",
            "clientAuth", "ec-p256", "20200101000000Z", "20991231235959Z",
            {sidExtension, "subjectKeyIdentifier=hash"}});

    x509::Certificate make(const std::string& name, const TestCertificateContent& content)
    {
        if (name == "alice") pki.makeRoot("root");
        const auto made =
            x509::Certificate::fromPem(readText(pki.issue(name, "root", content).certificate));
        REQUIRE(made.ok());
        return *made;
    }
    std::string said(const std::string& option) const // what openssl says of it
    {
        auto text = mustRun({"/usr/bin/openssl", "x509", "-in", pki["alice"].certificate, "-noout",
            option.substr(0, option.find(' ')),
            option.find(' ') == std::string::npos ? "-nameopt=RFC2253"
                                                  : option.substr(option.find(' ') + 1)});
        text.erase(text.find_last_not_of('\n') + 1);
        return text.substr(text.find('=') + 1);
    }
    std::string mapped(const CertificateMappings& mappings) const
    {
        const auto caller = callerOf(mappings, certificate);
        return caller ? caller->name : caller.error().message;
    }
    Result<CertificateMappings> read(const std::string& lines) const
    {
        return readCertificateMappings(folder.write("mappings.yaml", "mappings:\n" + lines));
    }
    // "ann" or why not.
    std::string mappedBy(const std::string& condition) const
    {
        const auto mappings = read("  - name: ann\n    " + condition + "\n");
        if (!mappings) return mappings.error().message;
        return mapped(*mappings);
    }
};

bool isNobody(const std::string& text) { return text.find("mapped to nobody") != text.npos; }
bool has(const std::string& text, const char* part) { return text.find(part) != text.npos; }

} // namespace

TEST_CASE("each condition finds the certificate that openssl says has it, and no other")
{
    const Fixture f;
    CHECK(f.mappedBy("upn: alice@example.TEST") == "ann");
    CHECK(isNobody(f.mappedBy("upn: bob@example.test")));
    CHECK(isNobody(f.mappedBy("upn: web1.example.test"))); // a name of another type
    CHECK(f.mappedBy("dns: WEB1.example.test") == "ann");
    CHECK(isNobody(f.mappedBy("dns: alice@example.test")));
    CHECK(isNobody(f.mappedBy("dns: example.test")));
    CHECK(f.mappedBy(std::string("sid: ") + sid) == "ann");
    CHECK(isNobody(f.mappedBy(std::string("sid: ") + otherSid)));

    const auto serial = f.said("-serial");
    const auto issuer = f.said("-issuer");
    CHECK(f.mappedBy("issuer: \"" + issuer + "\"\n    serial: " + serial) == "ann");
    CHECK(isNobody(f.mappedBy("issuer: \"CN=other\"\n    serial: " + serial)));
    CHECK(isNobody(f.mappedBy("issuer: \"" + issuer + "\"\n    serial: 0AFF")));

    auto keyIdentifier = f.said("-ext subjectKeyIdentifier");
    keyIdentifier = keyIdentifier.substr(keyIdentifier.rfind(' ') + 1);
    CHECK(f.mappedBy("subject_key_identifier: \"" + keyIdentifier + "\"") == "ann");
    CHECK(isNobody(f.mappedBy("subject_key_identifier: \"" + keyIdentifier.substr(3) + "\"")));
    CHECK(f.mappedBy("public_key_sha256: " + f.pki.pin("alice")) == "ann");
    CHECK(isNobody(f.mappedBy("public_key_sha256: " + std::string(64, 'a'))));
}

TEST_CASE("all conditions of a mapping hold together")
{
    const Fixture f;
    CHECK(f.mappedBy(std::string("upn: alice@example.test\n    sid: ") + sid) == "ann");
    CHECK(isNobody(f.mappedBy(std::string("upn: alice@example.test\n    sid: ") + otherSid)));
    CHECK(isNobody(f.mappedBy("upn: alice@example.test\n    dns: web2.example.test")));
}

TEST_CASE("nobody is mapped without a mapping, and two names for one certificate are refused")
{
    const Fixture f;
    CHECK(isNobody(f.mapped({})));
    CertificateMapping byUpn{"ann", {"a"}, "alice@example.test", "", "", "", "", "", ""};
    CertificateMapping byDns{"ann", {"b"}, "", "web1.example.test", "", "", "", "", ""};
    const auto both = callerOf({byUpn, byDns}, f.certificate);
    REQUIRE(both.ok());
    CHECK(both->groups == std::set<std::string>{"a", "b"});
    CHECK(both->certificate == f.certificate);
    byDns.name = "bob";
    CHECK(has(f.mapped({byUpn, byDns}), "two callers: ann and bob"));
}

TEST_CASE("a SID comes from the extension, from Microsoft's URI only where there is none")
{
    Fixture f;
    const std::string uri =
        std::string("[names]\nURI=tag:microsoft.com,2022-09-14:sid:") + otherSid;
    const CertificateMapping mapping{"ann", {}, "", "", otherSid, "", "", "", ""};
    TestCertificateContent content{"plain", "@names", "clientAuth"};
    content.moreExtensions = {uri};
    CHECK(callerOf({mapping}, f.make("plain", content)).ok());
    content.commonName = "torn";
    content.moreExtensions = {sidExtension, uri};
    const auto torn = f.make("torn", content);
    REQUIRE(torn.extension(x509::oid::ntdsSecurity));
    CHECK_FALSE(callerOf({mapping}, torn).ok());
}

TEST_CASE("mappings that could not mean anything are refused with file, line and key")
{
    const Fixture f;
    const auto why = [&](const std::string& lines) {
        const auto read = f.read(lines);
        REQUIRE_FALSE(read.ok());
        return read.error().message;
    };
    CHECK(has(why("  - {name: ann}\n"), "mappings.yaml:2"));
    CHECK(has(why("  - {name: ann}\n"), "names nothing of a certificate"));
    CHECK(has(why("  - {upn: a@b}\n"), "name"));
    CHECK(has(why("  - {name: ann, serial: 0A}\n"), "come together"));
    CHECK(has(why("  - {name: ann, issuer: CN=x}\n"), "come together"));
    CHECK(has(why("  - {name: ann, sid: \"S-1-5-21-x\"}\n"), "sid"));
    CHECK(has(why("  - {name: ann, public_key_sha256: 0a}\n"), "64 digits"));
    CHECK(has(why("  - {name: ann, subject_key_identifier: xyz}\n"), "hex"));
    CHECK(has(why("  - {name: \"certificate 0A\", upn: a@b}\n"), "visible ASCII"));
    CHECK(has(why("  - {name: ann, upn: a@b, surprise: 1}\n"), "surprise"));
}
