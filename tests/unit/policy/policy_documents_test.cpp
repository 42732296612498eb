#include "shared/policy/policy_documents.h"

#include "tests/unit/policy/example_documents.h"

#include <algorithm>
#include <doctest/doctest.h>
#include <string>
#include <vector>

using namespace perennial;
using namespace std::chrono_literals;
using test::policyDocument;
using test::serviceDocument;

namespace {

// The problem as text, when there is exactly one.
std::string onlyProblem(const std::vector<model::PolicyDocument>& documents)
{
    const auto parsed = policy::parseDocuments(documents);
    CHECK(parsed.set.policies.empty());
    CHECK(parsed.set.services.empty());
    CHECK_MESSAGE(parsed.problems.size() == 1, policy::toText(parsed.problems));
    return policy::toText(parsed.problems);
}

struct Row {
    std::string from, to, problem;
};

} // namespace

TEST_CASE("a good set is read with everything that is in it")
{
    const auto parsed = policy::parseDocuments({policyDocument(), serviceDocument()});
    REQUIRE_MESSAGE(parsed.problems.empty(), policy::toText(parsed.problems));
    REQUIRE(parsed.set.policies.size() == 1);
    const auto& web = parsed.set.policies[0];
    CHECK(web.name == "web");
    CHECK(web.priority == 10);
    CHECK(web.agentLabels == std::map<std::string, std::string>{{"role", "web"}});
    CHECK(web.issuers == std::vector<std::string>{"CN=Example"});
    CHECK(web.names == std::vector<std::string>{"*.example.test"});
    CHECK(web.services == std::vector<std::string>{"nginx"});
    CHECK(web.renewBefore == 30 * 24h);
    CHECK(web.spread == 10 * 24h);
    REQUIRE(web.window);
    CHECK(web.window->days == std::vector<int>{0, 1});
    CHECK(web.window->from == 1h);
    CHECK(web.window->to == 5h);
    CHECK(web.autonomousBefore == Duration(10 * 24h));
    CHECK(web.enrollmentService == "corp");
    CHECK(web.keyType == "same");
    CHECK(web.extendedKeyUsages ==
          std::vector<std::string>{"1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"});
    CHECK(web.action == "reload-nginx");
    CHECK(web.enroll == model::NewEnrollment{"web-enroller", "WebServer"});
    const auto* corp = parsed.set.findService("corp");
    REQUIRE(corp != nullptr);
    CHECK(corp->issuer == "ces");
    CHECK(corp->policyEndpoints == std::vector<std::string>{"https://pki.example.test/cep"});
    CHECK(corp->enrollmentEndpoints == std::vector<std::string>{"https://pki.example.test/ces"});
    CHECK(x509::Certificate::fromPem(corp->tlsTrustPem));
    CHECK(corp->issuerTrustPem == corp->tlsTrustPem);
}

TEST_CASE("what may be left out has its documented value")
{
    const auto parsed = policy::parseDocuments({serviceDocument(),
        {"small.yaml", "kind: certificate-policy\nname: small\nmatch: {}\nrenew: {before: 12h}\n"
                       "enrollment_service: corp\naction: none\n"}});
    REQUIRE_MESSAGE(parsed.problems.empty(), policy::toText(parsed.problems));
    model::CertificatePolicy expected;
    expected.name = "small";
    expected.renewBefore = 12h;
    expected.enrollmentService = "corp";
    expected.keyType = "same";
    expected.action = "none";
    CHECK(parsed.set.policies.at(0) == expected);
}

TEST_CASE("each thing that is wrong in a policy is named with its line and key")
{
    const std::vector<Row> rows = {{"kind: certificate-policy\n", "kind: policy\n",
                                       "web.yaml:1: kind must be enrollment-service, "
                                       "certificate-policy or trust-anchors, not \"policy\"\n"},
        {"name: web\n", "name: we b\n",
            "web.yaml:2: name may have letters, digits, '-', '_' and '.' only (not first), not "
            "\"we b\"\n"},
        {"name: web\n", "", "web.yaml:1: name is missing\n"},
        {"name: web\n", "name: ''\n", "web.yaml:2: name is empty\n"},
        {"name: web\n", "name: [web]\n", "web.yaml:2: name must be a text, not a list\n"},
        {"name: web\n", "name:\n", "web.yaml:2: name must be a text, not nothing\n"},
        {"priority: 10", "priority: 1001",
            "web.yaml:3: priority must be a whole number from 0 to 1000, not \"1001\"\n"},
        {"priority: 10", "priority: 010",
            "web.yaml:3: priority must be a whole number from 0 to 1000, not \"010\"\n"},
        {"priority: 10", "priority: -1",
            "web.yaml:3: priority must be a whole number from 0 to 1000, not \"-1\"\n"},
        {"priority: 10", "prioriti: 10",
            "web.yaml:3: prioriti is not known here; known: action, enroll, enrollment_service, "
            "extended_key_usages, key, kind, match, name, on_template_change, place, priority, "
            "renew, superseded\n"},
        {"  services: [nginx]", "  server: [nginx]",
            "web.yaml:8: match.server is not known here; known: issuers, labels, names, "
            "services\n"},
        {"{role: web}", "{role: }", "web.yaml:5: match.labels.role must be a text\n"},
        {"{role: web}", "{'ro le': web}",
            "web.yaml:5: match.labels \"ro le\" is not a label that can be\n"},
        {"{role: web}", "[role]",
            "web.yaml:5: match.labels must be a mapping (key: value), not a "
            "list\n"},
        {"[\"CN=Example\"]", "[Example]",
            "web.yaml:6: match.issuers \"Example\" is not a name as RFC 4514 writes it (CN=..., "
            "most specific first)\n"},
        {"[\"CN=Example\"]", "CN=Example",
            "web.yaml:6: match.issuers must be a list, not a text\n"},
        {"[\"*.example.test\"]", "[\"*.test\"]",
            "web.yaml:7: match.names \"*.test\" is too wide: a '*.' needs two labels after it\n"},
        {"[\"*.example.test\"]", "[\"*\"]",
            "web.yaml:7: match.names \"*\" may have one '*', alone in the first label\n"},
        {"[\"*.example.test\"]", "[\"a.*.example.test\"]",
            "web.yaml:7: match.names \"a.*.example.test\" may have one '*', alone in the first "
            "label\n"},
        {"[\"*.example.test\"]", "[\"w*.example.test\"]",
            "web.yaml:7: match.names \"w*.example.test\" may have one '*', alone in the first "
            "label\n"},
        {"[\"*.example.test\"]",
            "[\"b\xC3\xBC"
            "cher.example.test\"]",
            "web.yaml:7: match.names \"b\xC3\xBC"
            "cher.example.test\" is no DNS name (other than "
            "ASCII is written xn--...) and no address\n"},
        {"[\"*.example.test\"]", "[\"a.example.test\", \"a.example.test\"]",
            "web.yaml:7: match.names has \"a.example.test\" twice\n"},
        {"[\"*.example.test\"]", "[{a: b}]",
            "web.yaml:7: match.names must be a list of texts that are not empty\n"},
        {"[nginx]", "[../nginx]",
            "web.yaml:8: match.services \"../nginx\" is not the name of a service\n"},
        {"  before: 30d\n", "", "web.yaml:9: renew.before is missing\n"},
        {"before: 30d", "before: 30",
            "web.yaml:10: renew.before must be a duration such as 12h or 30d, not \"30\"\n"},
        {"before: 30d", "before: -30d",
            "web.yaml:10: renew.before must be a duration such as 12h or 30d, not \"-30d\"\n"},
        {"before: 30d", "before: 0s",
            "web.yaml:10: renew.before must be above 0s and at most 1095d, not 0s\n"},
        {"before: 30d", "before: 1096d",
            "web.yaml:10: renew.before must be above 0s and at most 1095d, not 1096d\n"},
        {"spread: 10d", "spread: 53w",
            "web.yaml:11: renew.spread must be above 0s and at most 365d, not 53w\n"},
        {"{days: [mon, tue], from: \"01:00\", to: \"05:00\"}", "{}",
            "web.yaml:12: renew.window.days is missing, and from and to: leave renew.window out "
            "for any time\n"},
        {"[mon, tue]", "[mon, monday]",
            "web.yaml:12: renew.window.days \"monday\" is none of mon, tue, wed, thu, fri, sat, "
            "sun\n"},
        {"[mon, tue]", "[]",
            "web.yaml:12: renew.window.days has no day: leave it out for every day\n"},
        {"from: \"01:00\"", "from: \"05:00\"",
            "web.yaml:12: renew.window.to makes the window empty: from and to are equal\n"},
        {"from: \"01:00\"", "from: \"1:00\"",
            "web.yaml:12: renew.window.from must be a time of day in UTC such as \"01:30\", not "
            "\"1:00\"\n"},
        {"from: \"01:00\"", "from: \"24:00\"",
            "web.yaml:12: renew.window.from must be a time of day in UTC such as \"01:30\", not "
            "\"24:00\"\n"},
        {"to: \"05:00\"", "to: \"24:01\"",
            "web.yaml:12: renew.window.to must be a time of day in UTC such as \"01:30\", not "
            "\"24:01\"\n"},
        {"to: \"05:00\"", "to: \"05:60\"",
            "web.yaml:12: renew.window.to must be a time of day in UTC such as \"01:30\", not "
            "\"05:60\"\n"},
        {"to: \"05:00\"", "to: \"::::0\"",
            "web.yaml:12: renew.window.to must be a time of day in UTC such as \"01:30\", not "
            "\"::::0\"\n"},
        {"autonomous_before: 10d", "autonomous_before: 31d",
            "web.yaml:13: renew.autonomous_before must not be longer than before: the agent alone "
            "would come before every order\n"},
        {"enrollment_service: corp", "enrollment_service: other",
            "web.yaml:1: enrollment_service: no document of kind enrollment-service is called "
            "other\n"},
        {"{type: same}", "{type: rsa-1024}",
            "web.yaml:15: key.type \"rsa-1024\" is none of same, rsa-2048, rsa-3072, rsa-4096, "
            "ec-p256, ec-p384\n"},
        {"{type: same}", "{}", "web.yaml:15: key.type is missing\n"},
        {"key: {type: same}", "on_template_change: Pause",
            "web.yaml:15: on_template_change \"Pause\" is none of tell, pause\n"},
        {"key: {type: same}", "on_template_change: no",
            "web.yaml:15: on_template_change \"no\" is none of tell, pause\n"},
        {"key: {type: same}",
            "on_template_change:", "web.yaml:15: on_template_change must be a text, not nothing\n"},
        {"key: {type: same}", "superseded: destroy",
            "web.yaml:15: superseded \"destroy\" is none of keep, revoke\n"},
        {"key: {type: same}",
            "superseded:", "web.yaml:15: superseded must be a text, not nothing\n"},
        {"[serverAuth, clientAuth]", "[]",
            "web.yaml:16: extended_key_usages is empty: leave it out to allow what the old one "
            "had\n"},
        {"[serverAuth, clientAuth]", "[serverAuth]",
            "web.yaml:1: extended_key_usages: clientAuth is missing; a renewal by key presents "
            "the old certificate as TLS client, so this renewal would be the last\n"},
        {"[serverAuth, clientAuth]", "[clientAuth, webServer]",
            "web.yaml:16: extended_key_usages \"webServer\" is none of serverAuth, clientAuth, "
            "emailProtection and no OID\n"},
        {"[serverAuth, clientAuth]", "[clientAuth, 2.5.29.37.0]",
            "web.yaml:16: extended_key_usages \"2.5.29.37.0\" is too much for a server: any "
            "purpose, or enrolling for others\n"},
        {"[serverAuth, clientAuth]", "[clientAuth, 1.3.6.1.4.1.311.20.2.1]",
            "web.yaml:16: extended_key_usages \"1.3.6.1.4.1.311.20.2.1\" is too much for a "
            "server: any purpose, or enrolling for others\n"},
        {"action: reload-nginx", "action: systemctl reload nginx",
            "web.yaml:17: action may have letters, digits, '-', '_' and '.' only (not first), not "
            "\"systemctl reload nginx\"\n"},
        {"action: reload-nginx\n", "", "web.yaml:1: action is missing\n"},
        {"{credential: web-enroller, ", "{", "web.yaml:18: enroll.credential is missing\n"},
        {", template: WebServer", "", "web.yaml:18: enroll.template is missing\n"},
        {"template: WebServer", "template: \"\"", "web.yaml:18: enroll.template is empty\n"},
        {"template: WebServer", "template: " + std::string(129, 'W'),
            "web.yaml:18: enroll.template must be at most 128 bytes\n"},
        {"credential: web-enroller", "credential: ../web",
            "web.yaml:18: enroll.credential may have letters, digits, '-', '_' and '.' only (not "
            "first), not \"../web\"\n"},
        {"template: WebServer", "template: WebServer, password: secret",
            "web.yaml:18: enroll.password is not known here; known: credential, template\n"},
        {"match:\n", "match: {}\nrename:\n",
            "web.yaml:5: rename is not known here; known: action, enroll, enrollment_service, "
            "extended_key_usages, key, kind, match, name, on_template_change, place, priority, "
            "renew, superseded\n"}};
    for (const auto& row : rows) {
        CAPTURE(row.to);
        CHECK(onlyProblem({policyDocument(row.from, row.to), serviceDocument()}) == row.problem);
    }
}

TEST_CASE("each thing that is wrong in an enrolment service is named with its line and key")
{
    const std::vector<Row> rows = {
        {"issuer: ces", "issuer: c/es",
            "services/corp.yaml:3: issuer may have letters, digits, '-', '_' and '.' only (not "
            "first), not \"c/es\"\n"},
        {"[\"https://pki.example.test/cep\"]", "[\"http://pki.example.test/cep\"]",
            "services/corp.yaml:4: policy_endpoints \"http://pki.example.test/cep\" must begin "
            "with https://\n"},
        {"[\"https://pki.example.test/ces\"]",
            "[\"https://pki.example.test/ces\", \"https://pki.example.test/ces\"]",
            "services/corp.yaml:5: enrollment_endpoints has \"https://pki.example.test/ces\" "
            "twice\n"},
        {"policy_endpoints: [\"https://pki.example.test/cep\"]\n"
         "enrollment_endpoints: [\"https://pki.example.test/ces\"]\n",
            "",
            "services/corp.yaml:1: policy_endpoints is missing, and enrollment_endpoints too: one "
            "is needed\n"},
        {"policy_endpoints: [\"https://pki.example.test/cep\"]\n"
         "enrollment_endpoints: [\"https://pki.example.test/ces\"]\n",
            "policy_endpoints: []\n",
            "services/corp.yaml:4: policy_endpoints has no URL, and the other list has none\n"},
        {"issuer: ces", "revocation_url: http://pki.example.test/revoke",
            "services/corp.yaml:3: revocation_url \"http://pki.example.test/revoke\" must begin "
            "with https://\n"}};
    for (const auto& row : rows) {
        CAPTURE(row.to);
        CHECK(onlyProblem({policyDocument(), serviceDocument(row.from, row.to)}) == row.problem);
    }
}

TEST_CASE("trust must be authorities and nothing else")
{
    const auto withTrust = [](const std::string& trust) {
        auto document = serviceDocument();
        const auto at = document.content.find("tls_trust: |\n");
        document.content.insert(at, "tls_trust: " + trust + "\n");
        document.content.erase(document.content.find("tls_trust: |\n"));
        document.content += "issuer_trust: " + trust + "\n";
        return policy::toText(policy::parseDocuments({document}).problems);
    };
    CHECK(withTrust("none").find("services/corp.yaml:6: tls_trust has no PEM certificate\n") == 0);
    CHECK(withTrust("\"-----BEGIN CERTIFICATE-----\\nAAAA\\n-----END CERTIFICATE-----\\n\"")
              .find("services/corp.yaml:6: tls_trust ") == 0);
    CHECK(withTrust("\"-----BEGIN PRIVATE KEY-----\\nMC4CAQAw\\n-----END PRIVATE KEY-----\\n\"") ==
          "services/corp.yaml:6: tls_trust holds a private key; it is known to everybody who reads "
          "this file now\nservices/corp.yaml:7: issuer_trust holds a private key; it is known to "
          "everybody who reads this file now\n");
    CHECK(withTrust("\"" + test::escapedLeafPem() + "\"") ==
          "services/corp.yaml:6: tls_trust has \"CN=leaf\", which is not an authority "
          "(basicConstraints CA:TRUE)\nservices/corp.yaml:7: issuer_trust has \"CN=leaf\", which "
          "is not an authority (basicConstraints CA:TRUE)\n");
}

TEST_CASE("every problem of every document is reported, sorted by file and line")
{
    auto policy = policyDocument("before: 30d", "before: 0s");
    policy.content.replace(policy.content.find("priority: 10"), 12, "priority: x");
    policy.content.replace(policy.content.find("action: reload-nginx"), 20, "act: reload nginx");
    const auto service = serviceDocument("https://pki.example.test/cep", "ftp://pki/cep");
    const auto parsed = policy::parseDocuments(
        {policy, service, {"broken.yaml", "kind: [\n"}, {"empty.yaml", "# nothing\n"},
            {"list.yaml", "- a\n"}, {"../up.yaml", "kind: x\n"}, {"tab.yaml", "a:\n\tb: c\n"}});
    std::vector<std::string> places;
    for (const auto& problem : parsed.problems)
        places.push_back(problem.file + ":" + std::to_string(problem.line));
    CHECK(places == std::vector<std::string>{"../up.yaml:0", "broken.yaml:2", "empty.yaml:1",
                        "list.yaml:1", "services/corp.yaml:4", "tab.yaml:2", "web.yaml:1",
                        "web.yaml:3", "web.yaml:10", "web.yaml:17"});
    CHECK(std::is_sorted(parsed.problems.begin(), parsed.problems.end(),
        [](const auto& a, const auto& b) { return a.file < b.file; }));
}

TEST_CASE("a file may hold several documents, and lines are those of the file")
{
    auto both = serviceDocument();
    both.content += "---\n" + policyDocument().content;
    const auto parsed = policy::parseDocuments({both});
    CHECK_MESSAGE(parsed.problems.empty(), policy::toText(parsed.problems));
    CHECK(parsed.set.policies.size() == 1);

    both.content += "---\n" + policyDocument("before: 30d", "before: 0s").content;
    const auto twice = policy::toText(policy::parseDocuments({both}).problems);
    CHECK(twice.find("renew.before must be above") != std::string::npos);
    CHECK(twice.find("name: the certificate-policy web is in services/corp.yaml:") !=
          std::string::npos);
}

TEST_CASE("policies of one priority that can match the same certificate are a problem")
{
    const auto policyWith = [](const std::string& name, const std::string& match, int priority) {
        return model::PolicyDocument{
            name + ".yaml", "kind: certificate-policy\nname: " + name +
                                "\npriority: " + std::to_string(priority) + "\nmatch: " + match +
                                "\nrenew: {before: 30d}\nenrollment_service: corp\naction: a\n"};
    };
    struct Pair {
        std::string one, other;
        bool problem;
    };
    const std::vector<Pair> pairs = {{"{}", "{}", true},
        {"{labels: {role: web}}", "{labels: {role: web}}", true},
        {"{labels: {role: web}}", "{labels: {role: database}}", false},
        {"{labels: {role: web}}", "{labels: {site: north}}", true},
        {"{labels: {role: web}}", "{}", true}, {"{issuers: [CN=a]}", "{issuers: [CN=b]}", false},
        {"{issuers: [CN=a, CN=c]}", "{issuers: [CN=c]}", true},
        {"{services: [nginx]}", "{services: [haproxy]}", false},
        {"{services: [nginx]}", "{names: [a.example.test]}", true},
        {"{names: [a.example.test]}", "{names: [b.example.test]}", false},
        {"{names: ['*.example.test']}", "{names: [b.example.test]}", true},
        {"{names: [B.example.TEST]}", "{names: ['*.Example.test']}", true},
        {"{names: ['*.example.test']}", "{names: ['*.b.example.test']}", false},
        {"{names: ['*.example.test']}", "{names: [example.test]}", false}};
    for (const auto& pair : pairs) {
        CAPTURE(pair.one);
        CAPTURE(pair.other);
        const auto parsed = policy::parseDocuments({serviceDocument(),
            policyWith("one", pair.one, 5), policyWith("other", pair.other, 5)});
        CHECK(parsed.problems.empty() != pair.problem);
        if (pair.problem)
            CHECK(policy::toText(parsed.problems) ==
                  "other.yaml:1: priority: 5 is also that of one (one.yaml:1), and both can match "
                  "the same certificate; give one a higher priority\n");
        CHECK(policy::parseDocuments(
            {serviceDocument(), policyWith("one", pair.one, 5), policyWith("other", pair.other, 6)})
                  .problems.empty());
    }
}

TEST_CASE("a set of nonsense is refused in time, with a list that ends")
{
    std::vector<model::PolicyDocument> many(1001, {"a.yaml", ""});
    CHECK(policy::parseDocuments(many).problems.size() == 1);

    std::string text;
    for (int i = 0; i < 3000; ++i)
        text += "key" + std::to_string(i) + ": x\n";
    const auto parsed = policy::parseDocuments({{"a.yaml", "kind: certificate-policy\n" + text}});
    CHECK(parsed.problems.size() == 200);

    std::string documents;
    for (int i = 0; i < 2001; ++i)
        documents += "---\nkind: certificate-policy\nname: p" + std::to_string(i) + "\n";
    const auto big = policy::parseDocuments({{"a.yaml", documents}});
    CHECK(policy::toText(big.problems).find("more than 2000") != std::string::npos);
    CHECK(policy::parseDocuments({}).problems.empty());
}
