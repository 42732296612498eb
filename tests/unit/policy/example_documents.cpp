#include "tests/unit/policy/example_documents.h"

#include "tests/support/golden.h"
#include "tests/support/test_pki.h"

#include <algorithm>
#include <filesystem>
#include <sstream>

namespace perennial::test {

namespace {

model::PolicyDocument changed(
    model::PolicyDocument document, const std::string& from, const std::string& to)
{
    if (from.empty()) return document;
    const auto at = document.content.find(from);
    REQUIRE_MESSAGE(at != std::string::npos, from);
    document.content.replace(at, from.size(), to);
    return document;
}

std::string indented(const std::string& text)
{
    std::istringstream lines(text);
    std::string result;
    for (std::string line; std::getline(lines, line);)
        result += "  " + line + "\n";
    return result;
}

} // namespace

std::vector<model::PolicyDocument> exampleDocuments()
{
    const auto top = std::filesystem::path(PERENNIAL_SOURCE_DIR) / "policies" / "examples";
    std::vector<model::PolicyDocument> documents;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(top)) {
        if (entry.path().extension() != ".yaml") continue;
        documents.push_back({std::filesystem::relative(entry.path(), top).generic_string(),
            readText(entry.path().string())});
    }
    std::sort(documents.begin(), documents.end(),
        [](const auto& a, const auto& b) { return a.path < b.path; });
    return documents;
}

model::PolicyDocument serviceDocument(const std::string& from, const std::string& to)
{
    const std::string pem = indented(readTestData("web.pem")); // a root
    return changed(
        {"services/corp.yaml", "kind: enrollment-service\n"
                               "name: corp\n"
                               "issuer: ces\n"
                               "policy_endpoints: [\"https://pki.example.test/cep\"]\n"
                               "enrollment_endpoints: [\"https://pki.example.test/ces\"]\n"
                               "tls_trust: |\n" +
                                   pem + "issuer_trust: |\n" + pem},
        from, to);
}

model::PolicyDocument policyDocument(const std::string& from, const std::string& to)
{
    return changed({"web.yaml", "kind: certificate-policy\n"
                                "name: web\n"
                                "priority: 10\n"
                                "match:\n"
                                "  labels: {role: web}\n"
                                "  issuers: [\"CN=Example\"]\n"
                                "  names: [\"*.example.test\"]\n"
                                "  services: [nginx]\n"
                                "renew:\n"
                                "  before: 30d\n"
                                "  spread: 10d\n"
                                "  window: {days: [mon, tue], from: \"01:00\", to: \"05:00\"}\n"
                                "  autonomous_before: 10d\n"
                                "enrollment_service: corp\n"
                                "key: {type: same}\n"
                                "extended_key_usages: [serverAuth, clientAuth]\n"
                                "action: reload-nginx\n"
                                "enroll: {credential: web-enroller, template: WebServer}\n"},
        from, to);
}

std::string escapedLeafPem()
{
    TemporaryFolder folder;
    TestPki pki(folder);
    TestCertificateContent content;
    content.commonName = "leaf";
    std::string escaped;
    for (const char c : readText(pki.selfSigned("leaf", content).certificate))
        escaped += c == '\n' ? std::string("\\n") : std::string(1, c);
    return escaped;
}

} // namespace perennial::test
