#include "agent/scanner/scanner_config.h"

#include "tests/support/temporary_folder.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::scanner;
using namespace perennial::test;

namespace {

class NoSource final : public DiscoverySource {
public:
    Result<Discovery> discover() override { return Discovery{}; }
};

// What a plugin was given, one line a source; or the refusal, without the folder.
std::string loaded(const std::string& text)
{
    const TemporaryFolder folder;
    std::string given;
    PluginRegistry plugins;
    const auto added = plugins.addDiscoverySource(
        "test", [&](const PluginSettings& settings) -> Result<std::unique_ptr<DiscoverySource>> {
            given += "test";
            for (const auto& [key, value] : settings) {
                if (key == "bad") return Error{ErrorKind::InvalidInput, "unknown key \"bad\""};
                given += " " + key + "=" + value;
            }
            given += ".";
            return std::unique_ptr<DiscoverySource>(std::make_unique<NoSource>());
        });
    REQUIRE(added.ok());
    const auto file = folder.write("scanner.yaml", text);
    const auto config = loadConfig(PosixFileSystem(), file, plugins);
    if (!config) {
        auto message = config.error().message;
        const auto at = message.find(folder.path().string());
        REQUIRE(at == 0);
        return message.substr(folder.path().string().size() + 1);
    }
    for (const auto& source : config->sources) {
        CHECK(source.name.find("source test (" + file + ":") == 0);
        CHECK(source.memoryFile.empty() == config->state.empty());
        if (!config->state.empty()) given += " " + source.memoryFile;
    }
    return given;
}

} // namespace

TEST_CASE("each source gets its keys as text, lists a line each")
{
    CHECK(loaded("sources:\n  - {kind: test}\n  - {kind: test, a: 1, b: [x, y z]}\n") ==
          "test.test a=1 b=x\ny z.");
}

TEST_CASE("where a source's memory lies depends on its settings alone")
{
    const auto one = loaded("state: /s\nsources:\n  - {kind: test, a: 1}\n");
    CHECK(one.find("test a=1. /s/test-") == 0);
    CHECK(one.ends_with(".memory"));
    CHECK(loaded("sources:\n  - {kind: test, a: 1}\nstate: /s\n") == one);
    CHECK(loaded("state: /s\nsources:\n  - {kind: test, a: 2}\n").substr(13) != one.substr(13));
    CHECK(loaded("state: s\nsources:\n  - {kind: test}\n").find("state") != std::string::npos);
}

TEST_CASE("what is wrong is named with file and line")
{
    const std::vector<std::pair<std::string, std::string>> table = {
        {"", "scanner.yaml:1: "},
        {"sources: []", "scanner.yaml:1: sources: "},
        {"sources: test", "scanner.yaml:1: sources: "},
        {"source:\n  - {kind: test}", "scanner.yaml:1: "},
        {"sources:\n  - {kind: test}\nmore: 1", "scanner.yaml:3: more"},
        {"sources:\n  - {king: test}", "scanner.yaml:2: sources[0].kind"},
        {"sources:\n  - {kind: test}\n  - {kind: nothing}", "scanner.yaml:3: no discovery source"},
        {"sources:\n  - {kind: test, bad: 1}",
            "scanner.yaml:2: discovery source test: unknown key"},
        {"sources:\n  - {kind: test, a: []}", "scanner.yaml:2: sources[0].a: "},
        {"sources:\n  - {kind: test, a: {b: c}}", "scanner.yaml:2: sources[0].a: "},
        {"sources:\n  - {kind: test, a: [[b]]}", "scanner.yaml:2: sources[0].a"},
        {"sources:\n  - {kind: test, a: \"x\\ny\"}", "scanner.yaml:2: sources[0].a: "},
        {"sources:\n  - {kind: test, a: ''}", "scanner.yaml:2: sources[0].a: "},
        {"sources:\n  - {kind: test, a: 1, a: 2}", "scanner.yaml:2: "},
        {"sources:\n\t- {kind: test}", "scanner.yaml:2: "},
    };
    for (const auto& [text, message] : table) {
        CAPTURE(text);
        const auto answer = loaded(text);
        CHECK_MESSAGE(answer.starts_with(message), answer);
    }
    std::string many = "sources:\n";
    for (int i = 0; i < 101; ++i)
        many += "  - {kind: test}\n";
    CHECK(loaded(many) == "scanner.yaml:1: sources: at most 100");
}

TEST_CASE("a file that is not there is an error")
{
    CHECK_FALSE(loadConfig(PosixFileSystem(), "/nowhere/scanner.yaml", PluginRegistry()).ok());
}
