// Kubeconfigs hold keys and tokens: what of them stays in memory.

#include "plugins/kubernetes_discovery/document.h"
#include "plugins/kubernetes_discovery/kubeconfig.h"
#include "plugins/kubernetes_discovery/kubernetes_discovery.h"

#include "tests/support/child_process.h"
#include "tests/support/memory_search.h"
#include "tests/support/test_pki.h"

#include <doctest/doctest.h>
#include <unistd.h>

using namespace perennial;
using namespace perennial::plugins::kubernetes;
using namespace perennial::test;

namespace {

const std::string inLine = "client-key-data: ";
const std::string inLines = "client-key-data: |\n      ";

// A kubeconfig with a key, behind `before`, that this process does not know while `body` runs: how
// many pieces of the key are in memory afterwards.
std::size_t timesInMemory(const std::string& firstLine, const std::string& before,
    const std::function<void(const std::string& file)>& body)
{
    const TemporaryFolder folder;
    const auto file = folder / "config";
    mustRun({"/usr/bin/openssl", "genpkey", "-algorithm", "RSA", "-out", file});
    mustRun({"/usr/bin/sed", "-z", "-i",
        R"(s/-----[^\n]*//g; s/\n//g; s/^/)" + firstLine +
            R"(\nusers:\n- user:\n    client-key-data: )" +
            (before == inLine ? "" : R"(|\n      )") + R"(/; s/$/\n/)",
        file});
    return timesInMemoryAfter([&] { body(file); },
        [&] {
            const auto text = readText(file);
            std::vector<std::string> pieces;
            for (auto at = text.find(before) + before.size(); at + 64 < text.size(); at += 64)
                pieces.push_back(text.substr(at, 64));
            return pieces;
        });
}

void discover(const std::string& file)
{
    static auto kept = (*plugins::makeKubernetesDiscovery({{"kubeconfigs", file}}))->discover();
    if (!kept || kept->configuration.size() != 1) ::_exit(1);
}

} // namespace

TEST_CASE("the text of a file is in nobody's memory afterwards")
{
    CHECK(timesInMemory("a: b", inLine, [](const auto& file) {
        static std::string kept;
        kept = readText(file);
    }) > 0);
    // Of what is refused at once the YAML library has no copy.
    CHECK(timesInMemory("\\t", inLines, discover) == 0);
}

TEST_CASE("a key in the line of its name is in nobody's memory afterwards")
{
    CHECK(timesInMemory("a: b", inLine, discover) == 0);
}

TEST_CASE("a key in lines of its own is in nobody's memory afterwards")
{
    CHECK(timesInMemory("a: b", inLines, discover) == 0);
}

TEST_CASE("a value of several lines is hidden to its end")
{
    const auto hidden = [](std::string text) {
        hideKeys(text);
        return text;
    };
    CHECK(hidden("a:\n  token: |-\n    secret1\n\n      secret2\n  name: secret3\n") ==
          "a:\n  token: |-\n    0000000\n\n      0000000\n  name: secret3\n");
    CHECK(hidden("- token: >\r\n    secret1\r\n\r\n    secret2\r\n- secret3\n") ==
          "- token: >\r\n    0000000\r\n\r\n    0000000\r\n- secret3\n");
    CHECK(hidden("\xef\xbb\xbftoken: |\n secret1") == "\xef\xbb\xbftoken: |\n 0000000");
    CHECK(hidden(" \"token\": |\n  secret1\n secret2: x\n") ==
          " \"token\": |\n  0000000\n secret2: x\n");
    CHECK(hidden("token: secret1\n  secret2\nsecret3: x\n") ==
          "token: 0000000\n  0000000\nsecret3: x\n");
    CHECK(hidden("token:\n  secret1\n") == "token:\n  0000000\n");
    CHECK(hidden("token:\n  inner1: secret1\n") == "token:\n  inner1: secret1\n");
    CHECK(hidden("{password: \"secret1,\\\"secret2\n secret3\", name: secret4}") ==
          "{password: \"0000000,\\\"0000000\n 0000000\", name: secret4}");
    CHECK(hidden("{token: secret1,\n name: secret2}") == "{token: 0000000,\n name: secret2}");
}

TEST_CASE("keys, tokens and passwords are hidden, and nothing else")
{
    const auto hidden = [](std::string text) {
        hideKeys(text);
        return text;
    };
    CHECK(hidden("client-key-data: QUJD+/==\n") == "client-key-data: 00000000\n");
    CHECK(hidden("{\"token\" :\"ab.cd_ef-gh\",\"name\": \"ab.cd_ef\"}") ==
          "{\"token\" :\"00000000000\",\"name\": \"ab.cd_ef\"}");
    CHECK(hidden("'password': 'one\\\"secret1'\nb: secret2\n") ==
          "'password': 'one\\\"0000000'\nb: secret2\n");
    CHECK(hidden("token: 123456") == "token: 000000");
    for (const auto* text : {"token: null\n", "token: ~\n", "tokens: 1234567\n", "token",
             "token:", "my-token: 1234567\n", "- --token-auth-file=/etc/tokens\n",
             "client-certificate-data: QUJDREVG\n", ""})
        CHECK(hidden(text) == text);
}

TEST_CASE("what was parsed is wiped")
{
    yaml::Value inner;
    inner.kind = yaml::Value::Kind::Scalar;
    inner.scalar = std::string(100, 'k');
    yaml::Value list;
    list.kind = yaml::Value::Kind::Sequence;
    list.sequence = {inner, inner};
    yaml::Value all;
    all.kind = yaml::Value::Kind::Mapping;
    all.mapping = {{"one", inner}, {"list", list}};
    wipe(all);
    const std::string wiped(100, '\0');
    CHECK(textOf(&all, "one") == wiped);
    for (const auto& item : itemsOf(&all, "list"))
        CHECK(item.scalar == wiped);
}
