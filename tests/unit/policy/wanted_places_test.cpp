// Policies that want a certificate at a place.

#include "shared/policy/wanted_places.h"

#include "shared/policy/policy_matching.h"
#include "tests/unit/policy/example_documents.h"

#include <doctest/doctest.h>

using namespace perennial;

namespace {

const std::string placeLines = "place:\n"
                               "  certificate: /etc/nginx/tls/web.pem\n"
                               "  key: /etc/nginx/tls/web.key\n"
                               "  names: [\"{host}\", www.example.test]\n"
                               "  service: nginx\n"
                               "  listeners: [\"127.0.0.1:443\", \"[::1]:8443\"]\n";

// A good document of such a policy, in which one text is another.
model::PolicyDocument placed(
    const std::string& from = "", const std::string& to = "", const std::string& name = "web")
{
    std::string text = "kind: certificate-policy\nname: " + name +
                       "\npriority: 10\nmatch: {labels: {role: web}}\n" + placeLines +
                       "renew: {before: 30d}\nenrollment_service: corp\nkey: {type: ec-p256}\n"
                       "enroll: {credential: web-enroller, template: WebServer}\n"
                       "action: reload-nginx\n";
    if (!from.empty()) {
        const auto at = text.find(from);
        REQUIRE_MESSAGE(at != std::string::npos, from);
        text.replace(at, from.size(), to);
    }
    return {name + ".yaml", text};
}

std::string problems(const std::vector<model::PolicyDocument>& documents)
{
    auto all = documents;
    all.push_back(test::serviceDocument());
    return policy::toText(policy::parseDocuments(all).problems);
}

model::PolicySet setOf(const std::vector<model::PolicyDocument>& documents)
{
    auto all = documents;
    all.push_back(test::serviceDocument());
    auto parsed = policy::parseDocuments(all);
    REQUIRE_MESSAGE(parsed.problems.empty(), policy::toText(parsed.problems));
    return parsed.set;
}

policy::HostFacts webHost()
{
    return {model::AgentId("agent-1"), "web1.example.test", {{"role", "web"}}};
}

bool has(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("a place is wanted on the hosts that match, with the names that the host joined under")
{
    const auto set = setOf({placed()});
    const auto wanted = policy::wantedSlots(set, webHost());
    REQUIRE(wanted.size() == 1);
    const auto& slot = wanted.front();
    CHECK(slot.isEmpty());
    CHECK(slot.place == model::Place{"pem", "/etc/nginx/tls/web.pem", "/etc/nginx/tls/web.key"});
    CHECK(slot.id == model::slotIdOf(slot.place));
    CHECK(slot.service == "nginx");
    CHECK(
        slot.listeners == std::vector<model::Listener>{{"127.0.0.1", 443, "web1.example.test", {}},
                              {"::1", 8443, "web1.example.test", {}}});
    CHECK(policy::wantedNames(set.policies.front(), webHost()) ==
          std::vector<std::string>{"web1.example.test", "www.example.test"});
    auto elsewhere = webHost();
    elsewhere.labels["role"] = "mail";
    CHECK(policy::wantedSlots(set, elsewhere).empty());
    elsewhere = webHost();
    elsewhere.hostName = "www.example.test"; // the same name twice is one
    CHECK(policy::wantedNames(set.policies.front(), elsewhere).size() == 1);
}

TEST_CASE("a policy with a place rules this place and no other; of two the higher one")
{
    const auto low = placed("priority: 10", "priority: 5", "low");
    const auto set = setOf({placed("www.example.test", "mail.example.test"), low});
    const auto wanted = policy::wantedSlots(set, webHost());
    REQUIRE(wanted.size() == 1);
    CHECK(policy::findPolicyFor(set, webHost(), wanted.front())->name == "web");
    auto other = wanted.front();
    other.place.keyPath = "/etc/nginx/tls/other.key";
    CHECK(policy::findPolicyFor(set, webHost(), other) == nullptr);
    CHECK(
        has(policy::explainMatch(set, webHost(), other).front(), "it is for the place /etc/nginx"));
    // One that rules every certificate goes before it, and wants nothing there.
    const auto over = test::policyDocument("priority: 10", "priority: 30");
    auto wide = over;
    wide.path = "wide.yaml";
    const auto from = wide.content.find("match:");
    wide.content.replace(from, wide.content.find("renew:") - from, "match: {}\n");
    wide.content.replace(wide.content.find("name: web"), 9, "name: wide");
    CHECK(policy::wantedSlots(setOf({placed(), wide}), webHost()).empty());
    // Of one priority: two places are two, one place is undecided.
    CHECK(problems({placed(), placed("tls/web.key", "tls/b.key", "b")}) == "");
    CHECK(has(problems({placed(), placed("", "", "b")}), "both can match the same certificate"));
}

TEST_CASE("what is wrong with a place is named with its line")
{
    struct Row {
        std::string from, to, problem;
    };
    const std::vector<Row> rows = {
        {"/etc/nginx/tls/web.pem", "tls/web.pem", "web.yaml:6: place.certificate"},
        {"/etc/nginx/tls/web.key", "/etc/../web.key", "web.yaml:7: place.key"},
        {"www.example.test", "\"*\"", "web.yaml:8: place.names"},
        {"www.example.test", "192.0.2.1", "is no DNS name and not {host}"},
        {"www.example.test", "\"www.{host}\"", "is no DNS name and not {host}"},
        {"names: [\"{host}\", www.example.test]", "names: []", "must be 1 to 100 names"},
        {"127.0.0.1:443", "localhost:443", "web.yaml:10: place.listeners \"localhost:443\""},
        {"127.0.0.1:443", "127.0.0.1", "is no address with a port"},
        {"127.0.0.1:443", "127.0.0.1:65536", "is no address with a port"},
        {"[::1]:8443", "::1:8443", "is no address with a port"},
        {"{labels: {role: web}}", "{services: [nginx]}", "match has labels only where `place`"},
        {"enroll: {credential: web-enroller, template: WebServer}\n", "", "place needs `enroll`"},
        {"type: ec-p256", "type: same", "place needs `key.type`"},
        {"service: nginx\n  listeners", "servise: nginx\n  listeners",
            "place.servise is not known"},
    };
    CHECK(problems({placed()}) == "");
    for (const auto& row : rows) {
        CAPTURE(row.to);
        const auto said = problems({placed(row.from, row.to)});
        CHECK_MESSAGE(has(said, row.problem), said);
    }
}
