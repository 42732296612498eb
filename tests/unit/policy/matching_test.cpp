#include "shared/policy/policy_matching.h"

#include "tests/support/golden.h"
#include "tests/unit/policy/example_documents.h"

#include <doctest/doctest.h>
#include <functional>
#include <string>
#include <vector>

using namespace perennial;

namespace {

model::CertificatePolicy webPolicy()
{
    return policy::parseDocuments({test::policyDocument(), test::serviceDocument()})
        .set.policies.at(0);
}

policy::HostFacts webHost()
{
    return {model::AgentId("agent-1"), "web1.example.test", {{"role", "web"}, {"site", "north"}}};
}

model::Slot webSlot()
{
    model::Slot slot;
    slot.service = "nginx";
    slot.certificate.issuer = "CN=Example";
    slot.certificate.names = {"dns:web1.example.test", "dns:www.example.test"};
    slot.certificate.displayName = "web1.example.test";
    return slot;
}

} // namespace

TEST_CASE("a pattern stands for one label and no more")
{
    struct Row {
        std::string pattern, name;
        bool matches;
    };
    const std::vector<Row> rows = {{"web.example.test", "web.example.test", true},
        {"web.example.test", "WEB.Example.TEST", true},
        {"WEB.example.test", "web.example.test", true},
        {"web.example.test", "web.example.test.", false},
        {"web.example.test", "web.example.tes", false},
        {"*.example.test", "web.example.test", true}, {"*.example.test", "WEB.EXAMPLE.TEST", true},
        {"*.example.test", "*.example.test", true}, {"*.example.test", "example.test", false},
        {"*.example.test", ".example.test", false}, {"*.example.test", "a.b.example.test", false},
        {"*.example.test", "webexample.test", false},
        {"*.example.test", "web.example.test.evil.test", false},
        {"*.example.test", "uri:web.example.test", false},
        {"*.example.test", "a@web.example.test", false},
        {"*.example.test", "web.example.testx", false}, {"*.example.test", "", false},
        {"192.0.2.1", "192.0.2.1", true}, {"192.0.2.1", "192.0.2.10", false},
        {"*.0.2.1", "192.0.2.1", true}, {"", "", true}};
    for (const auto& row : rows) {
        CAPTURE(row.pattern);
        CAPTURE(row.name);
        CHECK(policy::nameMatches(row.pattern, row.name) == row.matches);
    }
    CHECK_FALSE(policy::checkNamePattern("*.0.2"));
    CHECK_FALSE(policy::checkNamePattern("*.0.2.1"));
    CHECK_FALSE(policy::checkNamePattern("192.0.2"));
    CHECK(policy::checkNamePattern("192.0.2.1"));
    CHECK(policy::checkNamePattern("2001:db8::1"));
    CHECK(policy::checkNamePattern("localhost"));
    CHECK_FALSE(policy::checkNamePattern(""));
    CHECK_FALSE(policy::checkNamePattern("example.test."));
    CHECK_FALSE(policy::checkNamePattern("*.example.test."));
    CHECK_FALSE(policy::checkNamePattern(std::string(64, 'a') + ".example.test"));
}

TEST_CASE("each condition decides, and explaining says which one")
{
    struct Row {
        std::string why;
        std::function<void(policy::HostFacts&, model::Slot&)> change;
    };
    const std::vector<Row> rows = {{"", [](auto&, auto&) {}},
        {"", [](auto&, auto& slot) { slot.certificate.names = {"dns:WWW.example.test"}; }},
        {"", [](auto&, auto& slot) { slot.certificate.names.clear(); }},
        {"label role is database, wanted is web",
            [](auto& host, auto&) { host.labels["role"] = "database"; }},
        {"label role is not there, wanted is web",
            [](auto& host, auto&) { host.labels.erase("role"); }},
        {"issued by CN=example, wanted is CN=Example",
            [](auto&, auto& slot) { slot.certificate.issuer = "CN=example"; }},
        {"the name bank.test matches none of *.example.test",
            [](auto&, auto& slot) { slot.certificate.names.push_back("dns:bank.test"); }},
        {"the name uri:web1.example.test matches none of *.example.test",
            [](auto&, auto& slot) { slot.certificate.names = {"uri:web1.example.test"}; }},
        {"the name upn:a@web1.example.test matches none of *.example.test",
            [](auto&, auto& slot) { slot.certificate.names.push_back("upn:a@web1.example.test"); }},
        {"the name 192.0.2.1 matches none of *.example.test",
            [](auto&, auto& slot) { slot.certificate.names.push_back("ip:192.0.2.1"); }},
        {"the name a\\u000Ab matches none of *.example.test",
            [](auto&, auto& slot) {
                slot.certificate.names.clear();
                slot.certificate.displayName = "a\nb";
            }},
        {"used by haproxy, wanted is nginx", [](auto&, auto& slot) { slot.service = "haproxy"; }},
        {"no service uses it, wanted is nginx", [](auto&, auto& slot) { slot.service.clear(); }}};
    model::PolicySet set;
    set.policies = {webPolicy()};
    for (const auto& row : rows) {
        CAPTURE(row.why);
        auto host = webHost();
        auto slot = webSlot();
        row.change(host, slot);
        const auto* found = policy::findPolicyFor(set, host, slot);
        CHECK((found != nullptr) == row.why.empty());
        const auto lines = policy::explainMatch(set, host, slot);
        if (row.why.empty()) {
            CHECK(
                lines == std::vector<std::string>{"web (priority 10) matches and rules this slot"});
        } else {
            CHECK(lines == std::vector<std::string>{"web (priority 10) does not match: " + row.why,
                               "no policy matches: the slot is reported and not renewed"});
        }
    }
}

TEST_CASE("of the policies that match, the highest priority rules")
{
    auto low = webPolicy();
    low.name = "a-low";
    low.priority = 1;
    auto high = webPolicy();
    high.name = "b-high";
    high.priority = 20;
    auto other = webPolicy();
    other.name = "c-other";
    other.priority = 30;
    other.services = {"haproxy"};
    model::PolicySet set;
    set.policies = {low, high, other};
    const auto* found = policy::findPolicyFor(set, webHost(), webSlot());
    REQUIRE(found != nullptr);
    CHECK(found->name == "b-high");
    CHECK(policy::explainMatch(set, webHost(), webSlot()) ==
          std::vector<std::string>{"a-low (priority 1) matches, but b-high goes before it",
              "b-high (priority 20) matches and rules this slot",
              "c-other (priority 30) does not match: used by nginx, wanted is haproxy"});
    CHECK(policy::findPolicyFor({}, webHost(), webSlot()) == nullptr);
}

TEST_CASE("the example policy matches a certificate of its authority")
{
    const auto parsed = policy::parseDocuments(test::exampleDocuments());
    REQUIRE_MESSAGE(parsed.problems.empty(), policy::toText(parsed.problems));
    CHECK(parsed.set.policies.size() == 3);
    CHECK(parsed.set.services.size() == 1);
    const auto certificate = x509::Certificate::fromDer(test::readTestData("enrollment/cert1.der"));
    REQUIRE(certificate);
    auto slot = webSlot();
    slot.certificate = model::factsOf(*certificate);
    const auto* found = policy::findPolicyFor(parsed.set, webHost(), slot);
    REQUIRE_MESSAGE(found != nullptr, policy::explainMatch(parsed.set, webHost(), slot).back());
    CHECK(found->name == "web-servers");
}
