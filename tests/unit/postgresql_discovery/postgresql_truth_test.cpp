// PostgreSQL itself is asked: what it makes of lines, and what it shows.

#include "plugins/postgresql_discovery/config_reader.h"
#include "plugins/postgresql_discovery/postgresql_discovery.h"
#include "tests/support/postgresql.h"
#include "tests/support/served_certificate.h"

#include <random>
#include <regex>
#include <set>

using namespace perennial;
using namespace perennial::test;
using namespace perennial::plugins::postgresql;

namespace {

// `postgres -C name`: reads the configuration, says the value, ends. May be asked by root.
std::string answerOf(const TemporaryFolder& folder, const std::string& name)
{
    return runTool({std::string(PostgresqlServer::programs) + "postgres", "-C", name, "-D",
                       folder.path().string()})
        .output;
}

std::set<int> linesIn(const std::string& text, const std::string& pattern)
{
    std::set<int> lines;
    const std::regex line(pattern);
    for (std::sregex_iterator at(text.begin(), text.end(), line), end; at != end; ++at)
        lines.insert(std::stoi((*at)[1]));
    return lines;
}

} // namespace

TEST_CASE("lines thrown at random: those that PostgreSQL refuses are refused, and no others")
{
    const TemporaryFolder folder;
    std::mt19937 dice(20261130);
    const std::vector<std::string> pieces = {"a", "B", "_", "0", "7", ".", "=", " ", "\t", "'",
        "''", "\\", "\\'", "#", "-", "+", "/", ":", "x.y", "port", "1", "e", "\xC3\xA9", "$", "\"",
        "(", ","};
    std::size_t refused = 0;
    for (int round = 0; round < 12; ++round) {
        std::string text;
        for (int line = 0; line < 60; ++line) {
            text += dice() % 2 == 0 ? "a = " : "";
            for (auto left = dice() % 7; left > 0; --left)
                text += pieces[dice() % pieces.size()];
            text += "\n";
        }
        CAPTURE(text);
        const auto file = folder.write("postgresql.conf", text);
        Discovery found;
        const PosixFileSystem files;
        (void)ConfigReader(files, found).parse(text, file);
        std::string told;
        for (const auto& one : found.skipped)
            told += one + "\n";
        const auto theirs =
            linesIn(answerOf(folder, "port"), "syntax error in file .* line (\\d+)");
        CHECK(linesIn(told, "postgresql\\.conf:(\\d+): ") == theirs);
        refused += theirs.size();
    }
    CHECK(refused > 100);
}

TEST_CASE("values are what PostgreSQL takes them for")
{
    const TemporaryFolder folder;
    std::filesystem::create_directory(folder / "conf.d");
    folder.write("postgresql.auto.conf", "");
    for (const std::string value :
        {"'a''b\\x\\101\\7.crt'", "sub-dir/b.key", "a.b:c_d-e/f", "'tab\\there'", "'\\\\'", "''",
            "'\\'quoted\\''", "'x' # 'y'", "\xC3\xA9t\xC3\xA9", "1", "'\\1234'"}) {
        CAPTURE(value);
        folder.write("conf.d/a.conf", "SSL_cert_FILE " + value + "\n");
        const auto file =
            folder.write("postgresql.conf", "ssl_cert_file = 'x'\ninclude_dir 'conf.d'\n");
        Discovery found;
        const PosixFileSystem files;
        const auto settings = ConfigReader(files, found).read(file, folder.path().string());
        REQUIRE(settings.ok());
        CHECK(found.skipped.empty());
        CHECK(settings->at("ssl_cert_file").text + "\n" == answerOf(folder, "ssl_cert_file"));
    }
}

TEST_CASE("a cluster that runs shows what was found for it")
{
    const TemporaryFolder folder;
    TestPki pki(folder);
    pki.makeRoot("root");
    pki.issueServer("db.test", "root");
    const int port = freePort();
    PostgresqlServer server(port);
    server.configure("own.crt", readText(pki["db.test"].chain));
    server.configure("own.key", readText(pki["db.test"].key));
    server.configure(
        "tls.conf", "ssl = yes\nssl_cert_file = './own.crt'\nssl_key_file = 'own.key'\n");
    server.configure("postgresql.auto.conf", "include = 'tls.conf'\n");
    server.start();
    const auto source =
        plugins::makePostgresqlDiscovery({{"config", server.data() + "/postgresql.conf"}});
    REQUIRE(source.ok());
    const auto found = (*source)->discover();
    REQUIRE(found.ok());
    CHECK(found->skipped.empty());
    REQUIRE(found->places.size() == 1);
    CHECK(found->places[0].warnings.empty());
    CHECK(checkServed(*found) == 1);
}

TEST_CASE("Debian's own configuration is read without a complaint")
{
    const auto found =
        (*plugins::makePostgresqlDiscovery({{"config", "/etc/postgresql/*/*/postgresql.conf"}}))
            ->discover();
    REQUIRE(found.ok());
    CHECK(found->skipped.empty());
}
