#include "tests/unit/enrollment_server/renewal_bench.h"

#include <functional>

using namespace perennial;
using namespace perennial::test;

TEST_CASE("a renewal by key that keeps to everything is let through")
{
    CHECK_FALSE(Renewal().judged());
}

TEST_CASE("each way to renew more than the old certificate is refused with its own code")
{
    struct Case {
        const char* name;
        std::function<void(Renewal&)> change;
        HResult code;
    };
    const std::vector<Case> cases = {
        {"not in our database", [](Renewal& r) { r.record.reset(); }, HResult::UntrustedAuthority},
        {"another certificate with that serial",
            [](Renewal& r) { r.record->fingerprint = std::string(64, '0'); },
            HResult::UntrustedAuthority},
        {"signed by another authority",
            [](Renewal& r) {
                const auto key = must(x509::PrivateKey::generate("ec-p256"));
                r.authority = must(x509::makeRoot({"CA", now - day, now + day, 0}, key));
            },
            HResult::UntrustedAuthority},
        {"its signature was verified by TLS, but as another authority's",
            [](Renewal& r) {
                const auto key = must(x509::PrivateKey::generate("ec-p256"));
                r.tlsIssuer = r.authority;
                r.authority = must(x509::makeRoot({"CA", now - day, now + day, 0}, key));
            },
            HResult::UntrustedAuthority},
        {"TLS verified the signature of another certificate",
            [](Renewal& r) {
                const auto shown = r.old;
                r.authorityKey = must(x509::PrivateKey::generate("ec-p256"));
                const auto ours = std::exchange(r.authority,
                    must(x509::makeRoot({"CA", now - day * 100, now + day, 0}, r.authorityKey)));
                r.old = r.issued(now - day * 80, now + day * 10, webServer());
                r.authority = ours;
                r.remember();
                r.tls = shown;
                r.tlsIssuer = r.authority;
            },
            HResult::UntrustedAuthority},
        {"expired", [](Renewal& r) { r.when = r.old.notAfter(); }, HResult::CertificateExpired},
        {"not valid yet", [](Renewal& r) { r.when = r.old.notBefore() - Duration(1); },
            HResult::CertificateExpired},
        {"revoked", [](Renewal& r) { r.record->revoked = true; }, HResult::Revoked},
        {"of issue-test", [](Renewal& r) { r.record->isTest = true; },
            HResult::BadRenewalCertificateAttribute},
        {"no TLS certificate", [](Renewal& r) { r.tls.reset(); }, HResult::AccessDenied},
        {"another TLS certificate",
            [](Renewal& r) { r.tls = r.issued(now - day, now + day, webServer()); },
            HResult::AccessDenied},
        {"a template that is not renewed by key",
            [](Renewal& r) { r.chosen.keyBasedRenewal = false; }, HResult::TemplateDenied},
        {"a certificate of another template",
            [](Renewal& r) {
                auto other = webServer();
                other.oid = "1.3.6.1.4.1.311.21.8.9.9";
                r.old = r.issued(now - day, now + day, other);
                r.remember();
            },
            HResult::TemplateConflict},
        {"another subject",
            [](Renewal& r) {
                r.request = requestFor({"web2.example.test", {}, {}}, r.newKey);
            },
            HResult::BadRenewalSubject},
        {"one name more",
            [](Renewal& r) {
                Wanted wanted;
                wanted.names.push_back({x509::GeneralName::Type::Dns, "web2.example.test"});
                r.request = requestFor(wanted, r.newKey);
            },
            HResult::BadRenewalSubject},
        {"a SID that the old one has not",
            [](Renewal& r) {
                Wanted wanted;
                wanted.more = sid("S-1-5-21-1-2-3-500");
                r.request = requestFor(wanted, r.newKey);
            },
            HResult::AccessDenied},
        {"a usage more",
            [](Renewal& r) {
                Wanted wanted;
                wanted.more = must(x509::extendedKeyUsageExtension(
                    {std::string(x509::oid::clientAuthentication), "1.3.6.1.4.1.311.20.2.1"}));
                r.request = requestFor(wanted, r.newKey);
            },
            HResult::InvalidArgument},
        {"an application policy more",
            [](Renewal& r) {
                Wanted wanted;
                wanted.more = must(x509::applicationPoliciesExtension({"2.5.29.37.0"}));
                r.request = requestFor(wanted, r.newKey);
            },
            HResult::InvalidArgument},
        {"another key, where the template keeps it",
            [](Renewal& r) { r.chosen.key.inRenewals = KeyInRenewals::Same; },
            HResult::RenewalBadPublicKey},
        {"a superseding template, by key",
            [](Renewal& r) {
                r.chosen.oid = "1.3.6.1.4.1.311.21.8.9.9";
                r.chosen.supersedes = {"WebServer"};
            },
            HResult::TemplateConflict},
        {"the old key again", [](Renewal& r) { r.request = requestFor({}, r.oldKey); },
            HResult::RenewalBadPublicKey},
        {"a key that the template does not allow",
            [](Renewal& r) { r.chosen.keyAlgorithms = {"rsa"}; }, HResult::KeyLength},
    };
    for (const auto& c : cases) {
        CAPTURE(c.name);
        Renewal renewal;
        c.change(renewal);
        const auto refusal = renewal.judged();
        REQUIRE(refusal);
        CHECK(codeOf(refusal) == c.code);
    }
}

TEST_CASE("a superseding template renews where the caller has rights, within its names, unapproved")
{
    Renewal renewal;
    renewal.chosen.name = "Newer";
    renewal.chosen.oid = "1.3.6.1.4.1.311.21.8.9.9";
    CHECK(codeOf(renewal.judged(false)) == HResult::TemplateConflict);
    renewal.chosen.supersedes = {"WebServer"};
    CHECK_FALSE(renewal.judged(false));
    CHECK_FALSE(keepsApproval(renewal.facts(false))); // the approval was another template's
    CHECK(keepsApproval(Renewal().facts(false)));
    Renewal old;
    old.chosen.schema = 1; // MS-CRTD: the flag means nothing there
    old.old = old.issued(now - day, now + day, old.chosen);
    CHECK_FALSE(keepsApproval(old.facts(false)));
    renewal.chosen.namePatterns = {"*.example.org"};
    CHECK(codeOf(renewal.judged(false)) == HResult::BadRenewalSubject);
    // The common name is a name too.
    renewal.chosen.namePatterns = {"web1.example.test"};
    CHECK_FALSE(renewal.judged(false));
    renewal.oldName = "admin.example.test";
    renewal.old = renewal.issued(now - day * 80, now + day * 10, webServer());
    renewal.remember();
    renewal.request = requestFor({"admin.example.test", {}, {}}, renewal.newKey);
    CHECK(codeOf(renewal.judged(false)) == HResult::BadRenewalSubject);
    renewal.chosen.namePatterns.emplace_back("admin.example.test");
    CHECK_FALSE(renewal.judged(false));
}

TEST_CASE("a renewal may keep its key only where the template wants or allows that")
{
    Renewal renewal;
    renewal.chosen.key.inRenewals = KeyInRenewals::Either;
    CHECK_FALSE(renewal.judged());
    renewal.request = requestFor({}, renewal.oldKey);
    CHECK_FALSE(renewal.judged());
    renewal.chosen.key.inRenewals = KeyInRenewals::Same;
    CHECK_FALSE(renewal.judged());
}

TEST_CASE("what a renewal asks for of the old certificate is no widening")
{
    Renewal renewal;
    Wanted wanted;
    wanted.more =
        must(x509::extendedKeyUsageExtension({std::string(x509::oid::clientAuthentication)}));
    renewal.request = requestFor(wanted, renewal.newKey);
    CHECK_FALSE(renewal.judged());
    renewal.chosen.extendedKeyUsages = {std::string(x509::oid::serverAuthentication)};
    CHECK_FALSE(renewal.judged());
}

TEST_CASE("built names are the caller's own, and the request's are passed over")
{
    const auto key = must(x509::PrivateKey::generate("ec-p256"));
    auto t = webServer();
    t.subjectSupplied = false;
    t.built = {"caller", {"upn", "email"}};
    t.keyBasedRenewal = false;
    Caller ann{"ann", {}, {}};
    const auto request = requestFor({"other.example.test", {}, {}}, key);
    CHECK(codeOf(refuseNew(t, ann, request)) == HResult::SubjectUpnRequired);
    ann.account.upn = "ann@example.test";
    CHECK(codeOf(refuseNew(t, ann, request)) == HResult::SubjectEmailRequired);
    ann.account = {"", "ann@example.test", "ann@mail.example.test", "S-1-5-21-1-2-3-1104", false};
    CHECK_FALSE(refuseNew(t, ann, request));
    const auto identity = std::get<BuiltIdentity>(buildIdentity(t, ann));
    const auto content = must(decideContent(t, request, {}, now, identity));
    const Renewal world;
    const auto issued = must(x509::issueCertificate(content, world.authority, world.authorityKey));
    CHECK(issued.subject() == "CN=ann");
    CHECK(issued.alternativeNames() ==
          std::vector<x509::GeneralName>{{x509::GeneralName::Type::Upn, "ann@example.test"},
              {x509::GeneralName::Type::Email, "ann@mail.example.test"}});
    CHECK(issued.extension(x509::oid::ntdsSecurity) == sidExtensionContent("S-1-5-21-1-2-3-1104"));
    auto bare = t;
    bare.built = {"caller", {}};
    Caller doubtful{"ann", {}, {}};
    CHECK_FALSE(refuseNew(bare, doubtful, request)); // no directory is asked for SIDs
    doubtful.account.lacksSid = true;
    CHECK(codeOf(refuseNew(bare, doubtful, request)) == HResult::DirectorySidRequired);
    bare.securityExtension = false;
    CHECK_FALSE(refuseNew(bare, doubtful, request));
    t.securityExtension = false;
    CHECK(std::get<BuiltIdentity>(buildIdentity(t, ann)).sid.empty());
    // A name that looks like a distinguished name is a common name all the same.
    const auto tricky = must(decideContent(t, request, {}, now, {"x,O=Admins", {}, ""}));
    CHECK(must(x509::issueCertificate(tricky, world.authority, world.authorityKey)).commonName() ==
          "x,O=Admins");
}

TEST_CASE("built names are renewed by the account they were built from")
{
    Renewal renewal;
    renewal.chosen.subjectSupplied = false;
    renewal.chosen.built = {"caller", {"dns"}};
    auto facts = renewal.facts(false);
    CHECK(codeOf(refuseRenewal(facts)) == HResult::BadRenewalSubject);
    facts.accountNames = {{x509::GeneralName::Type::Dns, "web1.example.test"}};
    CHECK(codeOf(refuseRenewal(facts)) == HResult::BadRenewalSubject);
    facts.accountCommonName = "web1.example.test";
    CHECK_FALSE(refuseRenewal(facts));
    facts.accountNames = {{x509::GeneralName::Type::Dns, "web2.example.test"}};
    CHECK(codeOf(refuseRenewal(facts)) == HResult::BadRenewalSubject);
}
