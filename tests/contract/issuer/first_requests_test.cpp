// What a first request holds, by what the policy service says of the template: key, hash, subject
// and names. The vectors say it, openssl reads the request.

#include "tests/contract/issuer/offering.h"

using namespace perennial;
using namespace perennial::test;

namespace {

const std::string length = "<minimalKeyLength>2048</minimalKeyLength>";
const std::string algorithm = "<algorithmOIDReference>9</algorithmOIDReference>";
const std::string noAlgorithm = "<algorithmOIDReference xsi:nil=\"true\"/>";
const std::string rsa = "<value>1.2.840.113549.1.1.1</value>";
const std::string flags = "<subjectNameFlags>9</subjectNameFlags>";
const std::string sha256 = "<value>2.16.840.1.101.3.4.2.1</value>";

std::string lengthOf(int bits)
{
    return "<minimalKeyLength>" + std::to_string(bits) + "</minimalKeyLength>";
}
std::string value(const std::string& oid) { return "<value>" + oid + "</value>"; }
std::string flagsOf(unsigned number)
{
    return "<subjectNameFlags>" + std::to_string(number) + "</subjectNameFlags>";
}

struct Prepared {
    Result<PreparedEnrollment> made = Error{ErrorKind::Internal, "not made"};
    std::string keyType; // of the key that was made; empty: none
    std::optional<FaultCause> cause;
    std::string text; // openssl's
};

Prepared prepare(
    Offering& offering, const std::string& keyType, const std::string& name = "ExampleWeb")
{
    const auto issuer = plugins::makeCesIssuerWithin(offering.service, quickLimits);
    REQUIRE(issuer);
    static const auto key = std::make_shared<const x509::PrivateKey>([] {
        auto made = x509::PrivateKey::generate("rsa-2048");
        REQUIRE(made);
        return *std::move(made);
    }());
    Prepared prepared;
    prepared.made = (*issuer)->prepareEnrollment(EnrollmentWorld::first(name, keyType),
        [&prepared](const std::string& type) -> Result<std::shared_ptr<const x509::PrivateKey>> {
            prepared.keyType = type;
            return key; // whatever was wanted: making one takes its time
        });
    prepared.cause = (*issuer)->notes().cause;
    CHECK(offering.asked().empty()); // nobody but the CEP
    if (!prepared.made) return prepared;
    const TemporaryFolder folder;
    prepared.text = mustRun({"/usr/bin/openssl", "req", "-inform", "DER", "-in",
        folder.write("request.der", prepared.made->request), "-noout", "-text", "-verify"});
    return prepared;
}

bool has(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("the key is the template's, or the one that was named when the template takes it")
{
    struct Case {
        Changes changes;
        std::string named;
        std::string keyType; // empty: refused
        std::string says;
    };
    const Changes p256 = {{rsa, value("1.2.840.10045.3.1.7")}, {length, lengthOf(256)}};
    const Changes p384 = {{rsa, value("1.3.132.0.34")}, {length, lengthOf(384)}};
    const std::vector<Case> cases = {
        {{}, "", "rsa-2048", ""},
        {{}, "rsa-4096", "rsa-4096", ""},
        {{}, "ec-p384", "", "2048 bits at least (minimalKeyLength), and ec-p384 is not that"},
        {{{length, lengthOf(2049)}}, "", "rsa-3072", ""},
        {{{length, lengthOf(3072)}}, "rsa-2048", "", "name rsa-3072, or none"},
        {{{length, lengthOf(8192)}}, "", "", "8192 bits at least"},
        {p256, "", "ec-p256", ""},
        {p256, "ec-p384", "", "ECDSA P-256"},
        {p256, "rsa-2048", "", "ECDSA P-256"},
        {p384, "", "ec-p384", ""},
        {{{rsa, value("1.2.840.10040.4.1")}}, "", "", "1.2.840.10040.4.1"},
        // Schema 1 and 2 name no algorithm.
        {{{algorithm, noAlgorithm}}, "", "rsa-2048", ""},
        {{{algorithm, noAlgorithm}}, "ec-p256", "", "any algorithm, 2048 bits"},
        {{{algorithm, noAlgorithm}, {length, lengthOf(256)}}, "", "ec-p256", ""},
        {{{algorithm, noAlgorithm}, {length, lengthOf(256)}}, "rsa-2048", "rsa-2048", ""},
    };
    for (const auto& one : cases) {
        CAPTURE(one.named);
        CAPTURE(one.says);
        Offering offering(one.changes);
        const auto prepared = prepare(offering, one.named);
        CHECK(prepared.keyType == one.keyType);
        CHECK(prepared.made.ok() == one.says.empty());
        if (one.says.empty()) continue;
        CHECK(prepared.made.error().kind == ErrorKind::InvalidInput);
        CHECK(prepared.cause == FaultCause::Template);
        CHECK_MESSAGE(has(prepared.made.error().message, one.says), prepared.made.error().message);
    }
}

TEST_CASE("subject and names go out only where the template takes them")
{
    struct Case {
        std::string flags;
        bool supplied;
    };
    const std::vector<Case> cases = {{flagsOf(9), true}, {flagsOf(1), true}, {flagsOf(8), false},
        {flagsOf(0x10008), false}, {flagsOf(0x18000000), false},
        {"<subjectNameFlags xsi:nil=\"true\"/>", true}};
    for (const auto& one : cases) {
        CAPTURE(one.flags);
        Offering offering({{flags, one.flags}});
        const auto prepared = prepare(offering, "");
        REQUIRE(prepared.made);
        CHECK(prepared.made->namesSupplied == one.supplied);
        CHECK(has(prepared.text, "Subject: CN = web9.example.test\n") == one.supplied);
        CHECK(has(prepared.text, "DNS:web9.example.test") == one.supplied);
        CHECK(has(prepared.text, "TLS Web Client Authentication")); // the template's
    }
    // A machine's schema 1 template: its name, no subject.
    Offering machine({{"<clientAuthentication>2<", "<clientAuthentication>4<"}},
        "03_getpolicies_response_v1.xml");
    const auto prepared = prepare(machine, "", "Machine");
    REQUIRE_MESSAGE(prepared.made.ok(), (prepared.made ? "" : prepared.made.error().message));
    CHECK(prepared.keyType == "rsa-2048");
    CHECK_FALSE(prepared.made->namesSupplied);
    CHECK_FALSE(has(prepared.text, "web9"));
    CHECK(has(prepared.text, "1.3.6.1.4.1.311.20.2"));
}

// The vectors' answer with one boolean turned; a renewal by key needs neither right.
TEST_CASE("who has no right to enrol makes no key and asks no CES, and hears who gives the right")
{
    struct Case {
        Changes changes;
        std::string says; // empty: it goes through
        FaultCause cause;
    };
    const std::string enroll = "<enroll>true</enroll>";
    const std::vector<Case> cases = {
        {{}, "", {}},
        {{{enroll, "<enroll>false</enroll>"}}, "permission/enroll is false", FaultCause::Template},
        {{{"<autoEnroll>true<", "<autoEnroll>false<"}}, "", {}},
        {{{"<enrollPermission>true<", "<enrollPermission>false<"}}, "enrollPermission is false",
            FaultCause::Identity},
    };
    for (const auto& one : cases) {
        CAPTURE(one.says);
        Offering first(one.changes);
        const auto prepared = prepare(first, "");
        CHECK(prepared.made.ok() == one.says.empty());
        CHECK(prepared.keyType.empty() != one.says.empty());
        if (!one.says.empty()) {
            CHECK(prepared.made.error().kind == ErrorKind::InvalidInput);
            CHECK_MESSAGE(
                has(prepared.made.error().message, one.says), prepared.made.error().message);
            CHECK(has(prepared.made.error().message, "administrator"));
            CHECK(prepared.cause == one.cause);
        }
        Offering renewal(one.changes);
        const auto renewed = renewal.renew();
        CHECK_MESSAGE(renewed.ok(), (renewed ? "" : renewed.error().message));
        CHECK(renewal.asked().size() == 1);
    }
}

TEST_CASE("a request is signed with the template's hash, or with a longer one")
{
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"2.16.840.1.101.3.4.2.1", "sha256WithRSA"}, {"2.16.840.1.101.3.4.2.2", "sha384WithRSA"},
        {"2.16.840.1.101.3.4.2.3", "sha512WithRSA"}, {"1.3.14.3.2.26", "sha256WithRSA"},
        {"1.2.840.113549.2.5", "sha256WithRSA"}};
    for (const auto& [oid, signature] : cases) {
        CAPTURE(oid);
        Offering offering({{sha256, value(oid)}});
        const auto prepared = prepare(offering, "");
        REQUIRE(prepared.made);
        CHECK_MESSAGE(has(prepared.text, "Signature Algorithm: " + signature), prepared.text);
    }
}
