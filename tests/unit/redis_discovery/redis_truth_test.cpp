// Redis itself is asked: how it cuts lines, and what it shows.

#include "plugins/redis_discovery/config_words.h"
#include "plugins/redis_discovery/redis_discovery.h"
#include "tests/support/served_certificate.h"
#include "tests/support/temporary_folder.h"

#include <random>

using namespace perennial;
using namespace perennial::test;

namespace {

// Debian's Redis with redis.conf of a folder; stopped by its process id.
struct Redis {
    ChildProcess process;
    Redis(const std::string& config, int port) : process({"/usr/bin/redis-server", config})
    {
        process.waitForPort(port);
    }
};

} // namespace

TEST_CASE("lines thrown at random are cut as Redis does")
{
    const TemporaryFolder folder;
    const int port = freePort();
    const Redis redis(folder.write("redis.conf", "port " + std::to_string(port) +
                                                     "\nbind 127.0.0.1\nsave \"\"\ndir " +
                                                     folder.path().string() + "\n"),
        port);
    std::mt19937 dice(20261130);
    const std::vector<std::string> pieces = {"a", "/", " ", "\t", "\"", "'", "\\", "\\x41", "\\x4",
        "\\b", "\\a", "\\'", "\\\"", "#", "\xC3\xA9", "\" ", "' ", "\v", "x"};
    std::size_t compared = 0;
    std::size_t refused = 0;
    for (int round = 0; round < 150; ++round) {
        std::string text;
        for (auto left = dice() % 9; left > 0; --left)
            text += pieces[dice() % pieces.size()];
        CAPTURE(text);
        // Its command line tool and its configuration share the function that cuts.
        const auto theirs = runTool({"/usr/bin/redis-cli", "-p", std::to_string(port), "--raw"},
            "eval \"local t='' for _,a in ipairs(ARGV) do t=t..a..'|' end return t\" 0 " + text +
                "\n")
                                .output;
        const auto words = plugins::redis::wordsOf("bind " + text);
        const bool isRefused = theirs.find("Invalid argument(s)") != std::string::npos;
        CHECK(isRefused == !words.ok());
        refused += isRefused ? 1 : 0;
        if (isRefused || !words.ok()) continue;
        std::string ours;
        for (std::size_t i = 1; i < words->size(); ++i)
            ours += (*words)[i] + "|";
        CHECK(ours + "\n" == theirs);
        ++compared;
    }
    CHECK(compared > 40);
    CHECK(refused > 20);
}

TEST_CASE("a Redis that runs shows what was found for it")
{
    const TemporaryFolder folder;
    TestPki pki(folder);
    pki.makeRoot("root");
    pki.issueServer("redis.test", "root");
    const int port = freePort();
    const auto pair =
        folder.write("tls.conf", "tls-cert-file \"" + pki["redis.test"].chain +
                                     "\"\ntls-key-file " + pki["redis.test"].key + "\n");
    const auto config = folder.write("redis.conf",
        "port 0\nTLS-PORT " + std::to_string(port) + "\nbind 127.0.0.1\nsave ''\ninclude " +
            folder.path().string() + "/t*.conf\ntls-auth-clients no\ntls-ca-cert-file " +
            pki["redis.test"].chain + "\n");
    const Redis redis(config, port);
    const auto found = (*plugins::makeRedisDiscovery({{"config", config}}))->discover();
    REQUIRE(found.ok());
    CHECK(found->skipped.empty());
    CHECK(checkServed(*found) == 1);
}

TEST_CASE("Debian's own configuration is read without a complaint")
{
    const auto found =
        (*plugins::makeRedisDiscovery({{"config", "/etc/redis/redis.conf"}}))->discover();
    if (!found && ::geteuid() != 0) {
        MESSAGE("skipped here: only root and Redis may read it");
        return;
    }
    REQUIRE(found.ok());
    CHECK(found->skipped.empty());
}
