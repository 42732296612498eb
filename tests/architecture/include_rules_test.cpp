// Fails when a file includes something its folder may not. The two tables below are the
// architecture; docs/architecture.md draws them.

#include <algorithm>
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <regex>
#include <string>
#include <vector>

namespace fs = std::filesystem;

namespace {

struct FolderRule {
    std::string folder;                  // path prefix, longest match wins
    std::vector<std::string> mayInclude; // besides itself
};

const std::vector<FolderRule> folderRules = {
    {"shared/base/", {}},
    {"shared/x509/", {"shared/base/"}},
    {"shared/sql/", {"shared/base/"}},
    {"shared/sql/foreign/", {"shared/base/"}},
    {"shared/nss/", {"shared/base/", "shared/x509/", "shared/sql/foreign/"}},
    {"shared/pkcs11/", {"shared/base/", "shared/x509/"}},
    {"shared/yaml/", {"shared/base/"}},
    {"shared/gss/", {"shared/base/"}},
    {"shared/ldap/", {"shared/base/", "shared/x509/", "shared/tls/"}},
    {"shared/tls/", {"shared/base/", "shared/x509/"}},
    {"shared/http/", {"shared/base/", "shared/x509/", "shared/tls/"}},
    {"shared/model/", {"shared/base/", "shared/x509/"}},
    {"shared/rules/", {"shared/base/", "shared/x509/", "shared/model/"}},
    {"shared/protocol/", {"shared/base/", "shared/x509/", "shared/model/"}},
    {"shared/audit/", {"shared/base/", "shared/x509/", "shared/model/"}},
    {"shared/plugin_api/", {"shared/base/", "shared/x509/", "shared/model/"}},
    {"shared/service_config/",
        {"shared/base/", "shared/x509/", "shared/model/", "shared/plugin_api/"}},
    {"shared/policy/",
        {"shared/base/", "shared/x509/", "shared/yaml/", "shared/model/", "shared/rules/"}},
    {"shared/enrollment/", {"shared/base/", "shared/x509/"}},
    {"plugins/", {"shared/"}},
    {"agent/", {"shared/"}},
    {"agent/main.cpp", {"agent/", "shared/", "plugins/builtin_plugins.h"}},
    {"agent/enroller/main.cpp", {"agent/enroller/", "shared/", "plugins/builtin_plugins.h"}},
    {"agent/scanner/main.cpp", {"agent/scanner/", "shared/", "plugins/builtin_plugins.h"}},
    {"agent/installer/", {"shared/base/", "shared/x509/", "shared/yaml/", "shared/model/"}},
    {"controller/", {"shared/"}},
    {"controller/main.cpp", {"controller/", "shared/", "plugins/builtin_plugins.h"}},
    {"controller/storage/", {"shared/"}},
    {"controller/policy_source/", {"shared/", "controller/storage/"}},
    {"controller/inventory/",
        {"shared/", "controller/storage/", "controller/audit/audit_outbox.h"}},
    {"controller/scheduling/", {"shared/", "controller/policy_source/", "controller/inventory/",
                                   "controller/storage/", "controller/audit/audit_outbox.h"}},
    {"controller/audit/",
        {"shared/", "controller/policy_source/", "controller/inventory/", "controller/storage/"}},
    {"controller/api/",
        {"shared/", "controller/storage/", "controller/policy_source/", "controller/inventory/",
            "controller/scheduling/", "controller/audit/"}},
    {"controller/cli/", {"shared/", "controller/enrollment/templates/"}},
    {"controller/enrollment/", {"shared/"}},
    {"controller/enrollment/templates/", {"shared/"}},
    {"tests/", {"tests/", "shared/", "plugins/", "agent/", "controller/"}},
};

struct ConfinedText {
    std::string text;                   // regular expression
    std::vector<std::string> onlyUnder; // folders or files that may hold it
};

const std::vector<ConfinedText> confinedTexts = {
    {R"(#include <openssl/)", {"shared/x509/", "shared/tls/", "shared/http/", "tests/bench/"}},
    {R"(#include <curl/)", {"shared/http/client/"}},
    {R"(#include <sqlite3\.h>|#include <Poco/Data/)", {"shared/sql/"}},
    {R"(#include <yaml-cpp/)", {"shared/yaml/"}},
    {R"(#include <Poco/Net/)", {"shared/http/server/"}},
    {R"(#include <expat\.h>|#include <Poco/(DOM|SAX|XML)/)", {"shared/enrollment/soap/"}},
    {R"(#include <nlohmann/|#include <Poco/JSON/)", {"shared/base/json_parser.cpp"}},
    {R"(#include <gssapi)", {"shared/gss/"}},
    {R"(#include <p11-kit/|\bdlopen\()", {"shared/pkcs11/", "tests/support/hostile_module.cpp"}},
    {R"(#include <(ldap|lber|openldap)\.h>)", {"shared/ldap/"}},
    {R"((system_clock|steady_clock)::now|\bgettimeofday\(|[^_\w]time\((nullptr|NULL|0)\))",
        {"shared/base/clock.cpp", "tests/bench/"}},
    {R"(\b(sleep|wait)_(for|until)\(|[^_\w]u?sleep\()", {"shared/base/periodic_task.cpp"}},
    {R"([^_\w](system|popen)\()", {}},
    {R"(std::rand\(|random_device|mt19937)", {"tests/"}},
};

bool startsWith(const std::string& text, const std::string& prefix)
{
    return text.rfind(prefix, 0) == 0;
}

const FolderRule* ruleFor(const std::string& file)
{
    const FolderRule* best = nullptr;
    for (const auto& rule : folderRules) {
        if (startsWith(file, rule.folder) &&
            (best == nullptr || rule.folder.size() > best->folder.size()))
            best = &rule;
    }
    return best;
}

std::vector<std::string> sourceFiles()
{
    std::vector<std::string> files;
    for (const char* top : {"shared", "plugins", "agent", "controller", "tests"}) {
        const fs::path root = fs::path(PERENNIAL_SOURCE_DIR) / top;
        if (!fs::exists(root)) continue;
        for (const auto& entry : fs::recursive_directory_iterator(root)) {
            const auto extension = entry.path().extension();
            if (extension == ".h" || extension == ".cpp") {
                files.push_back(fs::relative(entry.path(), PERENNIAL_SOURCE_DIR).generic_string());
            }
        }
    }
    std::sort(files.begin(), files.end());
    return files;
}

std::vector<std::string> linesOf(const std::string& file)
{
    std::ifstream in(fs::path(PERENNIAL_SOURCE_DIR) / file);
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);)
        lines.push_back(line);
    return lines;
}

} // namespace

TEST_CASE("every include follows the folder rules")
{
    const std::regex include(R"re(^\s*#include "([^"]+)")re");
    std::size_t seen = 0;
    for (const auto& file : sourceFiles()) {
        const FolderRule* rule = ruleFor(file);
        REQUIRE_MESSAGE(rule != nullptr, file << " is under no folder rule");
        for (const auto& line : linesOf(file)) {
            std::smatch match;
            if (!std::regex_search(line, match, include)) continue;
            ++seen;
            const std::string target = match[1];
            const bool allowed =
                startsWith(target, rule->folder) ||
                std::any_of(rule->mayInclude.begin(), rule->mayInclude.end(),
                    [&](const std::string& prefix) { return startsWith(target, prefix); }) ||
                // Sibling plugins are strangers to each other; only the list of built-ins knows
                // them all.
                (startsWith(file, "plugins/builtin_") && startsWith(target, "plugins/"));
            const bool strangerPlugin =
                startsWith(file, "plugins/") && startsWith(target, "plugins/") &&
                !startsWith(file, "plugins/builtin_") &&
                fs::path(file).parent_path() != fs::path(target).parent_path();
            CHECK_MESSAGE((allowed && !strangerPlugin), file << " may not include " << target);
        }
    }
    CHECK(seen > 10); // guards against a test that looks at nothing
}

TEST_CASE("libraries, clocks and shells stay where they belong")
{
    for (const auto& confined : confinedTexts) {
        const std::regex pattern(confined.text);
        for (const auto& file : sourceFiles()) {
            if (startsWith(file, "tests/architecture/")) continue;
            const bool mayHold = std::any_of(confined.onlyUnder.begin(), confined.onlyUnder.end(),
                [&](const std::string& prefix) { return startsWith(file, prefix); });
            if (mayHold) continue;
            for (const auto& line : linesOf(file)) {
                CHECK_MESSAGE(!std::regex_search(line, pattern), file << ": " << line);
            }
        }
    }
}

TEST_CASE("rooms of their own are entered by nobody else")
{
    const std::vector<std::string> closed = {
        "controller/enrollment/", "controller/cli/", "agent/installer/", "agent/scanner/"};
    const std::regex include(R"re(^\s*#include "([^"]+)")re");
    for (const auto& file : sourceFiles()) {
        if (startsWith(file, "tests/")) continue;
        for (const auto& line : linesOf(file)) {
            std::smatch match;
            if (!std::regex_search(line, match, include)) continue;
            // The command that checks templates reads them as the service does.
            if (startsWith(match[1], "controller/enrollment/templates/") &&
                startsWith(file, "controller/cli/"))
                continue;
            for (const auto& folder : closed) {
                const bool trespass = startsWith(match[1], folder) && !startsWith(file, folder);
                CHECK_MESSAGE(!trespass, file << " may not include " << match[1].str());
            }
        }
    }
}
