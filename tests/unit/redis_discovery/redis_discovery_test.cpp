#include "plugins/redis_discovery/redis_discovery.h"

#include "tests/support/hostile_config.h"
#include "tests/support/temporary_folder.h"

using namespace perennial;
using namespace perennial::test;

namespace {

struct Host {
    TemporaryFolder folder;

    std::string discovered(const std::string& config) const
    {
        const auto source = plugins::makeRedisDiscovery({{"config", config}});
        REQUIRE(source.ok());
        return discoveredWithinLimits(**source, folder.path().string());
    }
    std::string of(const std::string& text) const
    {
        return discovered(folder.write("redis.conf", text));
    }
};

const std::string tls = "tls-port 6379\ntls-cert-file /c\ntls-key-file /k\n";
const std::string pair = "/c /k redis 127.0.0.1|6379|\n";

} // namespace

TEST_CASE("the pair, and where the TLS port is")
{
    const Host host;
    CHECK(host.of(tls) == pair);
    CHECK(host.of("port 6379\n").empty());
    CHECK(host.of("tls-cert-file /c\ntls-key-file /k\n") == "/c /k redis\n");
    CHECK(host.of(tls + "tls-port 0\n") == "/c /k redis\n");
    CHECK(host.of(tls + "bind 127.0.0.1 -::1 10.0.0.1 localhost\n") ==
          "/c /k redis 127.0.0.1|6379| ::1|6379| 10.0.0.1|6379|\n");
    CHECK(host.of(tls + "bind * -::*\n") == "/c /k redis 127.0.0.1|6379| ::1|6379|\n");
    CHECK(host.of(tls + "bind \"\"\n") == "/c /k redis\n");
    CHECK(host.of(tls + "bind redis.test\n") ==
          "/c /k redis\n- redis.conf:4: a name in bind is not looked up\n");
    CHECK(host.of("tls-port many\ntls-cert-file /c\ntls-key-file /k\n") ==
          "/c /k redis\n- redis.conf:1: tls-port is none\n");
    CHECK(host.of(tls + "bind " + repeated("1.0.0.1 ", 1)) == "/c /k redis 1.0.0.1|6379|\n");
}

TEST_CASE("the last line counts, whatever file it is in; quotes; the pair of a client")
{
    const Host host;
    std::filesystem::create_directory(host.folder / "conf.d");
    host.folder.write("conf.d/b.conf", "TLS-cert-file \"/\\x63\"\n");
    host.folder.write("conf.d/a.conf", "tls-cert-file /a\n");
    CHECK(host.of(tls + "include " + host.folder / "conf.d/*.conf" + "\n# tls-key-file /no\n") ==
          pair);
    CHECK(host.of("tls-client-cert-file '/d'\ntls-client-key-file /l\n" + tls) ==
          pair + "/d /l redis\n");
    const auto found =
        (*plugins::makeRedisDiscovery(
             {{"config", host.folder.write("redis.conf", tls + "tls-key-file-pass x\n")}}))
            ->discover();
    REQUIRE(found.ok());
    REQUIRE(found->places.size() == 1);
    CHECK(found->places[0].warnings.at(0).ends_with(":4: keys made here are not encrypted"));
}

TEST_CASE("several by a pattern")
{
    const Host host;
    host.folder.write("redis-one.conf", tls);
    host.folder.write("redis-two.conf", "tls-cert-file /e\ntls-key-file /l\n");
    CHECK(host.discovered(host.folder / "redis-*.conf") == pair + "/e /l redis\n");
    CHECK_FALSE(
        (*plugins::makeRedisDiscovery({{"config", "/nowhere/redis.conf"}}))->discover().ok());
    CHECK_FALSE(plugins::makeRedisDiscovery({{"config", "redis.conf"}}).ok());
}

TEST_CASE("half a pair, and what is no path, are told")
{
    const Host host;
    CHECK(
        host.of("tls-cert-file /c\n") == "- redis.conf:1: tls-cert-file without its other half\n");
    CHECK(host.of("tls-client-key-file /k\ntls-client-cert-file ''\n") ==
          "- redis.conf:1: tls-client-key-file without its other half\n");
    CHECK(host.of("tls-cert-file /c\ntls-key-file k\n") ==
          "- redis.conf:2: tls-key-file is relative to where Redis is started\n");
    CHECK(host.of("tls-cert-file /c /d\ntls-key-file\ninclude\ninclude x\n") ==
          "- redis.conf:1: tls-cert-file takes one value\n"
          "- redis.conf:2: tls-key-file takes one value\n"
          "- redis.conf:3: include takes one value\n"
          "- redis.conf:4: include is relative to where Redis is started\n");
    CHECK(host.of("tls-cert-file \"/c\"x\ntls-key-file '/k''y'\n") ==
          "- redis.conf:1: has quotes that do not fit\n"
          "- redis.conf:2: has quotes that do not fit\n");
    CHECK(host.of("tls-cert-file \"/c\\x00\"\ntls-key-file /k\n") ==
          "- redis.conf:1: tls-cert-file is no path\n");
}

TEST_CASE("configurations that mean harm are bounded, told, and never quoted")
{
    const Host host;
    const auto secret = std::string("-----BEGIN PRIVATE KEY-----");
    CHECK(host.of(tls + secret + "\nMIGH \"secret\n") ==
          pair + "- redis.conf:5: has quotes that do not fit\n");
    CHECK(host.of("tls-cert-file \"/" + secret + "\"\ntls-key-file /k\n") ==
          "- redis.conf:1: tls-cert-file is no path\n");
    CHECK(host.of(tls + "include " + host.folder / "redis.conf" + "\n") ==
          pair + "- redis.conf:4: includes the file that it is in\n");
    CHECK(host.of(tls + std::string(70'000, 'a') + "\n") ==
          pair + "- redis.conf:4: is longer than 65536 bytes\n");
    CHECK(host.of(tls + repeated("a ", 2000) + "\n") ==
          pair + "- redis.conf:4: has more than 1000 words\n");
    CHECK(host.of(tls + repeated("\"\n", 1000)).ends_with("- redis.conf:103: too many faults\n"));
    CHECK(
        host.of(repeated("tls-port 1\n", 300'000)).find("too many settings") != std::string::npos);
    std::string many = "bind";
    for (int i = 1; i < 100; ++i)
        many += " 10.0.0." + std::to_string(i);
    CHECK(host.of(tls + many + "\n").ends_with("- redis.conf:4: too many addresses\n"));
    for (int i = 0; i < 30; ++i)
        host.folder.write("deep" + std::to_string(i),
            "include " + host.folder / ("deep" + std::to_string(i + 1)) + "\n");
    CHECK(host.of(tls + "include " + host.folder / "deep0" + "\n").find("nested too deep") !=
          std::string::npos);
}
