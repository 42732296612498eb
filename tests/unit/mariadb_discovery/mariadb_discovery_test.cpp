#include "plugins/mariadb_discovery/mariadb_discovery.h"

#include "tests/support/hostile_config.h"
#include "tests/support/temporary_folder.h"

using namespace perennial;
using namespace perennial::test;

namespace {

struct Host {
    TemporaryFolder folder;

    std::string of(const std::string& text, const std::string& groups = "") const
    {
        PluginSettings settings = {{"config", folder.write("my.cnf", text)}};
        if (!groups.empty()) settings["groups"] = groups;
        const auto source = plugins::makeMariadbDiscovery(settings);
        REQUIRE(source.ok());
        return discoveredWithinLimits(**source, folder.path().string());
    }
};

const std::string tls = "[mysqld]\nssl-cert=/c\nssl-key=/k\n";
const std::string pair = "/c /k mariadb 127.0.0.1|3306||mysql\n";

} // namespace

TEST_CASE("the pair, and where it is shown")
{
    const Host host;
    CHECK(host.of(tls) == pair);
    CHECK(host.of("[mysqld]\nport=3306\nssl-ca=/a\n").empty());
    CHECK(host.of(tls + "skip-ssl\n") == "/c /k mariadb\n");
    CHECK(host.of(tls + "skip-networking\n") == "/c /k mariadb\n");
    CHECK(host.of(tls + "bind-address=*\nport=0\n") == pair);
    CHECK(host.of(tls + "bind-address=127.0.0.1,::1,localhost,0.0.0.0,::\nextra-port=7\n") ==
          "/c /k mariadb 127.0.0.1|3306||mysql 127.0.0.1|7||mysql ::1|3306||mysql ::1|7||mysql\n");
    CHECK(host.of("[mysqld]\nssl-cert=/one\n") == "/one /one mariadb 127.0.0.1|3306||mysql\n");
    CHECK(host.of("[mysqld]\nssl-key=one\n") ==
          "/var/lib/mysql/one /var/lib/mysql/one mariadb 127.0.0.1|3306||mysql\n");
    CHECK(host.of("[mysqld]\ndatadir=/d\nssl-key=./k\nssl-cert=/c\n") ==
          "/c /d/k mariadb 127.0.0.1|3306||mysql\n");
}

TEST_CASE("an address where MariaDB counts looks is not looked at, unless it does not")
{
    const Host host;
    const auto config = tls + "bind-address=192.0.2.1,127.0.0.1\n";
    CHECK(host.of(config) == pair);
    const auto found =
        (*plugins::makeMariadbDiscovery({{"config", host.folder / "my.cnf"}}))->discover();
    REQUIRE(found.ok());
    REQUIRE(found->places.at(0).warnings.size() == 1);
    CHECK(found->places[0].warnings[0].ends_with(
        "my.cnf:4: 192.0.2.1 is not looked at: MariaDB counts each look as an error of a client, "
        "unless skip-name-resolve is set"));
    CHECK(host.of(config + "skip-name-resolve\n") ==
          "/c /k mariadb 192.0.2.1|3306||mysql 127.0.0.1|3306||mysql\n");
}

TEST_CASE("groups of one version are read by name, others are told")
{
    const Host host;
    const auto version = tls + "[mariadb-10.11]\nport=7\n[mysqld.one]\nport=8\n[mysqldump]\nx\n";
    CHECK(host.of(version) ==
          pair + "- my.cnf:5: in a group of one version, which is read when `groups` names it\n");
    CHECK(host.of(version, "Mariadb-10.11") == "/c /k mariadb 127.0.0.1|7||mysql\n");
    CHECK(host.of(version, "mariadb-10.11\nmysqld.one") == "/c /k mariadb 127.0.0.1|8||mysql\n");
    CHECK_FALSE((*plugins::makeMariadbDiscovery({{"config", "/nowhere/my.cnf"}}))->discover().ok());
    CHECK_FALSE(plugins::makeMariadbDiscovery({{"config", "my.cnf"}}).ok());
    CHECK_FALSE(plugins::makeMariadbDiscovery({{"groups", "x"}}).ok());
}

TEST_CASE("what is no option, no path, no port and no address is told")
{
    const Host host;
    CHECK(host.of(tls + "port=3k\n") == "/c /k mariadb\n- my.cnf:4: port is none\n");
    CHECK(host.of(tls + "extra-port=99999\n") == pair + "- my.cnf:4: extra-port is none\n");
    CHECK(host.of(tls + "bind-address=db.test,127.0.0.1\n") ==
          pair + "- my.cnf:4: a name in bind-address is not looked up\n");
    CHECK(host.of(tls + "ssl-cert\n") == pair + "- my.cnf:4: ssl-cert without a value\n");
    CHECK(host.of(tls + "ssl-cert=\n") == "- my.cnf:4: ssl-cert is empty\n");
    CHECK(host.of(tls + "datadir=data\n") ==
          "- my.cnf:4: datadir is relative to where MariaDB is started\n");
    CHECK(host.of("port=1\n" + tls) ==
          "- my.cnf:1: an option before any group: MariaDB reads no further\n");
    CHECK(host.of(tls + "[server\nport=1\n") ==
          pair + "- my.cnf:4: a group without its bracket: MariaDB reads no further\n");
    CHECK(host.of(tls + "!include x\n!includedir y\n!include \n") ==
          pair + "- my.cnf:4: an include is relative to where MariaDB is started\n"
                 "- my.cnf:5: an include is relative to where MariaDB is started\n"
                 "- my.cnf:6: an include of nothing: MariaDB reads no further\n");
    CHECK(host.of(tls + "!includes x\n!other\n!include /nowhere/x.cnf\n") == pair);
    CHECK(host.of("[mysqld]\nssl-cert=\"/a\\\"#\" # c\n") ==
          "/a\"# /a\"# mariadb 127.0.0.1|3306||mysql\n");
    CHECK(host.of(tls + "!includedir /nowhere\nport=1\n")
              .starts_with(pair + "- my.cnf:4: includedir: "));
}

TEST_CASE("a file that everybody may write is not read")
{
    const Host host;
    const auto open = host.folder.write("open.cnf", "[mysqld]\nssl-cert=/theirs\n", 0666);
    CHECK(host.of(tls + "!include " + open + "\n") ==
          pair + "- open.cnf: everybody may write it: MariaDB does not read it\n");
    const auto found = (*plugins::makeMariadbDiscovery({{"config", open}}))->discover();
    REQUIRE(found.ok());
    CHECK(found->places.empty());
    CHECK(found->skipped.size() == 1);
}

TEST_CASE("configurations that mean harm are bounded, told, and never quoted")
{
    const Host host;
    const auto secret = std::string("-----BEGIN PRIVATE KEY-----");
    CHECK(host.of(tls + secret + "\nMIGHsecret\n[MIGHsecret\n").find("MIGH") == std::string::npos);
    CHECK(host.of(tls + "ssl-cert=/" + secret + "\n") == "- my.cnf:4: ssl-cert is no path\n");
    CHECK(host.of(tls + "!include " + host.folder / "my.cnf" + "\n") ==
          pair + "- my.cnf:4: includes the file that it is in\n");
    CHECK(host.of(tls + std::string(4095, 'a') + "\n") ==
          pair + "- my.cnf:4: is longer than 4094 bytes: MariaDB reads no further\n");
    CHECK(host.of("[mysqld]\n" + repeated("port=1\n", 300'000)).find("too many options") !=
          std::string::npos);
    std::string many = "bind-address=127.0.0.1";
    for (int i = 2; i < 200; ++i)
        many += ",127.0.0." + std::to_string(i);
    CHECK(host.of(tls + many + "\n").ends_with("- my.cnf:4: too many addresses\n"));
    for (int i = 0; i < 30; ++i)
        host.folder.write("deep" + std::to_string(i),
            "!include " + host.folder / ("deep" + std::to_string(i + 1)) + "\n");
    CHECK(host.of(tls + "!include " + host.folder / "deep0" + "\n")
              .ends_with("- deep9:1: includes are nested too deep\n"));
}
