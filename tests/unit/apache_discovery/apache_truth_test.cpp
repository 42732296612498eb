// Apache itself and openssl s_client say whether a configuration was understood.

#include "plugins/apache_discovery/apache_discovery.h"
#include "plugins/apache_discovery/config_reader.h"
#include "tests/support/apache.h"
#include "tests/support/discovery_text.h"
#include "tests/support/served_certificate.h"
#include "tests/support/test_pki.h"

#include <algorithm>
#include <doctest/doctest.h>
#include <map>
#include <random>
#include <sstream>

using namespace perennial;
using namespace perennial::test;

namespace {

std::string certificate(const TestPki& pki, const std::string& name)
{
    return "SSLCertificateFile " + pki[name].certificate + "\nSSLCertificateKeyFile " +
           pki[name].key + "\n";
}

std::string host(const std::string& addresses, const std::string& content)
{
    return "<VirtualHost " + addresses + ">\nSSLEngine on\n" + content + "</VirtualHost>\n";
}

// Every listener that is found shows what was found for it; how often each certificate was seen.
std::map<std::string, std::size_t> seenOf(const Discovery& found)
{
    std::map<std::string, std::size_t> seen;
    for (const auto& place : found.places) {
        const auto expected = opensslFingerprint(readText(place.place.certificatePath));
        const auto name = std::filesystem::path(place.place.certificatePath).stem().string();
        for (const auto& listener : place.listeners) {
            CAPTURE(listener.host);
            CAPTURE(listener.port);
            CAPTURE(listener.serverName);
            CAPTURE(name);
            CHECK(servedAt(listener) == expected);
            ++seen[name];
        }
    }
    return seen;
}

Discovery discoveryOf(const std::string& file)
{
    const auto source = plugins::makeApacheDiscovery({{"config", file}});
    REQUIRE(source.ok());
    auto found = (*source)->discover();
    REQUIRE(found.ok());
    return *std::move(found);
}

} // namespace

TEST_CASE("words and lines mean to Apache what they mean here")
{
    const std::vector<std::string> tokens = {"plain", R"("double")", R"('single')", R"("a\"b")",
        R"('a\'b')", R"("a\\b")", R"(a\\b)", R"(a\"b)", R"("a # b")", "a#b", R"("a'b")", R"('a"b')",
        R"(a"b"c)", R"("a\tb")", "${NAME}", "a${NAME}b", R"("${NAME} ${NAME}")", "${NONE}", "$NAME",
        "a\\\nb", "\"a\\\r\n b\"", "\"open", "\"${SPACED}\"", "a${SPACED"};
    const TemporaryFolder folder;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        CAPTURE(tokens[i]);
        // Apache prints what it was told to define.
        const auto text =
            "Define NAME value\nDefine SPACED \"a b\"\nDefine TOKEN " + tokens[i] + "\n";
        const auto dump = runTool(apacheCommand(folder,
            folder.write("apache2.conf", apacheBase(folder) + text), {"-t", "-D", "DUMP_RUN_CFG"}));
        const std::string mark = "Define: TOKEN=";
        auto at = dump.output.find(mark);
        REQUIRE_MESSAGE(at != std::string::npos, dump.output);
        at += mark.size();
        const auto shown = dump.output.substr(at, dump.output.find('\n', at) - at);

        plugins::apache::Variables variables = {{"NAME", "value"}, {"SPACED", "a b"}};
        const auto written = "Define TOKEN " + tokens[i] + "\n";
        plugins::apache::ConfigLines lines(written);
        const auto line = lines.next();
        REQUIRE(line.ok());
        REQUIRE(line->has_value());
        const auto words =
            plugins::apache::wordsOf(plugins::apache::withVariables((*line)->text, variables));
        REQUIRE(words.size() >= 3);
        CHECK(words[2] == shown);
    }
}

TEST_CASE("the same files are read in the same order, whatever the includes look like")
{
    const TemporaryFolder folder;
    for (const char* name : {"sites", "sites/below", "conf.d", "deep/a", "deep/a-b", "deep/b"})
        std::filesystem::create_directories(folder / name);
    for (const char* name : {"sites/b.conf", "sites/a.conf", "sites/.hidden.conf", "sites/below/c",
             "sites/B.conf", "conf.d/10.conf", "conf.d/9.conf", "deep/a/1.conf", "deep/a-b/1.conf",
             "deep/b/1.conf", "deep/b/2.conf", "never.conf"})
        folder.write(name, "# nothing\n");
    folder.write("nested.conf", "Include conf.d/9.conf\nIncludeOptional deep/*/1.conf\n");
    std::filesystem::create_symlink(folder / "never.conf", folder / "sites/linked.conf");
    const auto file =
        folder.write("apache2.conf", apacheBase(folder) +
                                         "Include sites/*.conf\nInclude sites/\nInclude conf.d/*\n"
                                         "<IfModule mod_none.c>\nInclude never.conf\n</IfModule>\n"
                                         "<IfDefine !NONE>\nInclude nested.conf\n</IfDefine>\n"
                                         "IncludeOptional none/*.conf\nIncludeOptional none.conf\n"
                                         "Include deep/?/[12].conf\nInclude \"" +
                                         folder / "sites/a.conf" + "\"\n");
    std::vector<std::string> shown;
    std::istringstream dump(mustRun(apacheCommand(folder, file, {"-t", "-D", "DUMP_INCLUDES"})));
    for (std::string line; std::getline(dump, line);) {
        const auto at = line.find("/");
        if (line.find(folder.path().string()) != std::string::npos)
            shown.push_back(line.substr(at));
    }
    Discovery found;
    const PosixFileSystem files;
    plugins::apache::ConfigReader reader(
        files, found, plugins::apache::Conditions(folder.path().string(), {}, {}));
    REQUIRE(reader.read(file).ok());
    CHECK(reader.filesRead() == shown);
    CHECK(found.skipped.empty());
    CHECK(shown.size() == 22);
}

TEST_CASE("every listener that is found shows the certificate that was found for it")
{
    const TemporaryFolder folder;
    TestPki pki(folder);
    pki.makeRoot("root");
    for (const char* name : {"first", "second", "third", "fourth", "fifth", "main"})
        pki.issueServer(name, "root");
    const auto both =
        folder.write("both.pem", readText(pki["fifth"].key) + readText(pki["fifth"].certificate));
    const auto p = std::to_string(freePort());
    const auto q = std::to_string(freePort());
    std::filesystem::create_directory(folder / "sites");
    folder.write("sites/1.conf", host("*:" + p, "ServerName first.test\nServerAlias *.a.test\n" +
                                                    certificate(pki, "first")));
    folder.write(
        "sites/2.conf", host("*:" + p + " 127.0.0.1:" + p,
                            "ServerName https://second.test:443\n" + certificate(pki, "second")));
    folder.write(
        "sites/3.conf", host("127.0.0.1", "ServerName third.test\n" + certificate(pki, "third")));
    folder.write("sites/4.conf", host("127.0.0.1:" + p, "ServerAlias perennial.a.test x.a.test\n" +
                                                            certificate(pki, "fourth")));
    folder.write(
        "sites/5.conf", host("*:" + p, "ServerAlias ?.b.test\nSSLCertificateFile both.pem\n"));
    folder.write("sites/6.conf", host("*:" + q, certificate(pki, "main")));
    const auto file = folder.write(
        "apache2.conf", apacheBase(folder) + "Listen " + p + "\nListen " + q +
                            "\n<IfModule ssl_module>\nIncludeOptional sites/*.conf\n</IfModule>\n");
    const Apache apache(folder, file, std::stoi(q));

    const auto found = discoveryOf(file);
    const auto seen = seenOf(found);
    CHECK(seen.at("first") == 1);
    CHECK(seen.at("second") == 2);
    CHECK(seen.at("third") == 1);
    CHECK(seen.at("fourth") == 1);
    CHECK(seen.at("both") == 1);
    CHECK(seen.at("main") == 1);
    CHECK(found.skipped.empty());
    CHECK(both == folder / "both.pem");
}

namespace {

// Virtual hosts that overlap in addresses and names as those of a large server do.
class RandomHosts {
public:
    RandomHosts(unsigned seed, const std::vector<int>& ports) : dice_(seed), ports_(ports) {}

    std::string next(const std::string& content)
    {
        std::string text = "<VirtualHost";
        for (int i = throwDice(2); i >= 0; --i) {
            text += " " + hosts_.at(static_cast<std::size_t>(throwDice(4)));
            const int port = throwDice(4);
            if (port < 3) text += ":" + std::to_string(ports_[static_cast<std::size_t>(port) % 2]);
        }
        text += ">\n";
        if (throwDice(6) > 0) text += "SSLEngine on\n" + content;
        if (throwDice(5) > 0) text += "ServerName " + plainName() + "\n";
        for (int i = throwDice(3); i > 0; --i)
            text += "ServerAlias " + name() + "\n";
        return text + "</VirtualHost>\n";
    }

private:
    int throwDice(int sides) { return static_cast<int>(dice_() % static_cast<unsigned>(sides)); }
    std::string plainName() { return names_.at(static_cast<std::size_t>(throwDice(3))); }
    std::string name() { return names_.at(static_cast<std::size_t>(throwDice(8))); }

    std::mt19937 dice_;
    std::vector<int> ports_;
    std::vector<std::string> hosts_ = {"*", "_default_", "127.0.0.1", "[::1]"};
    std::vector<std::string> names_ = {"a.test", "b.test", "www.a.test", "*.test", "*.a.test",
        "?.test", "w*.test", "perennial.test"};
};

} // namespace

TEST_CASE("virtual hosts thrown together at random show what was found for them")
{
    const TemporaryFolder folder;
    TestPki pki(folder);
    pki.makeRoot("root");
    std::vector<std::string> contents;
    for (int i = 0; i < 6; ++i) {
        const auto name = "server" + std::to_string(i);
        pki.issueServer(name, "root");
        contents.push_back(certificate(pki, name));
    }
    std::size_t looked = 0;
    for (const unsigned seed : {1U, 2U, 3U, 4U, 5U, 6U, 7U, 8U}) {
        CAPTURE(seed);
        const std::vector<int> ports = {freePort(), freePort()};
        RandomHosts hosts(seed, ports);
        std::string text = "Listen " + std::to_string(ports[0]) +
                           "\nListen 127.0.0.1:" + std::to_string(ports[1]) +
                           "\nListen [::1]:" + std::to_string(ports[1]) + "\n";
        for (const auto& content : contents)
            text += hosts.next(content);
        CAPTURE(text);
        const auto file = folder.write("apache2.conf", apacheBase(folder) + text);
        const Apache apache(folder, file, ports[0]);
        for (const auto& [name, times] : seenOf(discoveryOf(file)))
            looked += times;
    }
    CHECK(looked > 30);
}

TEST_CASE("Debian's own configuration is read without a complaint")
{
    const auto found = discoveryOf("/etc/apache2/apache2.conf");
    for (const auto& reason : found.skipped)
        CHECK_MESSAGE(reason.find("does not hold") != std::string::npos, reason);
}
