// nginx itself and openssl s_client say whether a configuration was understood.

#include "plugins/nginx_discovery/config_reader.h"
#include "plugins/nginx_discovery/config_tokens.h"
#include "plugins/nginx_discovery/nginx_discovery.h"
#include "tests/support/child_process.h"
#include "tests/support/test_pki.h"

#include <algorithm>
#include <doctest/doctest.h>
#include <map>
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

// SHA-256 of a certificate as openssl gives it: lower case, no colons.
std::string fingerprintOf(const std::string& pem)
{
    auto text = mustRun({"/usr/bin/openssl", "x509", "-noout", "-fingerprint", "-sha256"}, pem);
    text = text.substr(text.find('=') + 1);
    std::string hex;
    for (const char c : text) {
        if (c != ':' && c != '\n') hex += static_cast<char>(std::tolower(c));
    }
    return hex;
}

// What an independent client is shown.
std::string servedAt(const model::Listener& listener)
{
    const bool v6 = listener.host.find(':') != std::string::npos;
    const auto host = v6 ? "[" + listener.host + "]" : listener.host;
    std::vector<std::string> command = {
        "/usr/bin/openssl", "s_client", "-connect", host + ":" + std::to_string(listener.port)};
    if (listener.serverName.empty())
        command.emplace_back("-noservername");
    else
        command.insert(command.end(), {"-servername", listener.serverName});
    return fingerprintOf(runTool(command).output);
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
        const auto expected = fingerprintOf(readText(place.place.certificatePath));
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
