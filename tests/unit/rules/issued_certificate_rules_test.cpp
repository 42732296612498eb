#include "shared/rules/issued_certificate_rules.h"

#include "shared/x509/digest.h"
#include "tests/support/test_pki.h"
#include "tests/unit/rules/issued_by_openssl.h"

#include <doctest/doctest.h>
#include <functional>
#include <set>
#include <string>
#include <vector>

using namespace perennial;
using test::IssuedContent;

namespace {

constexpr Duration minute{60};
constexpr Duration day{86400};

// One renewal: what the old certificate was, what came, and around it the rest of the facts.
struct Renewal {
    IssuedContent old;
    IssuedContent issued;
    bool sameKey = true;
    bool withIntermediate = true;
    bool withAnchor = true;
    std::vector<std::string> policyUsages;
    Duration nowAfterStart{0};
    std::optional<Duration> nowBeforeEnd;
    Renewal()
    {
        old.serial = "0x1000";
        old.days = 30;
    }
};

struct Row {
    std::string rule; // empty: accepted
    std::string what;
    std::function<void(Renewal&)> change;
};

void replaceIssued(Renewal& renewal, const std::string& extension, const std::string& line = "")
{
    renewal.issued.replace(extension, line);
}

const std::vector<Row>& rows()
{
    static const std::vector<Row> table = {
        {"", "the same again", [](Renewal&) {}},
        {"", "fewer names and usages",
            [](Renewal& r) {
                replaceIssued(r, "subjectAltName", "subjectAltName = DNS:www.example.test");
                replaceIssued(r, "extendedKeyUsage", "extendedKeyUsage = serverAuth");
                replaceIssued(r, "1.3.6.1.4.1.311.21.10");
                replaceIssued(r, "certificatePolicies");
            }},
        {"", "names in other letters, and the common name among them",
            [](Renewal& r) {
                r.old.replace("subjectAltName", "subjectAltName = DNS:www.example.test");
                replaceIssued(r, "subjectAltName",
                    "subjectAltName = DNS:WWW.Example.test,DNS:web1.example.test");
            }},
        {"", "a newer version of the template",
            [](Renewal& r) {
                replaceIssued(r, "1.3.6.1.4.1.311.21.7",
                    IssuedContent::templateInformation("1.3.6.1.4.1.311.21.8.1.2", 4));
            }},
        {"", "no subject, as only names count", [](Renewal& r) { r.issued.subject = "/"; }},
        {"", "an authority's clock four minutes ahead",
            [](Renewal& r) { r.nowAfterStart = -4 * minute; }},
        {"", "half an hour left, but longer than the old one",
            [](Renewal& r) { r.nowBeforeEnd = 30 * minute; }},
        {"", "an old one that ends later, and a life of its own",
            [](Renewal& r) { r.old.days = 300; }},
        {"", "a serial number of 20 octets",
            [](Renewal& r) { r.issued.serial = "0x7F" + std::string(38, 'F'); }},
        {"", "usages that old and policy allow",
            [](Renewal& r) {
                r.policyUsages = {"1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.4"};
            }},
        {"", "a P-384 key", [](Renewal& r) { r.issued.keyType = "ec-p384"; }},
        {"", "an RSA key of 2048 bits", [](Renewal& r) { r.issued.keyType = "rsa-2048"; }},

        {"another-key", "a key that nobody asked for", [](Renewal& r) { r.sameKey = false; }},
        {"bad-serial", "zero", [](Renewal& r) { r.issued.serial = "0"; }},
        {"bad-serial", "negative", [](Renewal& r) { r.issued.serial = "-5"; }},
        {"bad-serial", "21 octets with the sign's",
            [](Renewal& r) { r.issued.serial = "0x80" + std::string(38, '0'); }},
        {"bad-serial", "40 octets",
            [](Renewal& r) { r.issued.serial = "0x" + std::string(80, '1'); }},
        {"repeated-serial", "the old one's", [](Renewal& r) { r.issued.serial = r.old.serial; }},
        {"authority", "CA:TRUE",
            [](Renewal& r) {
                replaceIssued(r, "basicConstraints", "basicConstraints = critical,CA:TRUE");
            }},
        {"authority", "a key usage that signs certificates",
            [](Renewal& r) {
                replaceIssued(r, "keyUsage", "keyUsage = critical,digitalSignature,keyCertSign");
            }},
        {"authority", "a key usage that signs revocation lists",
            [](Renewal& r) {
                replaceIssued(r, "keyUsage", "keyUsage = critical,digitalSignature,cRLSign");
            }},
        {"unknown-critical-extension", "one of nobody's",
            [](Renewal& r) { r.issued.extensions.emplace_back("1.2.3.4.5 = critical,ASN1:NULL"); }},
        {"weak-signature", "SHA-1", [](Renewal& r) { r.issued.digest = "sha1"; }},
        {"weak-signature", "SHA-224", [](Renewal& r) { r.issued.digest = "sha224"; }},
        {"weak-key", "RSA of 1024 bits", [](Renewal& r) { r.issued.keyType = "rsa-1024"; }},
        {"weak-key", "a curve of 192 bits", [](Renewal& r) { r.issued.keyType = "ec-p192"; }},
        {"not-yet-valid", "a day ahead", [](Renewal& r) { r.nowAfterStart = -day; }},
        {"not-yet-valid", "six minutes ahead", [](Renewal& r) { r.nowAfterStart = -6 * minute; }},
        {"ends-too-soon", "it has ended", [](Renewal& r) { r.nowBeforeEnd = Duration(0); }},
        {"ends-too-soon", "within the hour and before the old one",
            [](Renewal& r) {
                r.old.days = 300;
                r.nowBeforeEnd = 59 * minute;
            }},
        {"untrusted", "no anchor", [](Renewal& r) { r.withAnchor = false; }},
        {"untrusted", "no intermediate", [](Renewal& r) { r.withIntermediate = false; }},
        {"another-template", "another OID",
            [](Renewal& r) {
                replaceIssued(r, "1.3.6.1.4.1.311.21.7",
                    IssuedContent::templateInformation("1.3.6.1.4.1.311.21.8.1.3", 3));
            }},
        {"another-template", "none", [](Renewal& r) { replaceIssued(r, "1.3.6.1.4.1.311.21.7"); }},
        {"another-template", "one where there was none",
            [](Renewal& r) { r.old.replace("1.3.6.1.4.1.311.21.7"); }},
        {"another-template", "another name of the first schema",
            [](Renewal& r) {
                r.old.replace("1.3.6.1.4.1.311.21.7",
                    "1.3.6.1.4.1.311.20.2 = ASN1:FORMAT:UTF8,BMPSTRING:Machine");
                replaceIssued(r, "1.3.6.1.4.1.311.21.7",
                    "1.3.6.1.4.1.311.20.2 = ASN1:FORMAT:UTF8,BMPSTRING:Server");
            }},
        {"another-sid", "another account's",
            [](Renewal& r) {
                replaceIssued(
                    r, "1.3.6.1.4.1.311.25.2", IssuedContent::securityIdentifier("S-1-5-21-500"));
            }},
        {"another-sid", "none", [](Renewal& r) { replaceIssued(r, "1.3.6.1.4.1.311.25.2"); }},
        {"another-sid", "one where there was none",
            [](Renewal& r) { r.old.replace("1.3.6.1.4.1.311.25.2"); }},
        {"another-subject", "another common name",
            [](Renewal& r) { r.issued.subject = "/CN=www.example.test"; }},
        {"another-subject", "a part more", [](Renewal& r) { r.issued.subject += "/O=Example"; }},
        {"another-subject", "none, and no names",
            [](Renewal& r) {
                r.issued.subject = "/";
                replaceIssued(r, "subjectAltName");
            }},
        {"wider-names", "a host more",
            [](Renewal& r) {
                replaceIssued(r, "subjectAltName",
                    "subjectAltName = DNS:web1.example.test,DNS:bank.example.test");
            }},
        {"wider-names", "a wildcard over the old ones",
            [](Renewal& r) {
                replaceIssued(r, "subjectAltName", "subjectAltName = DNS:*.example.test");
            }},
        {"wider-names", "the old name as another type",
            [](Renewal& r) {
                replaceIssued(r, "subjectAltName", "subjectAltName = URI:web1.example.test");
            }},
        {"wider-names", "an address", // of a host
            [](Renewal& r) {
                replaceIssued(
                    r, "subjectAltName", "subjectAltName = DNS:web1.example.test,IP:192.0.2.1");
            }},
        {"wider-names", "a user principal name",
            [](Renewal& r) {
                replaceIssued(r, "subjectAltName",
                    "subjectAltName = DNS:web1.example.test,otherName:1.3.6.1.4.1.311.20.2.3;"
                    "UTF8:admin@example.test");
            }},
        {"wider-names", "an account by the URI of its SID",
            [](Renewal& r) {
                replaceIssued(r, "subjectAltName",
                    "subjectAltName = @alternatives\n[alternatives]\nDNS = web1.example.test\n"
                    "URI = tag:microsoft.com,2022-09-14:sid:S-1-5-21-500");
            }},
        {"wider-names", "a mailbox",
            [](Renewal& r) {
                replaceIssued(r, "subjectAltName",
                    "subjectAltName = DNS:web1.example.test,email:admin@example.test");
            }},
        {"names-lost", "no names any more", [](Renewal& r) { replaceIssued(r, "subjectAltName"); }},
        {"any-purpose", "no extended key usage",
            [](Renewal& r) { replaceIssued(r, "extendedKeyUsage"); }},
        {"any-purpose", "no extended key usage, as before",
            [](Renewal& r) {
                r.old.replace("extendedKeyUsage");
                replaceIssued(r, "extendedKeyUsage");
            }},
        {"any-purpose", "any extended key usage",
            [](Renewal& r) {
                replaceIssued(
                    r, "extendedKeyUsage", "extendedKeyUsage = serverAuth,anyExtendedKeyUsage");
            }},
        {"any-purpose", "enrolling for others",
            [](Renewal& r) {
                const std::string line =
                    "extendedKeyUsage = serverAuth,clientAuth,1.3.6.1.4.1.311.20.2.1";
                r.old.replace("extendedKeyUsage", line);
                replaceIssued(r, "extendedKeyUsage", line);
            }},
        {"wider-usages", "one more than the old one",
            [](Renewal& r) {
                replaceIssued(
                    r, "extendedKeyUsage", "extendedKeyUsage = serverAuth,clientAuth,codeSigning");
            }},
        {"wider-usages", "one more than the policy allows",
            [](Renewal& r) { r.policyUsages = {"1.3.6.1.5.5.7.3.1"}; }},
        {"wider-usages", "one that the policy allows and the old one lacks",
            [](Renewal& r) {
                r.old.replace("extendedKeyUsage", "extendedKeyUsage = serverAuth");
                r.old.replace("1.3.6.1.4.1.311.21.10");
                r.policyUsages = {"1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"};
            }},
        {"wider-application-policies", "one that is no usage",
            [](Renewal& r) {
                r.old.replace("1.3.6.1.4.1.311.21.10");
                replaceIssued(r, "1.3.6.1.4.1.311.21.10",
                    IssuedContent::applicationPolicies("serverAuth,1.3.6.1.4.1.311.20.2.1"));
            }},
        {"wider-application-policies", "one that the old one lacks",
            [](Renewal& r) {
                r.old.replace(
                    "1.3.6.1.4.1.311.21.10", IssuedContent::applicationPolicies("serverAuth"));
            }},
        {"wider-issuance-policies", "another",
            [](Renewal& r) {
                replaceIssued(r, "certificatePolicies", "certificatePolicies = 1.2.3.4,1.2.3.5");
            }},
        {"wider-issuance-policies", "any policy",
            [](Renewal& r) {
                replaceIssued(r, "certificatePolicies", "certificatePolicies = 2.5.29.32.0");
            }},
    };
    return table;
}

class Checker {
public:
    std::optional<rules::IssuedCertificateFinding> check(const Renewal& renewal)
    {
        const auto old = authority_.issue(renewal.old);
        const auto issued = authority_.issue(renewal.issued);
        std::vector<x509::Certificate> intermediates;
        if (renewal.withIntermediate) intermediates.push_back(authority_.issuing());
        std::vector<x509::Certificate> anchors;
        if (renewal.withAnchor) anchors.push_back(authority_.root());
        model::CertificatePolicy policy;
        policy.keyType = "same";
        policy.extendedKeyUsages = renewal.policyUsages;
        const auto now = renewal.nowBeforeEnd ? issued.notAfter() - *renewal.nowBeforeEnd
                                              : issued.notBefore() + renewal.nowAfterStart;
        return rules::findReasonToReject(
            {{issued, intermediates, anchors,
                 renewal.sameKey ? issued.publicKeyDer() : old.publicKeyDer(), now},
                old, policy});
    }

private:
    test::TemporaryFolder folder_;
    test::OpensslAuthority authority_{folder_};
};

} // namespace

TEST_CASE("a certificate that openssl issued is judged by the first rule that it breaks")
{
    Checker checker;
    std::set<std::string> broken;
    for (const auto& row : rows()) {
        CAPTURE(row.rule);
        CAPTURE(row.what);
        Renewal renewal;
        row.change(renewal);
        const auto finding = checker.check(renewal);
        if (finding) {
            CAPTURE(finding->explanation);
            CHECK(finding->rule == row.rule);
            CHECK_FALSE(finding->explanation.empty());
        } else {
            CHECK(row.rule.empty());
        }
        broken.insert(row.rule);
    }
    for (const auto& rule : rules::issuedCertificateRules())
        CHECK_MESSAGE(broken.count(std::string(rule.name)) == 1, rule.name << " has no test");
    CHECK(broken.size() == rules::issuedCertificateRules().size() + 1);
}

TEST_CASE("the page about policies explains every rule in its order, and no other")
{
    const std::string page =
        test::readText(std::string(PERENNIAL_SOURCE_DIR) + "/docs/policies.md");
    const std::string head = "| rule | a new certificate is refused when |\n|---|---|\n";
    auto at = page.find(head);
    REQUIRE(at != std::string::npos);
    at += head.size();
    for (const auto& rule : rules::issuedCertificateRules()) {
        const std::string row = "| `" + std::string(rule.name) + "` |";
        CHECK_MESSAGE(page.compare(at, row.size(), row) == 0, rule.name);
        at = page.find('\n', at) + 1;
    }
    CHECK(page.compare(at, 1, "|") != 0);
}

TEST_CASE("a repeated extension and bytes after the end are refused before any rule is asked")
{
    test::TemporaryFolder folder;
    test::OpensslAuthority authority(folder);
    IssuedContent content;
    const auto good = authority.issue(content);
    CHECK(x509::Certificate::fromDer(good.toDer()));
    CHECK_FALSE(x509::Certificate::fromDer(good.toDer() + std::string(1, '\0')));
    content.extensions.emplace_back("1.2.3.4.77 = ASN1:NULL");
    content.extensions.emplace_back("1.2.3.4.78 = ASN1:NULL");
    Bytes der = authority.issue(content).toDer();
    CHECK(x509::Certificate::fromDer(der));
    const auto last = der.find("\x2A\x03\x04\x4E");
    REQUIRE(last != Bytes::npos);
    der[last + 3] = '\x4D';
    CHECK_FALSE(x509::Certificate::fromDer(der));
}
