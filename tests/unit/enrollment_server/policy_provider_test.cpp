#include "controller/enrollment/cep/policy_texts.h"
#include "shared/enrollment/soap/namespaces.h"
#include "shared/x509/authority.h"
#include "tests/unit/enrollment_server/template_samples.h"

#include <algorithm>
#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::enrollment;
using namespace perennial::enrollment::server;
using perennial::test::replaced;
using perennial::test::templateText;

namespace {

const TimePoint now{Duration(1'800'000'000)};
constexpr Duration day = std::chrono::hours(24);

template <class T>
T must(Result<T> result)
{
    REQUIRE_MESSAGE(result, (result ? "" : result.error().message));
    return *std::move(result);
}

// Three templates: Web for ann, by key too; Old of schema 1 for anybody; New of 2016.
struct World {
    EnrollmentConfig config;
    TemplateSet set;
    x509::PrivateKey key = must(x509::PrivateKey::generate("ec-p256"));
    x509::Certificate authority = must(x509::makeRoot({"CA", now - day, now + day * 1000, 0}, key));
    Caller ann{"ann", {}, {}};
    mutable SeenRights seen;

    World()
    {
        set.changedAt = now - day;
        add(templateText("key_based_renewal: true\n"
                         "ra_signatures: {count: 1, extended_key_usages: [codeSigning], "
                         "policies: [1.3.6.1.4.1.99999.2]}\n"
                         "certificate_policies: [1.3.6.1.4.1.99999.1]\n"
                         "supersedes: [Ancient]\n",
            "{enroll: {users: [ann]}, autoenroll: {users: [ann]}}"));
        add(change(
            templateText("schema: 1\n", "{enroll: {users: [ann, bob]}}"), "Old", "4", "[rsa]"));
        add(change(templateText("compatibility: {server: 2016, client: 2016}\n",
                       "{enroll: {groups: [Admins]}}"),
            "New", "5", "[ec-p384]"));
        config.listen.names = {"pki.example.test"};
        config.listen.port = 443;
        EnrollmentServiceSettings password;
        password.path = "/My CA_CES_UsernamePassword/service.svc/CES";
        password.authentication.method = xcep::ClientAuthentication::UsernamePassword;
        EnrollmentServiceSettings byKey;
        byKey.path = "/My CA_CES_Certificate/service.svc/CES";
        byKey.authentication.method = xcep::ClientAuthentication::Certificate;
        byKey.renewalOnly = byKey.keyBasedRenewal = true;
        config.enrollmentServices = {password, byKey};
        PolicyProviderSettings provider;
        provider.policyId = "{6f3c1d0a-5f0b-4a53-9a0e-2d3f8c7b6a51}";
        config.policyProviders = {provider};
    }
    static std::string change(
        const std::string& text, const std::string& name, const char* arc, const char* keys)
    {
        auto changed = replaced(text, "name: Web", "name: " + name);
        changed = replaced(changed, "21.8.1.2.3", std::string("21.8.1.2.") + arc);
        return replaced(changed, "[ec-p256, rsa]", keys);
    }
    void add(const std::string& text)
    {
        const auto t = must(readTemplate(text, "t.yaml"));
        set.templates.emplace(t.name, t);
    }
    xcep::PolicyAnswer ask(
        const Caller& caller, const xcep::GetPolicies& question = {}, TimePoint when = now) const
    {
        const PolicyProvider provider{config.policyProviders.front(), config, set, authority};
        return must(answerOf(provider, listPolicies(provider, caller, question, seen, when)));
    }
    bool hasNews(const Caller& caller, TimePoint lastUpdate, TimePoint when) const
    {
        xcep::GetPolicies question;
        question.lastUpdate = lastUpdate;
        return !ask(caller, question, when).notChanged;
    }
    std::string names(const Caller& caller, const xcep::GetPolicies& question = {}) const
    {
        std::string all;
        for (const auto& policy : ask(caller, question).policies)
            all += policy.commonName + " ";
        return all;
    }
    x509::Certificate certificateOf(const std::string& name) const
    {
        return must(x509::issueCertificate(
            {must(x509::subjectDerFromText("web1.example.test")), key.publicKeyDer(), now - day,
                now + day, must(extensionsOf(set.templates.at(name)))},
            authority, key));
    }
};

bool lists(const xcep::PolicyAnswer& answer, const std::string& oid, xcep::OidGroup group)
{
    return std::any_of(answer.furtherOids.begin(), answer.furtherOids.end(),
        [&](const auto& known) { return known.value == oid && known.group == group; });
}

} // namespace

TEST_CASE("a caller is told only of templates it may enrol for")
{
    const World world;
    CHECK(world.names(world.ann) == "Old Web ");
    CHECK(world.names({"bob", {}, {}}) == "Old ");
    CHECK(world.names({"bob", {"Admins"}, {}}) == "New Old ");
    const auto nothing = world.ask({"eve", {}, {}});
    CHECK(nothing.policies.empty());
    CHECK(nothing.authorities.empty());
    CHECK(nothing.policyId == "{6f3c1d0a-5f0b-4a53-9a0e-2d3f8c7b6a51}");
}

TEST_CASE("a request filter chooses by OID and by version; 0 is no limit")
{
    const World world;
    const Caller both{"ann", {"Admins"}, {}};
    xcep::GetPolicies question;
    question.policyOids = {"1.3.6.1.4.1.311.21.8.1.2.4", "1.3.6.1.4.1.311.21.8.1.2.99"};
    CHECK(world.names(both, question) == "Old ");
    question.policyOids.clear();
    CHECK(world.names(both, question) == "New Old Web ");
    question.clientVersion = 5;
    CHECK(world.names(both, question) == "Old Web ");
    question.clientVersion = 6;
    question.serverVersion = 3;
    CHECK(world.names(both, question) == "Old ");
    question.serverVersion = 6;
    CHECK(world.names(both, question) == "New Old Web ");
}

TEST_CASE("policies are not told again to whom has them")
{
    const World world;
    (void)world.ask(world.ann, {}, now - day - Duration(1));
    xcep::GetPolicies question;
    question.lastUpdate = now - day;
    const auto same = world.ask(world.ann, question);
    CHECK(same.notChanged);
    CHECK(same.policies.empty());
    CHECK(same.nextUpdateHours == 8U);
    question.lastUpdate = now - day - Duration(1);
    CHECK_FALSE(world.ask(world.ann, question).notChanged);
    question.lastUpdate = now + day; // a clock that is wrong must not hide what changes
    CHECK_FALSE(world.ask(world.ann, question).notChanged);
}

TEST_CASE("whose rights have changed is told everything again, though no template has")
{
    const World world;
    const TimePoint first = now - day / 2;
    const Duration second(1);
    const Caller admin{"ann", {"Admins"}, {}};
    CHECK(world.hasNews(world.ann, first - day / 4, first)); // not known of from before a restart
    CHECK_FALSE(world.hasNews(world.ann, first + second, first + second));
    CHECK(world.hasNews(admin, first + second, first + day / 4)); // put into the group meanwhile
    // Asked earlier in the second of the change: it may have been before.
    CHECK(world.hasNews(admin, first + day / 4, first + day / 4 + second));
    CHECK_FALSE(world.hasNews(admin, first + day / 4 + second, now));
    CHECK(world.hasNews(world.ann, now, now));       // and taken out of it
    CHECK(world.hasNews({"bob", {}, {}}, now, now)); // nobody has told bob
    CHECK_FALSE(world.hasNews(world.ann, now + second, now + second));
    const Caller other{"ann", {}, world.certificateOf("Web")}; // as certificates may have rights
    CHECK(world.hasNews(other, now + second, now + second));
}

TEST_CASE("more callers than are kept are told everything")
{
    SeenRights seen;
    CHECK(seen.since("ann", "1Web", now) == now + Duration(1));
    CHECK(seen.since("ann", "1Web", now + day) == now + Duration(1));
    for (std::size_t i = 0; i < SeenRights::limit; ++i)
        (void)seen.since("caller " + std::to_string(i), "", now);
    CHECK(seen.since("ann", "1Web", now + day) == now + day + Duration(1));
}

TEST_CASE("a provider for key-based renewal tells of what the certificate in hand was issued for")
{
    World world;
    world.config.policyProviders.front().keyBasedRenewal = true;
    const auto certificate = world.certificateOf("Web");
    const auto answer = world.ask({"certificate 1", {}, certificate});
    REQUIRE(answer.policies.size() == 1);
    CHECK(answer.policies.front().commonName == "Web");
    CHECK((*answer.policies.front().enrollmentFlags & 0x10000U) != 0);
    REQUIRE(answer.authorities.size() == 1);
    REQUIRE(answer.authorities.front().uris.size() == 1);
    CHECK(answer.authorities.front().uris.front().uri ==
          "https://pki.example.test:443/My%20CA_CES_Certificate/service.svc/CES");
    CHECK(world.ask({"certificate 1", {}, world.certificateOf("New")}).policies.empty());
    CHECK(world.ask(world.ann).policies.empty());
}

TEST_CASE("a policy says every attribute that the template has")
{
    const World world;
    const auto answer = world.ask(world.ann);
    REQUIRE(answer.policies.size() == 2);
    const auto& web = answer.policies[1];
    CHECK(web.mayEnroll);
    CHECK(web.mayAutoEnroll);
    CHECK(web.majorRevision == 100);
    CHECK(web.minorRevision == 4U);
    CHECK(web.supersededTemplates == std::vector<std::string>{"Ancient"});
    CHECK(web.enrollmentFlags == (0x20U | 0x40U | 0x10000U));
    CHECK(web.hashAlgorithm->name == "sha256");
    CHECK(web.privateKey.algorithm->name == "ECDSA_P256");
    REQUIRE(web.registrationAuthority);
    CHECK(web.registrationAuthority->signatures == 1);
    CHECK(web.registrationAuthority->extendedKeyUsages.front() ==
          xcep::Oid{"1.3.6.1.5.5.7.3.3", xcep::OidGroup::ExtendedKeyUsage, "Code Signing"});
    CHECK(web.registrationAuthority->policies.front().group == xcep::OidGroup::CertificatePolicy);
    CHECK_FALSE(web.keyArchival);
    CHECK(lists(answer, "1.3.6.1.5.5.7.3.1", xcep::OidGroup::ExtendedKeyUsage));
    CHECK(lists(answer, "1.3.6.1.5.5.7.3.2", xcep::OidGroup::ExtendedKeyUsage));
    CHECK(lists(answer, "1.3.6.1.4.1.99999.1", xcep::OidGroup::CertificatePolicy));

    const auto& old = answer.policies[0];
    CHECK_FALSE(old.mayAutoEnroll);
    CHECK_FALSE(old.hashAlgorithm);
    CHECK_FALSE(old.registrationAuthority);
    CHECK_FALSE(old.privateKey.algorithm);
    CHECK_FALSE(old.privateKey.keyUsageProperty);
    CHECK(old.privateKey.keySpec == 1U);
    REQUIRE(old.extensions.size() == 3);
    CHECK(old.extensions.front().type.name == "Certificate Template Name");
}

TEST_CASE("answers that are kept are given only to those who would be told the same")
{
    World world;
    world.set.templates.at("Old").autoEnroll.users = {"bob"};
    const auto set = std::make_shared<const TemplateSet>(world.set);
    xcep::GetPolicies filtered; // one template, for ann and for bob, who may do more with it
    filtered.policyOids = {"1.3.6.1.4.1.311.21.8.1.2.4"};
    xcep::GetPolicies again;
    again.lastUpdate = now;
    auto byKey = world.config.policyProviders.front();
    byKey.keyBasedRenewal = true;
    byKey.path = "/key";
    const std::vector<Caller> callers{world.ann, {"bob", {}, {}}, {"bob", {"Admins"}, {}},
        {"eve", {}, {}}, {"ann", {"Admins"}, {}}, {"web", {}, world.certificateOf("Web")}};
    PolicyTexts texts;
    const auto compare = [&](const std::shared_ptr<const TemplateSet>& templates) {
        for (const auto& settings : {world.config.policyProviders.front(), byKey}) {
            const PolicyProvider provider{settings, world.config, *templates, world.authority};
            for (const auto& caller : callers) {
                (void)listPolicies(provider, caller, {}, world.seen, now - day);
                for (const auto& question : {xcep::GetPolicies{}, filtered, again}) {
                    const auto listing = listPolicies(provider, caller, question, world.seen, now);
                    const auto expected = soap::writeResponse(soap::action::getPoliciesResponse,
                        "urn:uuid:1", xcep::toElement(must(answerOf(provider, listing))));
                    CHECK(
                        must(texts.answer(provider, templates, listing, "urn:uuid:1")) == expected);
                }
            }
        }
    };
    compare(set);
    compare(set); // kept by now
    world.set.templates.at("Old").displayName = "Changed";
    compare(std::make_shared<const TemplateSet>(world.set));
}
