// nginx itself and openssl s_client say whether a configuration was understood.

#include "plugins/nginx_discovery/config_reader.h"
#include "plugins/nginx_discovery/config_tokens.h"
#include "plugins/nginx_discovery/nginx_discovery.h"
#include "tests/support/served_certificate.h"
#include "tests/support/test_pki.h"

#include <algorithm>
#include <doctest/doctest.h>
#include <map>
#include <random>
#include <set>
#include <sstream>

using namespace perennial;
using namespace perennial::test;

namespace {

// What nginx needs to run as a test's own, before and inside http.
std::string mainPart(const TemporaryFolder& folder)
{
    return "daemon off; master_process off; pid " + folder / "pid" +
           "; error_log stderr warn;\nevents { worker_connections 512; }\n";
}

std::string httpPart(const TemporaryFolder& folder)
{
    std::string text = "access_log off; ";
    for (const char* what : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
        text += std::string(what) + "_temp_path " + folder / what + "; ";
    return text + "\n";
}

std::vector<std::string> nginxCommand(
    const TemporaryFolder& folder, const std::string& file, std::vector<std::string> more = {})
{
    std::vector<std::string> command = {
        "/usr/sbin/nginx", "-p", folder.path().string(), "-e", "stderr", "-c", file};
    command.insert(command.end(), more.begin(), more.end());
    return command;
}

std::string readByUs(const std::string& token)
{
    const auto statement = plugins::nginx::ConfigTokens("return 200 " + token + ";").next();
    if (!statement || statement->words.size() != 3) return "(refused)";
    return statement->words[2];
}

} // namespace

TEST_CASE("words mean to nginx what they mean here")
{
    const std::vector<std::string> tokens = {"plain", R"("double")", R"('single')", R"("a\"b")",
        R"('a\'b')", R"("a\\b")", R"(a\\b)", R"(a\ b)", R"(a\;b)", R"(a\"b)", R"("a\tb")",
        R"(a\nb)", R"("a\rb")", R"("a\db")", R"(a"b"c)", R"(a'b)", "a#b", "a}b", R"("a # b ; { }")",
        R"("a
b")",
        R"('a"b')", R"("a'b")", R"(\\)", R"(\a)", R"("\\\\")", R"(a\{b)", "\"\xC3\xA4\""};
    const TemporaryFolder folder;
    const int port = freePort();
    std::string locations;
    for (std::size_t i = 0; i < tokens.size(); ++i)
        locations += "location = /" + std::to_string(i) + " { return 200 " + tokens[i] + "; }\n";
    const auto file = folder.write("nginx.conf",
        mainPart(folder) + "http { " + httpPart(folder) + "default_type text/plain;\nserver { " +
            "listen 127.0.0.1:" + std::to_string(port) + ";\n" + locations + "} }\n");
    ChildProcess nginx(nginxCommand(folder, file));
    nginx.waitForPort(port);
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        CAPTURE(tokens[i]);
        const auto answer = mustRun({"/usr/bin/curl", "--silent", "--noproxy", "*",
            "http://127.0.0.1:" + std::to_string(port) + "/" + std::to_string(i)});
        CHECK(readByUs(tokens[i]) == answer);
    }
}

TEST_CASE("what nginx takes for a fault of the syntax is one here")
{
    const std::vector<std::string> texts = {"pid x", "pid \"x;", "pid 'x\" y;", "pid \"x\"y;", "; ",
        "{ }", "} ", "events { } }", "events { ", "events {}", "events{}", "pid x }",
        "pid x;# comment", "pid \"x\";", "pid \"x\" ;", "pid x\\;", "pid 'x'{", "\"pid\" x;",
        "events { worker_connections 1024; }", "pid " + std::string(4200, 'x') + ";"};
    for (const auto& text : texts) {
        CAPTURE(text.substr(0, 40));
        const TemporaryFolder folder;
        // Included, so that a whole configuration stands around it.
        folder.write("part.conf", text);
        const auto file = folder.write("nginx.conf",
            std::string(text.find("events") == std::string::npos ? "events {}\n" : "") +
                "error_log stderr;\ninclude part.conf;\nhttp { " + httpPart(folder) + "}\n");
        const auto verdict = runTool(nginxCommand(folder, file, {"-t", "-q"}));
        const bool accepted = verdict.status == 0;
        Discovery found;
        const PosixFileSystem files;
        REQUIRE(plugins::nginx::ConfigReader(files, found).read(file).ok());
        CHECK_MESSAGE(found.skipped.empty() == accepted, verdict.output);
    }
}

TEST_CASE("the same files are read in the same order, whatever the includes look like")
{
    const TemporaryFolder folder;
    for (const char* name : {"sites", "conf.d", "snippets", "deep/a", "deep/b"})
        std::filesystem::create_directories(folder / name);
    for (const char* name : {"sites/b.conf", "sites/a.conf", "sites/.hidden.conf", "sites/a.off",
             "sites/B.conf", "conf.d/10.conf", "conf.d/9.conf", "snippets/[x].conf",
             "deep/a/1.conf", "deep/b/1.conf", "deep/b/2.conf", "snippets/x.conf"})
        folder.write(name, "# nothing\n");
    folder.write("snippets/nested.conf", "include conf.d/9.conf;\ninclude deep/*/1.conf;");
    std::filesystem::create_symlink(folder / "snippets/x.conf", folder / "sites/linked.conf");
    std::filesystem::create_symlink(folder / "deep", folder / "other");
    const auto file = folder.write("nginx.conf",
        mainPart(folder) + "http { " + httpPart(folder) +
            "include sites/*.conf; include conf.d/*; include snippets/\\[x].conf;\n"
            "include snippets/nested.conf; include deep/?/[12].conf; include none/*.conf;\n"
            "include sites/[!a]*.conf; include \"" +
            folder / "sites/a.conf" +
            "\";\n"
            "include other/[a-b]/*.conf; include sites/.h*; }\n");

    std::vector<std::string> shown;
    std::istringstream dump(mustRun(nginxCommand(folder, file, {"-T", "-q"})));
    const std::string mark = "# configuration file ";
    for (std::string line; std::getline(dump, line);) {
        if (line.starts_with(mark))
            shown.push_back(line.substr(mark.size(), line.size() - mark.size() - 1));
    }
    Discovery found;
    const PosixFileSystem files;
    plugins::nginx::ConfigReader reader(files, found);
    REQUIRE(reader.read(file).ok());
    // nginx shows a file once, however often it is read.
    std::vector<std::string> read;
    for (const auto& name : reader.filesRead()) {
        if (std::find(read.begin(), read.end(), name) == read.end()) read.push_back(name);
    }
    CHECK(read == shown);
    CHECK(found.skipped.empty());
    CHECK(shown.size() == 16);
}

TEST_CASE("relative paths begin at the folder of the first file, not at the prefix")
{
    const TemporaryFolder folder;
    TestPki pki(folder);
    pki.makeRoot("root");
    pki.issueServer("right", "root");
    pki.issueServer("wrong", "root");
    std::filesystem::create_directories(folder / "conf/sites");
    const int port = freePort();
    for (const auto& [where, name] : {std::pair<std::string, std::string>{"", "wrong"},
             {"conf/", "right"}, {"conf/sites/", "wrong"}}) {
        folder.write(where + "web.pem", readText(pki[name].certificate));
        folder.write(where + "web.key", readText(pki[name].key));
    }
    folder.write("site.conf", "wrong;");
    folder.write("conf/sites/part.conf", "wrong;");
    folder.write("conf/site.conf", "include sites/site.conf;");
    folder.write("conf/sites/site.conf",
        "server { listen 127.0.0.1:" + std::to_string(port) + " ssl; include part.conf; }");
    folder.write("conf/part.conf", "ssl_certificate web.pem; ssl_certificate_key web.key;");
    folder.write("conf/nginx.conf",
        mainPart(folder) + "http { " + httpPart(folder) + "include site.conf; }");
    ChildProcess nginx(nginxCommand(folder, "conf/nginx.conf"));
    nginx.waitForPort(port);

    const auto source = plugins::makeNginxDiscovery(
        {{"config", "conf/nginx.conf"}, {"prefix", folder.path().string()}});
    REQUIRE(source.ok());
    const auto found = (*source)->discover();
    REQUIRE(found.ok());
    REQUIRE(found->places.size() == 1);
    CHECK(found->skipped.empty());
    CHECK(found->places[0].place.certificatePath == folder / "conf/web.pem");
    REQUIRE(found->places[0].listeners.size() == 1);
    CHECK(servedAt(found->places[0].listeners[0]) ==
          opensslFingerprint(readText(found->places[0].place.certificatePath)));
}

TEST_CASE("every listener that is found shows the certificate that was found for it")
{
    const TemporaryFolder folder;
    TestPki pki(folder);
    pki.makeRoot("root");
    const auto pairOf = [&](const std::string& name) {
        pki.issueServer(name, "root");
        return "ssl_certificate " + pki[name].certificate + "; ssl_certificate_key " +
               pki[name].key + ";";
    };
    const auto p = std::to_string(freePort());
    const auto q = std::to_string(freePort());
    std::filesystem::create_directory(folder / "sites");
    folder.write("sites/first.conf",
        "server { listen " + p + " ssl; server_name *.test; " + pairOf("first") + " }");
    folder.write("sites/second.conf", "server { listen " + p + " ssl; listen [::]:" + p +
                                          " ssl; server_name b.test perennial.test; " +
                                          pairOf("second") + " }");
    folder.write("sites/third.conf", "server { listen " + p + " ssl default_server; listen [::]:" +
                                         p + " ssl default_server; " + pairOf("third") + " }");
    folder.write("sites/fourth.conf",
        "server { listen 127.0.0.1:" + p + "; server_name .d.test d.*; " + pairOf("fourth") + " }");
    folder.write("sites/fifth.conf", "server { listen 127.0.0.1:" + p +
                                         " ssl; server_name ~^e e.test; " + pairOf("fifth") + " }");
    folder.write("sites/sixth.conf", "server { listen " + q +
                                         "; ssl on; server_name f.test; }\n"
                                         "server { listen " +
                                         q + "; server_name d.*; " + pairOf("sixth") + " }");
    const auto inherited = pairOf("inherited");
    const auto file = folder.write("nginx.conf",
        mainPart(folder) + "http { " + httpPart(folder) + inherited + " include sites/*.conf; }\n");
    ChildProcess nginx(nginxCommand(folder, file));
    nginx.waitForPort(std::stoi(p));
    nginx.waitForPort(std::stoi(q));

    const auto found = plugins::NginxDiscovery(file).discover();
    REQUIRE(found.ok());
    CHECK(found->skipped.empty());
    std::map<std::string, std::size_t> seen;
    for (const auto& place : found->places) {
        const auto expected = opensslFingerprint(readText(place.place.certificatePath));
        const auto name = std::filesystem::path(place.place.certificatePath).stem().string();
        for (const auto& listener : place.listeners) {
            CAPTURE(listener.host);
            CAPTURE(listener.serverName);
            CAPTURE(name);
            CHECK(servedAt(listener) == expected);
            ++seen[name];
        }
    }
    const std::map<std::string, std::size_t> all = {{"first", 1}, {"second", 2}, {"third", 2},
        {"fourth", 1}, {"fifth", 1}, {"sixth", 1}, {"inherited", 1}};
    CHECK(seen == all);
}

namespace {

// Servers that overlap in addresses and names as servers of a large host do.
class RandomServers {
public:
    RandomServers(unsigned seed, const std::vector<int>& ports) : dice_(seed), ports_(ports) {}

    std::string next(const std::string& pair)
    {
        std::string text = "server { " + pair;
        std::set<std::string> own;
        for (int i = throwDice(3); i >= 0; --i) {
            const auto address = hosts_.at(static_cast<std::size_t>(throwDice(4))) +
                                 std::to_string(ports_[static_cast<std::size_t>(throwDice(2))]);
            if (!own.insert(address.starts_with("*:") ? address.substr(2) : address).second)
                continue;
            text += " listen " + address + (throwDice(4) > 0 ? " ssl" : "");
            const bool isDefault = throwDice(4) == 0 && defaults_.insert(*own.rbegin()).second;
            text += isDefault ? " default_server;" : ";";
        }
        if (throwDice(5) == 0) return text + " }\n";
        text += " server_name";
        for (int i = throwDice(3); i >= 0; --i)
            text += " " + names_.at(static_cast<std::size_t>(throwDice(10)));
        return text + "; }\n";
    }

private:
    int throwDice(int sides) { return static_cast<int>(dice_() % static_cast<unsigned>(sides)); }

    std::mt19937 dice_;
    std::vector<int> ports_;
    std::set<std::string> defaults_;
    std::vector<std::string> hosts_ = {"", "*:", "127.0.0.1:", "[::1]:"};
    std::vector<std::string> names_ = {"a.test", "b.test", "www.a.test", "*.test", "*.a.test",
        ".b.test", "www.*", "a.*", "~^w", "_"};
};

} // namespace

TEST_CASE("servers thrown together at random show what was found for them")
{
    const TemporaryFolder folder;
    TestPki pki(folder);
    pki.makeRoot("root");
    std::vector<std::string> pairs;
    for (int i = 0; i < 6; ++i) {
        const auto& made = pki.issueServer("server" + std::to_string(i), "root");
        pairs.push_back(
            "ssl_certificate " + made.certificate + "; ssl_certificate_key " + made.key + ";");
    }
    std::size_t looked = 0;
    for (const unsigned seed : {1U, 2U, 3U, 4U, 5U, 6U}) {
        CAPTURE(seed);
        const std::vector<int> ports = {freePort(), freePort()};
        RandomServers servers(seed, ports);
        std::string text;
        for (const auto& pair : pairs)
            text += servers.next(pair);
        // So that both ports are there, whatever was thrown.
        for (const int port : ports)
            text += "server { listen 127.0.0.9:" + std::to_string(port) + "; }\n";
        CAPTURE(text);
        const auto file = folder.write(
            "nginx.conf", mainPart(folder) + "http { " + httpPart(folder) + text + "}");
        ChildProcess nginx(nginxCommand(folder, file));
        for (const int port : ports)
            nginx.waitForPort(port, "127.0.0.9");
        const auto found = plugins::NginxDiscovery(file).discover();
        REQUIRE(found.ok());
        looked += checkServed(*found);
    }
    CHECK(looked > 30);
}
