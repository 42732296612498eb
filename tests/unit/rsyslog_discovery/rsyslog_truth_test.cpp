// rsyslog itself is asked: which objects it sees, how it reads strings, and what it shows.

#include "plugins/rsyslog_discovery/rsyslog_discovery.h"
#include "plugins/rsyslog_discovery/statement_scanner.h"
#include "tests/support/child_process.h"
#include "tests/support/served_certificate.h"

#include <random>
#include <regex>
#include <set>

using namespace perennial;
using namespace perennial::test;
using namespace perennial::plugins::rsyslog;

namespace {

constexpr const char* rsyslogd = "/usr/sbin/rsyslogd";

struct Heard {
    std::set<std::string> includes; // of files that are not there: it says so by name
    bool isRefused = false;         // some statement of the text
};

Heard heard(const TemporaryFolder& folder, const std::string& text)
{
    const auto said = runTool({rsyslogd, "-N1", "-f", folder.write("rsyslog.conf", text)}).output;
    Heard heard;
    const std::regex missing("config file or directory '(.*)' \\[cwd");
    for (std::sregex_iterator at(said.begin(), said.end(), missing), end; at != end; ++at)
        heard.includes.insert((*at)[1]);
    heard.isRefused = said.find("could not interpret") != std::string::npos ||
                      said.find("syntax error") != std::string::npos ||
                      said.find("invalid character") != std::string::npos;
    return heard;
}

Heard scanned(const std::string& text)
{
    StatementScanner scanner(text);
    Heard heard;
    while (const auto statement = scanner.next()) {
        if (statement->kind == Statement::Kind::Fault) heard.isRefused = true;
        if (statement->name == "includeconfig") // a file that includes what has its number
            heard.includes.insert(
                "/nowhere/" + statement->value.substr(statement->value.size() - 1));
        if (statement->name == "include" && statement->parameters.count("file") != 0)
            heard.includes.insert(statement->parameters.at("file"));
    }
    return heard;
}

} // namespace

TEST_CASE("statements thrown together at random: what rsyslog includes is seen, and nothing else")
{
    const TemporaryFolder folder;
    std::mt19937 dice(20261130);
    const auto include = [](int i) {
        return "include(file=\"/nowhere/" + std::to_string(i) + "\")";
    };
    for (int i = 0; i < 8; ++i)
        folder.write("file" + std::to_string(i), include(i) + "\n");
    const auto escaped = [](const std::string& text) {
        return std::regex_replace(text, std::regex("\""), "\\\"");
    };
    std::size_t included = 0;
    for (int round = 0; round < 120; ++round) {
        std::string text;
        for (int i = 0; i < 8; ++i) {
            const auto one = include(i);
            const std::vector<std::string> statements = {one + "\n",
                "  " + one + " " + include(20 + i) + "\n", "# " + one + "\n",
                "/* a\n" + one + "\n*/\n",
                "$IncludeConfig " + folder / ("file" + std::to_string(i)) + " # c\n",
                "*.* /var/log/it's\n", "*.info;mail.none -/var/log/a#b\n",
                ":msg, contains, \"a " + escaped(one) + "\" /var/log/x\n",
                "if '" + one + "' == $msg then { stop }\n",
                "if $!then == '" + one + "' then { stop }\n",
                "if 'a' == $msg /* then */ and '" + one + "' == $msg then { stop }\n",
                ":msg, contains, \"x\" ~\n",
                "template(name=\"t" + std::to_string(round * 10 + i) +
                    "\" type=\"string\" string=\"a\n" + escaped(one) + "\n\")\n",
                "if $msg contains 'then " + one + "' then { stop }\n",
                "if ($a!then == \"" + std::to_string(i) + "\") then { *.* /x } else { stop }\n",
                "set $.x = \"" + escaped(one) + "\";\n",
                "ruleset(name=\"r" + std::to_string(round * 10 + i) +
                    "\") { action(type=\"omfile\" file=\"/x\") }\n",
                "*.* action(type=\"omfile\" # " + one + "\nfile=\"/x\")\n", "& stop\n",
                "inc\\\n    lude(file=\"/nowhere/" + std::to_string(i) + "\")\n",
                "$WorkDirectory \\\n" + one + "\n", "*.* :omusrmsg:*\n", "*.* |/x y " + one + "\n",
                "*.* @host:514\n", "mail.=info\t/x\n" + one + "\n",
                "INCLUDE (\n FILE = \"/nowhere/" + std::to_string(i) + "\"\n)\n"};
            text += statements[dice() % statements.size()];
        }
        CAPTURE(text);
        const auto theirs = heard(folder, text);
        if (theirs.isRefused) continue; // it reads no further, then
        const auto ours = scanned(text);
        CHECK(ours.includes == theirs.includes);
        CHECK_FALSE(ours.isRefused);
        included += theirs.includes.size();
    }
    CHECK(included > 100);
}

TEST_CASE("strings are what rsyslog takes them for")
{
    const TemporaryFolder folder;
    for (const std::string string : {"a\\\"b", "a\\\\b", "a\\tb", "a\\101b", "a\\'b", "a\\?b", "$a",
             "a\nb", "a\\qb", "a\\x41b", "a\\$b", "\\", "a#b", "a/*b*/"}) {
        CAPTURE(string);
        const auto text = "include(file=\"/nowhere/" + string + "\")\n";
        const auto theirs = heard(folder, text);
        const auto ours = scanned(text);
        CHECK(ours.isRefused == theirs.isRefused);
        // What it prints has blanks for what cannot be printed; "?" is a pattern, which may be
        // missing.
        if (theirs.isRefused || theirs.includes.empty()) continue;
        auto printable = *ours.includes.begin();
        for (auto& c : printable)
            c = c == '\t' || c == '\n' ? ' ' : c;
        CHECK(std::set{printable} == theirs.includes);
    }
}

TEST_CASE("a rsyslog that runs shows what was found for it, in both forms")
{
    const TemporaryFolder folder;
    TestPki pki(folder);
    pki.makeRoot("root");
    for (const auto* name : {"one.test", "two.test", "three.test"})
        pki.issueServer(name, "root");
    const auto port = [] { return std::to_string(freePort()); };
    const auto first = freePort();
    const auto text =
        "$IncludeConfig " + folder / "*.legacy" + "\nglobal(defaultNetstreamDriverCAFile=\"" +
        pki["one.test"].chain + "\" defaultNetstreamDriverCertFile=\"" + pki["one.test"].chain +
        "\"\n defaultNetstreamDriverKeyFile=\"" + pki["one.test"].key +
        "\")\nmodule(load=\"imtcp\" streamDriver.mode=\"1\" streamDriver.authMode=\"anon\")\n"
        "input(type=\"imtcp\" address=\"127.0.0.1\" port=\"" +
        std::to_string(first) + "\")\ninput(type=\"imtcp\" address=\"127.0.0.1\" port=\"" + port() +
        "\" streamDriver.certFile=\"" + pki["two.test"].chain + "\" streamDriver.keyFile=\"" +
        pki["two.test"].key + "\")\ninput(type=\"imtcp\" address=\"127.0.0.1\" port=\"" + port() +
        "\" streamDriver.mode=\"0\")\n*.* action(type=\"omfile\" file=\"" + folder / "out" +
        "\")\n";
    folder.write("a.legacy", "$DefaultNetstreamDriver gtls\n$DefaultNetstreamDriverCertFile " +
                                 pki["three.test"].chain + "\n$DefaultNetstreamDriverKeyFile " +
                                 pki["three.test"].key + "\n");
    const auto config = folder.write("rsyslog.conf", text);
    ChildProcess process({rsyslogd, "-n", "-i", "NONE", "-f", config});
    process.waitForPort(first);
    const auto found = (*plugins::makeRsyslogDiscovery({{"config", config}}))->discover();
    REQUIRE(found.ok());
    CHECK(found->skipped.empty());
    CHECK(checkServed(*found) == 2);
}

TEST_CASE("a rsyslog that knows only the older form")
{
    const TemporaryFolder folder;
    TestPki pki(folder);
    pki.makeRoot("root");
    pki.issueServer("log.test", "root");
    const int port = freePort();
    const auto config = folder.write("rsyslog.conf",
        "$ModLoad imtcp\n$DefaultNetstreamDriver gtls\n$DefaultNetstreamDriverCAFile " +
            pki["log.test"].chain + "\n$DefaultNetstreamDriverKeyFile " + pki["log.test"].key +
            "\n$InputTCPServerStreamDriverMode 1\n$InputTCPServerStreamDriverAuthMode anon\n"
            "$InputTCPServerRun " +
            std::to_string(port) + "\n$DefaultNetstreamDriverCertFile " + pki["log.test"].chain +
            "\n*.* " + folder / "out" + "\n");
    ChildProcess process({rsyslogd, "-n", "-i", "NONE", "-f", config});
    process.waitForPort(port);
    const auto found = (*plugins::makeRsyslogDiscovery({{"config", config}}))->discover();
    REQUIRE(found.ok());
    CHECK(found->skipped.empty());
    CHECK(checkServed(*found) == 1);
}

TEST_CASE("Debian's own configuration is read without a complaint")
{
    const auto found =
        (*plugins::makeRsyslogDiscovery({{"config", "/etc/rsyslog.conf"}}))->discover();
    REQUIRE(found.ok());
    CHECK(found->skipped.empty());
}
