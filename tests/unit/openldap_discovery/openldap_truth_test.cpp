// slapd and its tools are asked: what they make of a configuration, and what slapd shows.

#include "plugins/openldap_discovery/config_reader.h"
#include "plugins/openldap_discovery/openldap_discovery.h"
#include "tests/support/served_certificate.h"
#include "tests/support/slapd.h"

#include <random>

using namespace perennial;
using namespace perennial::test;
using namespace perennial::plugins::openldap;

namespace {

std::string textOf(const Settings& settings)
{
    std::string text;
    for (const auto& [name, value] : settings)
        text += name + "=" + value.text + "|";
    return text;
}

// slapd.conf as OpenLDAP understands it: written by slaptest as cn=config.
struct Conversion {
    ToolRun run;
    std::string folder;
};
Conversion convert(const TemporaryFolder& folder, const std::string& file)
{
    const auto to = folder / "converted";
    std::filesystem::remove_all(to);
    std::filesystem::create_directory(to);
    return {runTool({"/usr/sbin/slaptest", "-f", file, "-F", to}), to};
}

} // namespace

TEST_CASE("lines thrown at random: cut and refused as by OpenLDAP, and read again from cn=config")
{
    const TemporaryFolder folder;
    std::mt19937 dice(20261130);
    const std::vector<std::string> pieces = {"a", "/", " ", "\t", "\"", "\\", "\n ", "\n", "#",
        "\xC3\xA9", "/long/path/to/tls/certificates/of/this/host/that/has/to/be/folded",
        "\nTLSCertificateFile ", "\\\n", "\n\r\n", "\\\\\n", "tlscertificatekeyfile", "'", ":",
        "\r\n"};
    std::size_t compared = 0;
    std::size_t refused = 0;
    for (int round = 0; round < 80; ++round) {
        std::string text = "TLSCertificateKeyFile /";
        for (auto left = dice() % 9; left > 0; --left)
            text += pieces[dice() % pieces.size()];
        CAPTURE(text);
        const auto file = folder.write("slapd.conf", text + "\n");
        const auto theirs = convert(folder, file);
        // Lines of words that slapd does not know are its own affair.
        if (theirs.run.output.find("unknown directive") != std::string::npos) continue;
        const PosixFileSystem files;
        Discovery found;
        const auto ours = ConfigReader(files, found).read(file);
        REQUIRE(ours.ok());
        CHECK((theirs.run.status != 0) == !found.skipped.empty());
        if (theirs.run.status != 0) {
            ++refused;
            continue;
        }
        const auto kept = ConfigReader(files, found).read(theirs.folder);
        REQUIRE(kept.ok());
        CHECK(textOf(*kept) == textOf(*ours));
        CHECK(found.skipped.empty());
        ++compared;
    }
    CHECK(compared > 15);
    CHECK(refused > 5);
}

TEST_CASE("a slapd that runs shows what was found for it, by either form of its configuration")
{
    const TemporaryFolder folder;
    TestPki pki(folder);
    pki.makeRoot("root");
    pki.issueServer("ldap.test", "root");
    const auto config = folder.write(
        "slapd.conf", "argsfile " + (folder / "args") + "\npidfile " + (folder / "pid") +
                          "\nTLSCertificateFile " + pki["ldap.test"].chain +
                          "\nTLSCertificateKeyFile " + pki["ldap.test"].key + "\n");
    const auto converted = convert(folder, config);
    REQUIRE(converted.run.status == 0);
    for (const auto& form : {config, converted.folder}) {
        CAPTURE(form);
        const int first = freePort();
        const int second = freePort();
        const auto urls = "ldap://*:" + std::to_string(first) +
                          "/ ldaps://localhost:" + std::to_string(second) + "/";
        const Slapd slapd({form == config ? "-f" : "-F", form, "-h", urls}, second);
        const auto source =
            plugins::makeOpenldapDiscovery({{"config", form}, {"defaults", "/nowhere/slapd"}});
        REQUIRE(source.ok());
        const auto found = (*source)->discover();
        REQUIRE(found.ok());
        CHECK(found->skipped.empty());
        REQUIRE(found->places.size() == 1);
        CHECK(checkServed(*found) == 2);
    }
}

TEST_CASE("Debian's own configuration is read without a complaint")
{
    const auto found =
        (*plugins::makeOpenldapDiscovery({{"config", "/etc/ldap/slapd.d"}}))->discover();
    if (!found && ::geteuid() != 0) {
        MESSAGE("skipped here: only root and slapd may read it");
        return;
    }
    REQUIRE(found.ok());
    CHECK(found->skipped.empty());
}
