// HAProxy itself and openssl s_client say whether a configuration was understood.

#include "plugins/haproxy_discovery/config_words.h"
#include "plugins/haproxy_discovery/haproxy_discovery.h"
#include "tests/support/discovery_text.h"
#include "tests/support/served_certificate.h"
#include "tests/support/test_pki.h"

#include <doctest/doctest.h>
#include <random>

using namespace perennial;
using namespace perennial::test;

namespace {

std::string base()
{
    return "global\n maxconn 50\ndefaults\n mode http\n timeout client 5s\n timeout server 5s\n"
           " timeout connect 5s\n";
}

std::vector<std::string> haproxyCommand(const std::string& file)
{
    return {"/usr/sbin/haproxy", "-db", "-f", file};
}

} // namespace

TEST_CASE("words mean to HAProxy what they mean here")
{
    const std::vector<std::string> tokens = {"plain", R"("double")", R"('single')", R"("a\"b")",
        R"(a\ b)", R"('a b'c)", R"(a"b c"d)", R"("a\\b")", R"(a\\b)", R"(a\#b)", R"("a # b")",
        R"('a\b')", R"("$NAME")", R"("${NAME}x")", R"("\$NAME")", R"("${NONE-other}")", R"(a\tb)",
        R"(a\x41b)", R"(a\"b)", R"(a\'b)", R"("a'b")", R"('a"b')"};
    const TemporaryFolder folder;
    const int port = freePort();
    std::string rules;
    for (std::size_t i = 0; i < tokens.size(); ++i)
        rules += " http-request return status 200 content-type text/plain string " + tokens[i] +
                 " if { path /" + std::to_string(i) + " }\n";
    auto text = base();
    text.insert(text.find("defaults"), " setenv NAME value\n");
    const auto file = folder.write(
        "haproxy.cfg", text + "frontend f\n bind 127.0.0.1:" + std::to_string(port) + "\n" + rules);
    ChildProcess haproxy(haproxyCommand(file));
    haproxy.waitForPort(port);
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        CAPTURE(tokens[i]);
        const auto answer = mustRun({"/usr/bin/curl", "--silent", "--noproxy", "*",
            "http://127.0.0.1:" + std::to_string(port) + "/" + std::to_string(i)});
        const auto words =
            plugins::haproxy::wordsOf("string " + tokens[i] + " if", {{"NAME", "value"}});
        REQUIRE(words.ok());
        REQUIRE(words->size() == 3);
        CHECK((*words)[1] == answer);
    }
}

TEST_CASE("certificates thrown together at random show what was found for them")
{
    const TemporaryFolder folder;
    TestPki pki(folder);
    pki.makeRoot("root");
    std::mt19937 dice(1);
    const auto throwDice = [&](std::size_t sides) { return dice() % sides; };
    const std::vector<std::string> names = {"a.test", "b.test", "*.test", "w.a.test", "*.a.test",
        "perennial.test", "w.b.test", "*.b.test"};
    std::vector<std::string> files;
    for (int i = 0; i < 8; ++i) {
        const auto name = "server" + std::to_string(i);
        pki.issue(name, "root",
            {names[throwDice(8)], "DNS:" + names[throwDice(8)] + ",DNS:" + names[throwDice(8)],
                "serverAuth", throwDice(3) == 0 ? "rsa-2048" : "ec-p256"});
        // The key may stand before or behind, and the chain may be there.
        const auto key = readText(pki[name].key);
        const auto chain = readText(pki[name].fullChain);
        if (throwDice(3) == 0) {
            files.push_back(folder.write(name + "-c.pem", chain));
            folder.write(name + "-c.pem.key", key);
        } else {
            files.push_back(folder.write(name + "-c.pem", i % 2 == 0 ? key + chain : chain + key));
        }
    }
    std::size_t looked = 0;
    for (int round = 0; round < 8; ++round) {
        const auto p = std::to_string(freePort());
        const auto q = std::to_string(freePort());
        std::string list;
        for (std::size_t i = 0; i < 4; ++i) {
            list += files[throwDice(8)];
            if (throwDice(2) == 0) list += " [ssl-min-ver TLSv1.2]";
            for (std::size_t n = throwDice(4); n > 0; --n)
                list += (throwDice(5) == 0 ? " !" : " ") + names[throwDice(8)];
            list += "\n";
        }
        const auto listFile = folder.write("list", list);
        const std::string strict = throwDice(3) == 0 ? " strict-sni" : "";
        auto text = base() + "frontend f\n bind :" + p + " ssl crt-list " + listFile + strict +
                    "\n bind 127.0.0.1:" + p + ",127.0.0.1:" + q + " ssl";
        for (std::size_t i = 0; i <= throwDice(4); ++i)
            text += " crt " + files[throwDice(8)];
        CAPTURE(text);
        CAPTURE(list);
        const auto file = folder.write("haproxy.cfg", text + "\n");
        ChildProcess haproxy(haproxyCommand(file));
        haproxy.waitForPort(std::stoi(q));
        const auto found = (*plugins::makeHaproxyDiscovery({{"config", file}}))->discover();
        REQUIRE(found.ok());
        looked += checkServed(*found);
    }
    CHECK(looked > 30);
}

TEST_CASE("Debian's own configuration is read without a complaint")
{
    const auto found =
        (*plugins::makeHaproxyDiscovery({{"config", "/etc/haproxy/haproxy.cfg"}}))->discover();
    REQUIRE(found.ok());
    CHECK(found->skipped.empty());
}
