// A first certificate is held to what was asked for. Request and certificates are made by openssl.

#include "shared/rules/first_certificate_rules.h"

#include "tests/support/child_process.h"
#include "tests/support/test_pki.h"
#include "tests/unit/rules/issued_by_openssl.h"

#include <doctest/doctest.h>
#include <functional>
#include <set>

using namespace perennial;
using test::IssuedContent;

namespace {

constexpr Duration minute{60};

// One enrolment for web1.example.test: what was asked for, and what came.
struct Enrollment {
    std::string requestSubject = "/CN=web1.example.test";
    std::vector<std::string> requested = {"subjectAltName=DNS:web1.example.test",
        "extendedKeyUsage=serverAuth,clientAuth",
        "1.3.6.1.4.1.311.20.2=ASN1:FORMAT:UTF8,BMPSTRING:Web"};
    IssuedContent issued;
    bool namesSupplied = true;
    bool sameKey = true;
    bool withIntermediate = true;
    bool withAnchor = true;
    Duration nowAfterStart{0};
    std::optional<Duration> nowBeforeEnd;
    Enrollment()
    {
        issued.replace("subjectAltName", "subjectAltName = DNS:web1.example.test");
        issued.replace(
            "1.3.6.1.4.1.311.21.7", "1.3.6.1.4.1.311.20.2 = ASN1:FORMAT:UTF8,BMPSTRING:Web");
    }
    void names(const std::string& list)
    {
        issued.replace("subjectAltName", list.empty() ? list : "subjectAltName = " + list);
    }
    void looked() // up by the CA
    {
        namesSupplied = false;
        requestSubject = "/";
        requested.erase(requested.begin());
    }
};

struct Row {
    std::string rule; // empty: accepted
    std::string what;
    std::function<void(Enrollment&)> change;
};

const std::string upn = "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:web1@example.test";

const std::vector<Row>& accepted()
{
    static const std::vector<Row> table = {
        {"", "what was asked for", [](Enrollment&) {}},
        {"", "other letters", [](Enrollment& e) { e.names("DNS:WEB1.Example.test"); }},
        {"", "no subject", [](Enrollment& e) { e.issued.subject = "/"; }},
        {"", "fewer usages",
            [](Enrollment& e) {
                e.issued.replace("extendedKeyUsage", "extendedKeyUsage = serverAuth");
                e.issued.replace("1.3.6.1.4.1.311.21.10");
            }},
        {"", "a template by OID that was asked for by name",
            [](Enrollment& e) {
                e.issued.replace("1.3.6.1.4.1.311.20.2",
                    IssuedContent::templateInformation("1.3.6.1.4.1.311.21.8.1.2", 3));
            }},
        {"", "an account's names where the CA looks them up",
            [](Enrollment& e) {
                e.looked();
                e.issued.subject = "/CN=WEB1";
                e.names("DNS:web1.example.test," + upn);
            }},
        {"", "only a common name where the CA makes it",
            [](Enrollment& e) {
                e.looked();
                e.names("");
            }},
        {"", "an hour left", [](Enrollment& e) { e.nowBeforeEnd = 61 * minute; }},
    };
    return table;
}

const std::vector<Row>& soundness()
{
    static const std::vector<Row> table = {
        {"another-key", "a key that nobody asked for", [](Enrollment& e) { e.sameKey = false; }},
        {"bad-serial", "negative", [](Enrollment& e) { e.issued.serial = "-5"; }},
        {"authority", "CA:TRUE",
            [](Enrollment& e) {
                e.issued.replace("basicConstraints", "basicConstraints = critical,CA:TRUE");
            }},
        {"authority", "a key usage that signs certificates",
            [](Enrollment& e) {
                e.issued.replace("keyUsage", "keyUsage = critical,digitalSignature,keyCertSign");
            }},
        {"unknown-critical-extension", "one of nobody's",
            [](Enrollment& e) {
                e.issued.extensions.emplace_back("1.2.3.4.5 = critical,ASN1:NULL");
            }},
        {"weak-signature", "SHA-1", [](Enrollment& e) { e.issued.digest = "sha1"; }},
        {"weak-key", "RSA of 1024 bits", [](Enrollment& e) { e.issued.keyType = "rsa-1024"; }},
        {"not-yet-valid", "six minutes ahead",
            [](Enrollment& e) { e.nowAfterStart = -6 * minute; }},
        {"ends-too-soon", "within the hour", [](Enrollment& e) { e.nowBeforeEnd = 59 * minute; }},
        {"untrusted", "no anchor", [](Enrollment& e) { e.withAnchor = false; }},
        {"untrusted", "no intermediate", [](Enrollment& e) { e.withIntermediate = false; }},
    };
    return table;
}

const std::vector<Row>& askedFor()
{
    static const std::vector<Row> table = {
        {"another-template", "another name",
            [](Enrollment& e) {
                e.issued.replace("1.3.6.1.4.1.311.20.2",
                    "1.3.6.1.4.1.311.20.2 = ASN1:FORMAT:UTF8,BMPSTRING:Admin");
            }},
        {"another-template", "another OID",
            [](Enrollment& e) {
                e.requested.back() =
                    "1.3.6.1.4.1.311.21.7=DER:302c06242b0601040182371508bd8441fa890281b78d4381f492"
                    "0482b196454283ab9f4783e8a408020164020104";
                e.issued.replace("1.3.6.1.4.1.311.20.2",
                    IssuedContent::templateInformation("1.3.6.1.4.1.311.21.8.1.3", 3));
            }},
        {"another-subject", "another common name",
            [](Enrollment& e) { e.issued.subject = "/CN=bank.example.test"; }},
        {"another-subject", "a part more", [](Enrollment& e) { e.issued.subject += "/O=Bank"; }},
        {"another-subject", "another machine's where the CA makes it",
            [](Enrollment& e) {
                e.looked();
                e.issued.subject = "/CN=WEB2";
            }},
        {"wider-names", "a host more",
            [](Enrollment& e) { e.names("DNS:web1.example.test,DNS:bank.example.test"); }},
        {"wider-names", "a wildcard",
            [](Enrollment& e) { e.names("DNS:web1.example.test,DNS:*.example.test"); }},
        {"wider-names", "an address",
            [](Enrollment& e) { e.names("DNS:web1.example.test,IP:192.0.2.1"); }},
        {"wider-names", "an account, where names are supplied",
            [](Enrollment& e) { e.names("DNS:web1.example.test," + upn); }},
        {"wider-names", "a host more where the CA looks them up",
            [](Enrollment& e) {
                e.looked();
                e.names("DNS:web1.example.test,DNS:bank.example.test");
            }},
        {"names-lost", "none", [](Enrollment& e) { e.names(""); }},
        {"names-lost", "only an account's where the CA looks them up",
            [](Enrollment& e) {
                e.looked();
                e.issued.subject = "/";
                e.names(upn);
            }},
        {"any-purpose", "no extended key usage",
            [](Enrollment& e) { e.issued.replace("extendedKeyUsage"); }},
        {"any-purpose", "enrolling for others, as the template says",
            [](Enrollment& e) {
                e.requested[1] = "extendedKeyUsage=serverAuth,1.3.6.1.4.1.311.20.2.1";
                e.issued.replace("1.3.6.1.4.1.311.21.10");
                e.issued.replace(
                    "extendedKeyUsage", "extendedKeyUsage = serverAuth,1.3.6.1.4.1.311.20.2.1");
            }},
        {"wider-usages", "one that the template lacks",
            [](Enrollment& e) {
                e.issued.replace(
                    "extendedKeyUsage", "extendedKeyUsage = serverAuth,clientAuth,codeSigning");
            }},
        {"wider-application-policies", "one that is no usage",
            [](Enrollment& e) {
                e.issued.replace("1.3.6.1.4.1.311.21.10",
                    IssuedContent::applicationPolicies("serverAuth,codeSigning"));
            }},
    };
    return table;
}

class Checker {
public:
    std::optional<rules::IssuedCertificateFinding> check(const Enrollment& enrollment)
    {
        const auto issued = authority_.issue(enrollment.issued);
        const auto request = requestOf(enrollment);
        std::vector<x509::Certificate> intermediates;
        if (enrollment.withIntermediate) intermediates.push_back(authority_.issuing());
        std::vector<x509::Certificate> anchors;
        if (enrollment.withAnchor) anchors.push_back(authority_.root());
        const auto now = enrollment.nowBeforeEnd ? issued.notAfter() - *enrollment.nowBeforeEnd
                                                 : issued.notBefore() + enrollment.nowAfterStart;
        return rules::findReasonToRejectFirst(
            {{issued, intermediates, anchors,
                 enrollment.sameKey ? issued.publicKeyDer() : request.publicKeyDer(), now},
                request, {{x509::GeneralName::Type::Dns, "web1.example.test"}},
                enrollment.namesSupplied});
    }

private:
    x509::SigningRequest requestOf(const Enrollment& enrollment)
    {
        const auto file = folder_ / "request.pem";
        std::vector<std::string> command = {"/usr/bin/openssl", "req", "-new", "-newkey", "ec",
            "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", folder_ / "request.key",
            "-subj", enrollment.requestSubject, "-out", file};
        for (const auto& extension : enrollment.requested)
            command.insert(command.end(), {"-addext", extension});
        test::mustRun(command);
        auto request = x509::SigningRequest::fromPem(test::readText(file));
        REQUIRE(request);
        return *request;
    }

    test::TemporaryFolder folder_;
    test::OpensslAuthority authority_{folder_};
};

} // namespace

TEST_CASE("a first certificate that openssl issued is judged by the first rule that it breaks")
{
    Checker checker;
    std::set<std::string> broken;
    for (const auto* table : {&accepted(), &soundness(), &askedFor()}) {
        for (const auto& row : *table) {
            CAPTURE(row.rule);
            CAPTURE(row.what);
            Enrollment enrollment;
            row.change(enrollment);
            const auto finding = checker.check(enrollment);
            const auto rule = finding ? finding->rule : "";
            CHECK_MESSAGE(rule == row.rule, (finding ? finding->explanation : "accepted"));
            if (finding) CHECK_FALSE(finding->explanation.empty());
            broken.insert(row.rule);
        }
    }
    for (const auto& rule : rules::firstCertificateRules())
        CHECK_MESSAGE(broken.count(std::string(rule.name)) == 1, rule.name << " has no test");
    CHECK(broken.size() == rules::firstCertificateRules().size() + 1);
}

TEST_CASE("the page about configurations explains every rule of first certificates in its order")
{
    const std::string page =
        test::readText(std::string(PERENNIAL_SOURCE_DIR) + "/docs/configuration.md");
    const std::string head = "| rule | a first certificate is refused when |\n|---|---|\n";
    auto at = page.find(head);
    REQUIRE(at != std::string::npos);
    at += head.size();
    for (const auto& rule : rules::firstCertificateRules()) {
        const std::string row = "| `" + std::string(rule.name) + "` |";
        CHECK_MESSAGE(page.compare(at, row.size(), row) == 0, rule.name);
        at = page.find('\n', at) + 1;
    }
    CHECK(page.compare(at, 1, "|") != 0);
}
