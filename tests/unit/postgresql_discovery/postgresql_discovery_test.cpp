#include "plugins/postgresql_discovery/postgresql_discovery.h"

#include "tests/support/hostile_config.h"
#include "tests/support/temporary_folder.h"

using namespace perennial;
using namespace perennial::test;

namespace {

struct Host {
    TemporaryFolder folder;

    std::string discovered(PluginSettings settings = {}) const
    {
        settings.emplace("config", folder / "postgresql.conf");
        const auto source = plugins::makePostgresqlDiscovery(settings);
        REQUIRE(source.ok());
        return discoveredWithinLimits(**source, folder.path().string());
    }
    std::string of(const std::string& text) const
    {
        folder.write("postgresql.conf", text);
        return discovered();
    }
};

const std::string standard = "server.crt server.key postgresql 127.0.0.1|5432||postgresql\n";

} // namespace

TEST_CASE("a cluster with TLS: the files, and where it answers")
{
    const Host host;
    CHECK(host.of("ssl = on\n") == standard);
    CHECK(host.of("ssl = off\n").empty());
    CHECK(host.of("").empty());
    // Named although nobody is shown it: renewed, and not looked at.
    CHECK(host.of("ssl_cert_file = 'tls/a.pem'\nssl_key_file = 'tls/a.key'\n") ==
          "tls/a.pem tls/a.key postgresql\n");
    CHECK(host.of("ssl = on\nlisten_addresses = '10.0.0.1, *,\"::\", localhost'\nport = 5433\n"
                  "ssl_cert_file = '/srv/a.pem'\nssl_key_file = '/srv/a.key'\n") ==
          "/srv/a.pem /srv/a.key postgresql 10.0.0.1|5433||postgresql 127.0.0.1|5433||postgresql "
          "::1|5433||postgresql\n");
    CHECK(host.of("ssl = on\nlisten_addresses = ''\n") == "server.crt server.key postgresql\n");
    CHECK(
        host.of("ssl = on\nlisten_addresses = 'db.test'\n") ==
        "server.crt server.key postgresql\n- postgresql.conf:2: a name in listen_addresses is not "
        "looked up\n");
    CHECK(host.of("ssl = on\nport = many\n") ==
          "server.crt server.key postgresql\n- postgresql.conf:2: port is none\n");
}

TEST_CASE("the last line counts, whatever file it is in; ALTER SYSTEM has the last word")
{
    const Host host;
    std::filesystem::create_directories(host.folder / "conf.d/4.conf");
    std::filesystem::create_directory(host.folder / "data");
    host.folder.write("conf.d/2.conf", "ssl_cert_file = 'two.crt'\nport = 2\n");
    host.folder.write("conf.d/10.conf", "ssl_cert_file = 'ten.crt'\ninclude '../more.conf'\n");
    host.folder.write("conf.d/.3.conf", "ssl_cert_file = 'hidden.crt'\n");
    host.folder.write("conf.d/3.conf~", "ssl_cert_file = 'saved.crt'\n");
    host.folder.write("more.conf", "ssl_key_file = 'more.key'\n");
    const auto text = "ssl = on\nssl_cert_file = 'one.crt'\nINCLUDE_DIR 'conf.d'\nport = 4\n"
                      "include_if_exists 'none.conf'\n";
    CHECK(host.of(text) == "two.crt more.key postgresql 127.0.0.1|4||postgresql\n");
    const auto data = "data_directory = '" + host.folder / "data" + "'\n";
    host.folder.write("data/postgresql.auto.conf", "ssl_cert_file = 'altered.crt'\n");
    CHECK(host.of(text + data) == "data/altered.crt data/more.key postgresql "
                                  "127.0.0.1|4||postgresql\n");
    CHECK(host.of("ssl = on\n" + data + "include 'none.conf'\n") ==
          "data/altered.crt data/server.key postgresql 127.0.0.1|5432||postgresql\n"
          "- postgresql.conf:3: include: none.conf: No such file or directory\n");
}

TEST_CASE("several clusters by a pattern; where the data is started with -D, the setting says it")
{
    const Host host;
    for (const std::string name : {"15", "16"}) {
        std::filesystem::create_directories(host.folder / name + "/main");
        host.folder.write(name + "/main/postgresql.conf", "ssl = on\nport = 54" + name + "\n");
    }
    CHECK(host.discovered({{"config", host.folder / "*/*/postgresql.conf"}}) ==
          "15/main/server.crt 15/main/server.key postgresql 127.0.0.1|5415||postgresql\n"
          "16/main/server.crt 16/main/server.key postgresql 127.0.0.1|5416||postgresql\n");
    CHECK(host.discovered({{"config", host.folder / "15/main/postgresql.conf"},
              {"data_directory", host.folder / "data"}}) ==
          "data/server.crt data/server.key postgresql 127.0.0.1|5415||postgresql\n");
    const auto refusal = [](const PluginSettings& settings) {
        const auto made = plugins::makePostgresqlDiscovery(settings);
        return made ? std::string() : made.error().message;
    };
    CHECK(refusal({}) == "config: is missing");
    CHECK(refusal({{"config", "a.conf"}}) == "config: must be an absolute path");
    CHECK(refusal({{"config", "/a"}, {"data_directory", "b"}}) ==
          "data_directory: must be an absolute path");
    CHECK(refusal({{"config", "/a"}, {"port", "1"}}) == "unknown key \"port\"");
}

TEST_CASE("a key that PostgreSQL would not load is a warning")
{
    const Host host;
    host.folder.write("postgresql.conf", "ssl = on\n");
    const auto warnings = [&] {
        plugins::PostgresqlDiscovery source({host.folder / "postgresql.conf", {}});
        const auto found = source.discover();
        REQUIRE(found.ok());
        REQUIRE(found->places.size() == 1);
        return found->places[0].warnings;
    };
    CHECK(warnings().empty()); // there is none
    const auto key = host.folder.write("server.key", "", 0600);
    CHECK(warnings().empty());
    host.folder.write("server.key", "", 0640);
    REQUIRE(warnings().size() == 1);
    CHECK(warnings()[0].ends_with(": PostgreSQL does not load it"));
    if (::geteuid() != 0) {
        MESSAGE("skipped here: giving files away needs root");
        return;
    }
    REQUIRE(::chown(host.folder.path().c_str(), 12345, 12345) == 0);
    CHECK(warnings().empty()); // root's, for the group
    host.folder.write("server.key", "", 0644);
    CHECK(warnings().size() == 1);
    host.folder.write("server.key", "", 0600);
    REQUIRE(::chown(key.c_str(), 12346, 0) == 0);
    CHECK(warnings().at(0).find("belongs neither") != std::string::npos);
    REQUIRE(::chown(key.c_str(), 12345, 0) == 0);
    CHECK(warnings().empty());
}

TEST_CASE("configurations that mean harm are bounded, told, and never quoted")
{
    const Host host;
    const auto secret = std::string("-----BEGIN PRIVATE KEY-----");
    CHECK(host.of("ssl = on\n" + secret + "\nMIGH secret\n'open\n") ==
          standard + "- postgresql.conf:2: begins with no name\n"
                     "- postgresql.conf:4: begins with no name\n");
    CHECK(host.of("ssl = on\nssl_cert_file = '" + secret + "'\n") ==
          "- postgresql.conf:2: ssl_cert_file is no path\n");
    CHECK(host.of("ssl = on\ninclude 'postgresql.conf'\n") ==
          standard + "- postgresql.conf:2: includes the file that it is in\n");
    CHECK(host.of("ssl = perhaps\n") == "- postgresql.conf:1: ssl is neither on nor off\n");
    CHECK(host.of("ssl = on\n" + std::string(70'000, 'a') + "\n") ==
          standard + "- postgresql.conf:2: is longer than 65536 bytes\n");
    const auto many = host.of("ssl = on\n" + repeated("'\n", 1000));
    CHECK(many.ends_with("- postgresql.conf:101: too many faults\n"));
    CHECK(host.of("ssl = on\n" + repeated("port = 1\n", 300'000)).find("too many settings") !=
          std::string::npos);
    for (int i = 0; i < 30; ++i)
        host.folder.write(
            "deep" + std::to_string(i), "include 'deep" + std::to_string(i + 1) + "'\n");
    CHECK(host.of("ssl = on\ninclude 'deep0'\n").find("includes are nested too deep") !=
          std::string::npos);
}
