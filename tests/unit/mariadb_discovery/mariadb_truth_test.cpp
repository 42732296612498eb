// MariaDB itself is asked: what it makes of option files, and what it shows.

#include "plugins/mariadb_discovery/mariadb_discovery.h"
#include "plugins/mariadb_discovery/option_reader.h"
#include "tests/support/mariadb.h"
#include "tests/support/served_certificate.h"

#include <map>
#include <random>
#include <sstream>

using namespace perennial;
using namespace perennial::test;
using namespace perennial::plugins::mariadb;

namespace {

// `my_print_defaults` cuts lines by the function that the server has; an option a line.
std::string optionsOf(const std::string& file)
{
    return runTool({"/usr/bin/my_print_defaults", "--defaults-file=" + file, "mysqld"}).output;
}

// What the server would be started with: "" for an option that is not set.
std::map<std::string, std::string> settingsOf(const std::string& file)
{
    const auto asked = runTool(
        {"/usr/sbin/mariadbd", "--defaults-file=" + file, "--verbose", "--help", "--user=nobody"});
    std::map<std::string, std::string> settings;
    std::istringstream lines(asked.output);
    for (std::string line; std::getline(lines, line);) {
        const auto name = line.substr(0, line.find(' '));
        const auto value = line.find_first_not_of(' ', name.size());
        if (value == std::string::npos || name.starts_with('-')) continue;
        const auto text = line.substr(value);
        settings[name] = text == "(No default value)" ? "" : text;
    }
    return settings;
}

Options read(const std::string& file)
{
    Discovery found;
    const PosixFileSystem files;
    const auto options = OptionReader(files, found, {}).read(file);
    REQUIRE(options.ok());
    return *options;
}

} // namespace

TEST_CASE("lines thrown at random are cut as MariaDB does")
{
    const TemporaryFolder folder;
    std::mt19937 dice(20261130);
    const std::vector<std::string> pieces = {"a", "/", " ", "\t", "\"", "'", "\\", "\\s", "\\n",
        "\\x", "\\\"", "\\\\", "#", "=", ";", "\xC3\xA0", "\xA0", "\v", "-", "_", "!", "[", "]"};
    std::size_t compared = 0;
    for (int round = 0; round < 400; ++round) {
        std::string text;
        for (auto left = dice() % 9; left > 0; --left)
            text += pieces[dice() % pieces.size()];
        if (text.find('\n') != std::string::npos) continue;
        CAPTURE(text);
        const auto line = lineFrom(text);
        std::string ours;
        if (line && line->kind == OptionLine::Kind::Option)
            ours = "--" + line->name + (line->value ? "=" + *line->value : "") + "\n";
        const auto theirs = optionsOf(folder.write("my.cnf", "[mysqld]\n" + text + "\n"));
        const bool isRefused = theirs.find("Program aborted") != std::string::npos;
        CHECK(isRefused == !line.ok());
        if (isRefused || ours.starts_with("--=")) continue; // a name of nothing is no option's
        CHECK(theirs == ours);
        if (!ours.empty()) ++compared;
    }
    CHECK(compared > 200);
}

TEST_CASE("groups, includes and faults: the options are those that MariaDB reads")
{
    const TemporaryFolder folder;
    std::filesystem::create_directory(folder / "conf.d");
    folder.write("conf.d/b.cnf", "[server]\nport=2\n");
    folder.write("conf.d/.a.cnf", "[mysqld]\ndatadir=/hidden\n");
    folder.write("conf.d/c.cnf", "port=3\n[mysqld]\nport=4\n");
    folder.write("conf.d/d.cnf", "[mysqld]\nport=5\n[broken\nport=6\n");
    folder.write("conf.d/e.conf", "[mysqld]\nport=7\n");
    folder.write("conf.d/open.cnf", "[mysqld]\nport=8\n", 0666);
    const auto include = "!includedir " + folder / "conf.d/" + "\n";
    for (const auto& text : std::vector<std::string>{include, include + "[MARIADB]\nport=9\n",
             "[mysqld]\nport=1\n" + include + "datadir=/x\n",
             "!include /nowhere\n[galera]\nport=9\n",
             "! include " + folder / "conf.d/b.cnf" + " \n", "!includes /x\n[mysqld ]\nport=9\n",
             "[mysqld]x\nport=9\n[client]\nport=1\n", "[ mysqld]\nport=9\n",
             "[mysqld_safe]\nport=9\n[client-server]\nDATA=/y\n[mariadbd]\nport=9",
             "!include\t" + folder / "conf.d/d.cnf" + "\n[mariadbd]\ndatadir=/z\n"}) {
        CAPTURE(text);
        const auto file = folder.write("my.cnf", text);
        const auto theirs = settingsOf(file);
        auto ours = read(file);
        REQUIRE_FALSE(theirs.empty());
        CHECK((ours.count("port") == 0 ? "3306" : ours["port"].text) == theirs.at("port"));
        CHECK((ours.count("datadir") == 0 ? "/var/lib/mysql" : ours["datadir"].text) + "/" ==
              theirs.at("datadir"));
    }
}

TEST_CASE("options thrown together at random mean what MariaDB takes them for")
{
    const TemporaryFolder folder;
    std::mt19937 dice(20261130);
    const std::vector<std::string> lines = {"ssl", "skip-ssl", "SSL=0", "ssl=On", "ssl=maybe",
        "disable_ssl", "enable-ssl=0", "skip-ssl=0", "loose-skip-ssl=1", "ssl_cert=/c", "ssl-k=/k",
        "ssl-ce=/d", "LOOSE_ssl-key=/l", "ssl-ca=/a", "ssl-cipher=x", "tls-version=TLSv1.3",
        "bind=::1", "bind_address=127.0.0.1,::1", "port=77", "extra_p=78", "extra-port=0",
        "data=/data", "skip-net", "skip-networking=0", "disable-skip-networking", "port=0",
        "loose-bind-address=*", "skip-name", "skip_name_resolve=off"};
    for (int round = 0; round < 60; ++round) {
        std::string text = "[mysqld]\n";
        for (auto left = dice() % 8; left > 0; --left)
            text += lines[dice() % lines.size()] + "\n";
        CAPTURE(text);
        const auto file = folder.write("my.cnf", text);
        const auto theirs = settingsOf(file);
        REQUIRE_FALSE(theirs.empty());
        auto ours = read(file);
        for (const auto* name : {"ssl-cert", "ssl-key", "bind-address"})
            CHECK(ours[name].text == theirs.at(name));
        for (const auto* name : {"ssl", "skip-networking", "skip-name-resolve"})
            CHECK((ours[name].text == "1" ? "TRUE" : "FALSE") == theirs.at(name));
        const bool isElsewhere = ours["skip-networking"].text != "1" && ours["port"].text == "77";
        if (isElsewhere) CHECK(theirs.at("port") == "77");
        if (ours["skip-networking"].text != "1" && !ours["extra-port"].text.empty())
            CHECK(ours["extra-port"].text == theirs.at("extra-port"));
    }
}

TEST_CASE("a MariaDB that runs shows what was found for it")
{
    const TemporaryFolder folder;
    TestPki pki(folder);
    pki.makeRoot("root");
    pki.issueServer("db.test", "root");
    const int port = freePort();
    const int extra = freePort();
    MariadbServer server(port);
    server.place("own.pem", readText(pki["db.test"].chain) + readText(pki["db.test"].key));
    server.start("ssl_cert = ./own.pem # relative to the data\nbind-address = 127.0.0.1,::1\n"
                 "extra-port = " +
                 std::to_string(extra) + "\n");
    const auto found = (*plugins::makeMariadbDiscovery({{"config", server.config()}}))->discover();
    REQUIRE(found.ok());
    CHECK(found->skipped.empty());
    CHECK(checkServed(*found) == 4);
}

TEST_CASE("Debian's own configuration is read without a complaint")
{
    const auto found =
        (*plugins::makeMariadbDiscovery({{"config", "/etc/mysql/my.cnf"}}))->discover();
    REQUIRE(found.ok());
    CHECK(found->skipped.empty());
    CHECK(found->configuration.size() > 3);
}
