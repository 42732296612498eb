#include "controller/enrollment/authentication/certificate_mappings.h"
#include "controller/enrollment/rules/certificate_decision.h"
#include "controller/enrollment/rules/request_rules.h"

#include "shared/x509/authority.h"

#include <doctest/doctest.h>
#include <functional>

using namespace perennial;
using namespace perennial::enrollment;
using namespace perennial::enrollment::server;

namespace {

const TimePoint now{Duration(1'800'000'000)};
constexpr Duration day = std::chrono::hours(24);

CertificateTemplate webServer()
{
    CertificateTemplate t;
    t.name = "WebServer";
    t.oid = "1.3.6.1.4.1.311.21.8.1.2.3";
    t.validity = day * 90;
    t.renewal = day * 30;
    t.keyAlgorithms = {"ec-p256"};
    t.keyUsages = {"digitalSignature"};
    t.extendedKeyUsages = {
        std::string(x509::oid::serverAuthentication), std::string(x509::oid::clientAuthentication)};
    t.namePatterns = {"*.Example.test"};
    t.keyBasedRenewal = true;
    t.enroll.users = {"ann"};
    return t;
}

template <class T>
T must(Result<T> result)
{
    REQUIRE(result);
    return *std::move(result);
}

HResult codeOf(const std::optional<Refusal>& refusal)
{
    REQUIRE(refusal);
    return refusal->code;
}

x509::Extension sid(const char* value)
{
    return {std::string(x509::oid::ntdsSecurity), false, sidExtensionContent(value)};
}

struct Wanted {
    std::string subject = "web1.example.test";
    std::vector<x509::GeneralName> names = {{x509::GeneralName::Type::Dns, "web1.example.test"}};
    std::optional<x509::Extension> more;
};

x509::SigningRequest requestFor(const Wanted& wanted, const x509::PrivateKey& key)
{
    x509::RequestContent content;
    content.subjectDer = wanted.subject.empty() ? Bytes("\x30\x00", 2)
                                                : must(x509::subjectDerFromText(wanted.subject));
    content.extensions.push_back(
        must(x509::templateInformationExtension(webServer().information())));
    if (!wanted.names.empty())
        content.extensions.push_back(must(x509::alternativeNameExtension(wanted.names)));
    if (wanted.more) content.extensions.push_back(*wanted.more);
    return must(x509::makeSigningRequest(content, key));
}

// An authority, a certificate of it, and everything a renewal is judged by; each test changes one
// thing.
struct Renewal {
    CertificateTemplate chosen = webServer();
    x509::PrivateKey authorityKey = must(x509::PrivateKey::generate("ec-p256"));
    x509::Certificate authority =
        must(x509::makeRoot({"CA", now - day * 100, now + day * 1000, 0}, authorityKey));
    std::string oldName = "web1.example.test";
    x509::PrivateKey oldKey = must(x509::PrivateKey::generate("ec-p256"));
    x509::PrivateKey newKey = must(x509::PrivateKey::generate("ec-p256"));
    x509::Certificate old = issued(now - day * 80, now + day * 10, webServer());
    x509::SigningRequest request = requestFor({}, newKey);
    std::optional<CertificateRecord> record;
    std::optional<x509::Certificate> tls = old;
    std::optional<x509::Certificate> tlsIssuer;
    TimePoint when = now;

    Renewal() { remember(); }

    void remember()
    {
        record = CertificateRecord{
            old.serial(), 1, old.subject(), "WebServer", now, now, old.fingerprint(), false, {}};
        tls = old;
    }
    x509::Certificate issued(TimePoint from, TimePoint to, const CertificateTemplate& of) const
    {
        auto extensions = must(extensionsOf(of));
        extensions.push_back(must(
            x509::alternativeNameExtension({{x509::GeneralName::Type::Dns, "web1.example.test"}})));
        return must(x509::issueCertificate(
            {must(x509::subjectDerFromText(oldName)), oldKey.publicKeyDer(), from, to, extensions},
            authority, authorityKey));
    }
    RenewalFacts facts(bool keyBased) const
    {
        return {chosen, request, old, record, authority, tls, tlsIssuer, keyBased, when};
    }
    std::optional<Refusal> judged(bool keyBased = true) const
    {
        return refuseRenewal(facts(keyBased));
    }
};

} // namespace

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

TEST_CASE("a first request is held to rights, keys and names")
{
    const auto key = must(x509::PrivateKey::generate("ec-p256"));
    const auto weak = must(x509::PrivateKey::generate("rsa-2048"));
    const Caller ann{"ann", {}, {}};
    CHECK_FALSE(refuseNew(webServer(), ann, requestFor({}, key)));

    const Caller bob{"bob", {}, {}};
    CHECK(codeOf(refuseNew(webServer(), bob, requestFor({}, key))) == HResult::TemplateDenied);
    CHECK(codeOf(refuseNew(webServer(), ann, requestFor({}, weak))) == HResult::KeyLength);
    const Wanted nothing{"", {}, {}};
    CHECK(codeOf(refuseNew(webServer(), ann, requestFor(nothing, key))) ==
          HResult::BadRequestSubject);
    const Wanted stranger{
        "web1.example.test", {{x509::GeneralName::Type::Dns, "web.other.test"}}, {}};
    CHECK(codeOf(refuseNew(webServer(), ann, requestFor(stranger, key))) ==
          HResult::BadRequestSubject);
    const Wanted subject{"web.other.test", {}, {}};
    CHECK(codeOf(refuseNew(webServer(), ann, requestFor(subject, key))) ==
          HResult::BadRequestSubject);
    const Wanted account{"", {{x509::GeneralName::Type::Upn, "admin@example.test"}}, {}};
    CHECK(codeOf(refuseNew(webServer(), ann, requestFor(account, key))) ==
          HResult::BadRequestSubject);
    const Wanted sidAsUri{"",
        {{x509::GeneralName::Type::Uri, "tag:microsoft.com,2022-09-14:sid:S-1-5-21-1-2-3-500"}},
        {}};
    CHECK(codeOf(refuseNew(webServer(), ann, requestFor(sidAsUri, key))) ==
          HResult::BadRequestSubject);
    Wanted withSid;
    withSid.more = sid("S-1-5-21-1-2-3-500");
    CHECK(codeOf(refuseNew(webServer(), ann, requestFor(withSid, key))) == HResult::AccessDenied);
}

TEST_CASE("every place that names a template must name the same")
{
    const auto key = must(x509::PrivateKey::generate("ec-p256"));
    const auto request = requestFor({}, key);
    auto other = webServer();
    other.name = "Other";
    other.oid = "1.3.6.1.4.1.311.21.8.7";
    const Templates templates = {{"WebServer", webServer()}, {"Other", other}};
    CHECK(chooseTemplate(templates, request, {}).chosen->name == "WebServer");
    CHECK(codeOf(chooseTemplate(templates, request, {{"CertificateTemplate", "other"}}).refusal) ==
          HResult::TemplateConflict);
    CHECK(codeOf(chooseTemplate(templates, request, {{"CertificateTemplate", "Web\nSAN:upn=a"}})
                     .refusal) == HResult::UnsupportedCertificateType);
    CHECK(codeOf(chooseTemplate({{"Other", other}}, request, {}).refusal) ==
          HResult::UnsupportedCertificateType);
    x509::TemplateInformation byName;
    byName.name = "webserver";
    Wanted both;
    both.more = must(x509::templateInformationExtension(byName));
    const auto agreeing = requestFor(both, key);
    CHECK(chooseTemplate(templates, agreeing, {}).chosen->name == "WebServer");
    byName.name = "Other";
    both.more = must(x509::templateInformationExtension(byName));
    CHECK(codeOf(chooseTemplate(templates, requestFor(both, key), {}).refusal) ==
          HResult::TemplateConflict);
    CHECK(codeOf(chooseTemplate({{"WebServer", webServer()}}, requestFor(both, key), {}).refusal) ==
          HResult::UnsupportedCertificateType);
    auto older = webServer();
    older.majorVersion = 1;
    CHECK(codeOf(chooseTemplate({{"WebServer", older}}, request, {}).refusal) ==
          HResult::BadTemplateVersion);
    CHECK(chooseTemplate({{"WebServer", older}}, request, {}, Renewal().old).chosen != nullptr);
}
