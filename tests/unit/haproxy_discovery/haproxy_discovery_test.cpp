// What a configuration says, in small pieces. haproxy_truth_test.cpp asks HAProxy itself.

#include "plugins/haproxy_discovery/crt_list.h"
#include "plugins/haproxy_discovery/haproxy_discovery.h"

#include "tests/support/discovery_text.h"
#include "tests/support/test_pki.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::test;

namespace {

struct Host {
    TemporaryFolder folder;
    TestPki pki{folder};

    Host()
    {
        pki.makeRoot("root");
        for (const std::string name : {"a.test", "b.test"})
            pki.issue(name, "root", {name, "DNS:" + name + ",DNS:*.w." + name, "serverAuth"});
        pki.issue("r.test", "root", {"r.test", "DNS:a.test,DNS:r.test", "serverAuth", "rsa-2048"});
        for (const std::string name : {"a", "b", "r"})
            folder.write(name + ".pem",
                readText(pki[name + ".test"].certificate) + readText(pki[name + ".test"].key));
    }
    std::string discovered(const std::string& config, PluginSettings settings = {}) const
    {
        settings["config"] = folder.write("haproxy.cfg", config);
        const auto source = plugins::makeHaproxyDiscovery(settings);
        REQUIRE_MESSAGE(source.ok(), (source ? "" : source.error().message));
        const auto found = (*source)->discover();
        REQUIRE(found.ok());
        return textOf(*found, folder.path().string() + "/");
    }
    // One `bind` in a frontend, with crt-base.
    std::string bind(const std::string& line) const
    {
        return discovered(
            "global\n crt-base " + folder.path().string() + "\nfrontend f\n bind " + line + "\n");
    }
};

} // namespace

TEST_CASE("a bind says where its certificates are looked at")
{
    const Host host;
    const std::vector<std::pair<std::string, std::string>> table = {
        {":443 ssl crt a.pem", " 127.0.0.1|443|a.test"},
        {"*:443 ssl crt a.pem", " 127.0.0.1|443|a.test"},
        {"0.0.0.0:443 ssl crt a.pem", " 127.0.0.1|443|a.test"},
        {"192.0.2.1:443 crt a.pem ssl alpn h2,http/1.1", " 192.0.2.1|443|a.test"},
        {"ipv4@192.0.2.1:443 ssl crt a.pem", " 192.0.2.1|443|a.test"},
        {":::443 v4v6 ssl crt a.pem", " ::1|443|a.test"},
        {"[2001:DB8::1]:443 ssl crt a.pem", " 2001:db8::1|443|a.test"},
        {"ipv6@:443 ssl crt a.pem", " ::1|443|a.test"},
        {":443,192.0.2.1:444 ssl crt a.pem", " 127.0.0.1|443|a.test 192.0.2.1|444|a.test"},
        {"192.0.2.1:1000-1001 ssl crt a.pem", " 192.0.2.1|1000|a.test 192.0.2.1|1001|a.test"},
        {"/run/haproxy.sock ssl crt a.pem", ""},
        {"quic4@:443 ssl crt a.pem", ""},
        {":443 crt a.pem", ""},
        {":443 name ssl crt a.pem", ""},
    };
    for (const auto& [line, listeners] : table) {
        CAPTURE(line);
        CHECK(host.bind(line) == "a.pem a.pem haproxy" + listeners + "\n");
    }
}

TEST_CASE("a bind that cannot be looked at is told, and the certificate is found all the same")
{
    const Host host;
    const std::vector<std::pair<std::string, std::string>> table = {
        {"web.test:443 ssl", "bind: not a numeric address; names are not looked up"},
        {"127.0.0.1 ssl", "bind: an address without a port"},
        {":0 ssl", "bind: not a port"},
        {":443 ssl accept-proxy",
            "127.0.0.1:443 is not looked at: it expects the PROXY protocol before TLS"},
    };
    for (const auto& [line, reason] : table) {
        CAPTURE(line);
        CHECK(host.bind(line + " crt a.pem") ==
              "a.pem a.pem haproxy\n- haproxy.cfg:4: " + reason + "\n");
    }
}

TEST_CASE("the names of the certificates, or of a crt-list, lead to them")
{
    const Host host;
    CHECK(host.bind(":443 ssl crt a.pem crt b.pem") ==
          "a.pem a.pem haproxy 127.0.0.1|443|a.test\nb.pem b.pem haproxy 127.0.0.1|443|b.test\n");
    // Of one name the EC key is shown; the other is reached by its own name.
    CHECK(host.bind(":443 ssl crt r.pem crt a.pem") ==
          "r.pem r.pem haproxy 127.0.0.1|443|r.test\na.pem a.pem haproxy 127.0.0.1|443|a.test\n");
    host.folder.write("list", "# comment\nb.pem [alpn h2] b.x.test # more\n"
                              "a.pem *.x.test !perennial.x.test\n\n  r.pem\n");
    CHECK(host.bind(":443 ssl crt-list " + host.folder / "list") ==
          "b.pem b.pem haproxy 127.0.0.1|443|b.x.test\n"
          "a.pem a.pem haproxy 127.0.0.1|443|perennial-1.x.test\n"
          "r.pem r.pem haproxy 127.0.0.1|443|a.test\n");
    host.folder.write("list", "a.pem none\nb.pem a.pem.\n");
    const auto strict = host.bind(":443 ssl strict-sni crt-list " + host.folder / "list");
    CHECK(strict.starts_with("a.pem a.pem haproxy 127.0.0.1|443|none\n"));
    host.folder.write("list", "a.pem !x.test\nb.pem !x.test\n");
    CHECK(host.bind(":443 ssl crt-list " + host.folder / "list") ==
          "a.pem a.pem haproxy 127.0.0.1|443|\nb.pem b.pem haproxy\n"
          "- haproxy.cfg:4: 127.0.0.1:443 is not looked at: no name that can be asked for leads to "
          "b.pem\n");
}

TEST_CASE("keys are in the file or beside it")
{
    const Host host;
    const auto& a = host.pki["a.test"];
    host.folder.write("lone.crt", readText(a.certificate));
    CHECK(host.bind(":443 ssl crt lone.crt") ==
          "- haproxy.cfg:4: lone.crt: no private key in it or beside it\n");
    host.folder.write("lone.crt.key", readText(a.key));
    CHECK(host.bind(":443 ssl crt lone.crt") ==
          "lone.crt lone.crt.key haproxy 127.0.0.1|443|a.test\n");
    const auto frontend = "frontend f\n bind :443 ssl crt " + host.folder / "lone.crt" + "\n";
    CHECK(host.discovered("global\n ssl-load-extra-files none\n" + frontend) ==
          "- haproxy.cfg:4: lone.crt: no private key in it or beside it\n");
    CHECK(host.discovered("global\n ssl-load-extra-files bundle key\n" + frontend) ==
          "lone.crt lone.crt.key haproxy 127.0.0.1|443|a.test\n");
    host.folder.write("lone.key", readText(a.key));
    CHECK(host.discovered("global\n ssl-load-extra-del-ext\n" + frontend) ==
          "lone.crt lone.key haproxy 127.0.0.1|443|a.test\n");
}

TEST_CASE("a folder stands for the certificates in it, and a name for its bundle")
{
    const Host host;
    std::filesystem::create_directories(host.folder / "dir/below");
    const auto a = readText(host.folder / "a.pem");
    for (const char* name : {"dir/2.pem", "dir/.hidden.pem", "dir/below/x.pem", "dir/1.pem.key",
             "dir/2.pem.ocsp", "two.pem.ecdsa"})
        host.folder.write(name, a);
    host.folder.write("dir/1.pem", readText(host.folder / "b.pem"));
    host.folder.write("two.pem.rsa", readText(host.folder / "r.pem"));
    CHECK(host.bind(":443 ssl crt dir") == "dir/1.pem dir/1.pem haproxy 127.0.0.1|443|b.test\n"
                                           "dir/2.pem dir/2.pem haproxy 127.0.0.1|443|a.test\n");
    CHECK(host.bind(":443 ssl crt two.pem") ==
          "two.pem.ecdsa two.pem.ecdsa haproxy 127.0.0.1|443|a.test\n"
          "two.pem.rsa two.pem.rsa haproxy 127.0.0.1|443|r.test\n");
}

TEST_CASE("what is shown to other servers is found too")
{
    const Host host;
    const auto a = host.folder / "a.pem";
    CHECK(host.discovered("backend b\n server s 192.0.2.1:443 ssl crt " + a +
                          " verify none\n default-server ssl crt " + a + "\n") ==
          "a.pem a.pem haproxy\na.pem a.pem haproxy\n");
}

TEST_CASE("relative paths, variables and branches")
{
    const Host host;
    const auto folder = host.folder.path().string();
    const std::string frontend = "frontend f\n bind :443 ssl crt a.pem\n";
    const std::string found = "a.pem a.pem haproxy 127.0.0.1|443|a.test\n";
    CHECK(host.discovered(frontend) ==
          "- haproxy.cfg:2: crt: relative to where HAProxy is started; the source's `folder` can "
          "say it\n");
    CHECK(host.discovered(frontend, {{"folder", folder}}) == found);
    CHECK(host.discovered("global\n default-path config\n" + frontend) == found);
    CHECK(host.discovered("global\n default-path origin " + folder + "\n" + frontend) == found);
    CHECK(
        host.discovered("global\n setenv DIR " + folder +
                        "\nfrontend f\n bind \":${PORT-443}\" ssl crt \"$DIR/a.pem\"\n") == found);
    CHECK(host.discovered("frontend f\n bind :443 ssl crt \"${DIR}/a.pem\"\n",
              {{"variables", "DIR=" + folder}}) == found);
    CHECK(host.discovered("frontend f\n bind :443 ssl crt \"${NONE}/a.pem\"\n") ==
          "- haproxy.cfg:2: crt holds a variable\n");
    CHECK(host.discovered(
              ".if version_atleast(2.4)\n" + frontend + ".endif\n", {{"folder", folder}}) ==
          found + "- haproxy.cfg:1: .if is not decided from files: every branch is read\n");
}

TEST_CASE("broken lines end their file and stop no other")
{
    const Host host;
    const auto good = "frontend f\n bind :443 ssl crt " + host.folder / "a.pem" + "\n";
    std::filesystem::create_directory(host.folder / "conf");
    host.folder.write("conf/1.cfg", "frontend g\n bind \":444\n");
    host.folder.write("conf/2.cfg", good);
    host.folder.write("conf/3.txt", "\"");
    host.folder.write("conf/.4.cfg", "\"");
    const auto source = plugins::makeHaproxyDiscovery({{"config", host.folder / "conf"}});
    REQUIRE(source.ok());
    const auto found = (*source)->discover();
    REQUIRE(found.ok());
    CHECK(textOf(*found, host.folder.path().string() + "/") ==
          "a.pem a.pem haproxy 127.0.0.1|443|a.test\n- conf/1.cfg:2: a quote is left open\n");
}

TEST_CASE("files that are no certificates are told without a word of them")
{
    const Host host;
    host.folder.write("key.pem", readText(host.pki["a.test"].key));
    CHECK(host.bind(":443 ssl crt key.pem").find("PRIVATE") == std::string::npos);
    CHECK(host.bind(":443 ssl crt none.pem") ==
          "- haproxy.cfg:4: none.pem: No such file or directory\n");
    CHECK(host.bind(":443 ssl crt @store/web") ==
          "- haproxy.cfg:4: crt: a crt-store is not followed\n");
    // A crt-list that is a certificate with its key.
    const auto text = host.bind(":443 ssl crt-list " + host.folder / "a.pem");
    CHECK(text.find("PRIVATE") == std::string::npos);
    const auto key = readText(host.pki["a.test"].key);
    CHECK(text.find(key.substr(key.find('\n') + 1, 20)) == std::string::npos);
}

TEST_CASE("a crt-list has a file, settings and names a line")
{
    using plugins::haproxy::parseCrtList;
    CHECK(parseCrtList("a.pem [x] [y]\n").error().message ==
          "1: settings in brackets follow the file, once");
    CHECK(parseCrtList("\n[x] a.pem\n").error().message ==
          "2: settings in brackets follow the file, once");
    CHECK_FALSE(parseCrtList("a.pem [x\n").ok());
    CHECK_FALSE(parseCrtList(std::string(70'000, 'a')).ok());
    const auto lines = parseCrtList("a.pem[alpn h2 ]b.test\tc.test\r\n#x\n");
    REQUIRE(lines.ok());
    REQUIRE(lines->size() == 1);
    CHECK(lines->front().file == "a.pem");
    CHECK(lines->front().names == std::vector<std::string>{"b.test", "c.test"});
}

TEST_CASE("many of everything is bounded")
{
    const Host host;
    std::string text = "global\n crt-base " + host.folder.path().string() + "\nfrontend f\n";
    SUBCASE("addresses of a line")
    {
        text += " bind ";
        for (int i = 0; i < 4'000; ++i)
            text += "10.0.0.1:1-100,";
        text += "10.0.0.1:1 ssl crt a.pem\n";
    }
    SUBCASE("addresses times certificates")
    {
        for (int i = 0; i < 2'000; ++i) {
            text += " bind 10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250) +
                    ":1-100 ssl";
            for (int c = 0; c < 50; ++c)
                text += " crt a.pem";
            text += "\n";
        }
    }
    SUBCASE("lines")
    {
        for (int i = 0; i < 300'000; ++i)
            text += " bind :1 ssl\n";
    }
    const auto found = host.discovered(text);
    CHECK(found.size() < (64U << 20U));
}

TEST_CASE("what a short line becomes with long values is bounded")
{
    const Host host;
    std::string line = " bind :443 ssl";
    for (int i = 0; i < 100; ++i)
        line += " \"$A\"";
    CHECK(host.discovered(
                  "global\n setenv A " + std::string(60'000, 'a') + "\nfrontend f\n" + line + "\n")
              .find("too many words") != std::string::npos);
    std::string lines;
    for (int i = 0; i < 1000; ++i)
        lines += " bind :443 ssl crt \"$A\"\n";
    CHECK(
        host.discovered("global\n setenv A " + std::string(60'000, 'a') + "\nfrontend f\n" + lines)
            .find("variables make too much text") != std::string::npos);
}

TEST_CASE("settings are checked by name")
{
    const auto refusal = [](const PluginSettings& settings) {
        const auto made = plugins::makeHaproxyDiscovery(settings);
        return made ? std::string() : made.error().message;
    };
    CHECK(refusal({{"config", "/etc/haproxy/haproxy.cfg"}}).empty());
    CHECK(refusal({}) == "config: is missing");
    CHECK(refusal({{"config", "haproxy.cfg"}}) == "config: must be absolute paths");
    CHECK(refusal({{"config", "/a"}, {"folder", "b"}}) == "folder: must be an absolute path");
    CHECK(refusal({{"config", "/a"}, {"variables", "b"}}) == "variables: each is NAME=value");
    CHECK(refusal({{"config", "/a"}, {"prefix", "/b"}}) == "unknown key \"prefix\"");
    const auto gone = (*plugins::makeHaproxyDiscovery({{"config", "/nowhere/a.cfg"}}))->discover();
    REQUIRE_FALSE(gone.ok());
    CHECK(gone.error().kind == ErrorKind::NotFound);
}
