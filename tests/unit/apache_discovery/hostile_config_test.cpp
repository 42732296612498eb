// Configurations that are broken, or meant to do harm: bounded, told, and never quoted.

#include "plugins/apache_discovery/apache_discovery.h"
#include "tests/support/hostile_config.h"
#include "tests/support/temporary_folder.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

using namespace perennial;
using namespace perennial::test;

namespace {

struct Host {
    TemporaryFolder folder;

    std::string discovered() const
    {
        const auto source = plugins::makeApacheDiscovery({{"config", folder / "apache2.conf"}});
        REQUIRE(source.ok());
        return discoveredWithinLimits(**source, folder.path().string());
    }
};

const std::string site =
    "Listen 443\n<VirtualHost *:443>\nSSLEngine on\nSSLCertificateFile a.pem\n</VirtualHost>\n";
const std::string siteFound = "a.pem a.pem apache 127.0.0.1|443|\n";

} // namespace

TEST_CASE("a fault ends its file with a line number and stops no other")
{
    const std::vector<std::pair<std::string, std::string>> table = {
        {"<VirtualHost *:444>\n", "- bad.conf:1: a section is left open\n"},
        {"</VirtualHost>\n", "- bad.conf:1: closes a section that is not open\n"},
        {"\n<IfDefine X>\n</IfModule>\n", "- bad.conf:3: closes a section that is not open\n"},
        {"Include none.conf\n", "- bad.conf:1: include: none.conf: No such file or directory\n"},
        {"\nInclude none/*.conf\n", "- bad.conf:2: include: nothing matches\n"},
        {"Include a b\n", "- bad.conf:1: include needs one path\n"},
        {"Include bad.conf\n", "- bad.conf:1: includes the file that it is in\n"},
        {"Include apache2.conf\n", "- bad.conf:1: includes the file that it is in\n"},
        {"Include *a*a*a*a*a.conf\n",
            "- bad.conf:1: include: a pattern with more than four stars in a name\n"},
        {repeated("<IfModule mod_so.c>\n", 100), "- bad.conf:82: too many sections\n"},
        {"Listen " + std::string(70'000, '1') + "\n", "- bad.conf:1: a line over 65536 bytes\n"},
        {"IncludeOptional none.conf\nIncludeOptional none/*\n", ""},
    };
    for (const auto& [text, reason] : table) {
        CAPTURE(text.substr(0, 60));
        const Host host;
        host.folder.write("bad.conf", text);
        host.folder.write("apache2.conf", "Include bad.conf\n" + site);
        CHECK(host.discovered() == siteFound + reason);
    }
}

TEST_CASE("folders that lead into themselves end")
{
    const Host host;
    std::filesystem::create_directory(host.folder / "sites");
    for (const char* name : {"a", "b"})
        std::filesystem::create_directory_symlink(".", host.folder.path() / "sites" / name);
    host.folder.write("sites/z.conf", "# nothing\n");
    host.folder.write("apache2.conf", site + "Include sites\n");
    const auto text = host.discovered();
    CHECK(text.starts_with(siteFound));
}

TEST_CASE("a FIFO among the files stops nothing")
{
    const Host host;
    std::filesystem::create_directory(host.folder / "sites");
    REQUIRE(::mkfifo((host.folder / "sites/fifo.conf").c_str(), 0600) == 0);
    host.folder.write("sites/site.conf", site);
    host.folder.write("apache2.conf", "Include sites/*.conf\n");
    const auto text = host.discovered();
    CHECK(text.starts_with(siteFound));
    CHECK(text.find("fifo.conf") != std::string::npos);
}

TEST_CASE("a private key that is included is not quoted")
{
    const Host host;
    host.folder.write("key.pem", "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49\n"
                                 "<MIGHAgEAMBMGByqGSM49\n-----END PRIVATE KEY-----\n");
    host.folder.write("apache2.conf", site + "Include key.pem\n");
    const auto text = host.discovered();
    CHECK(text.find("MIGH") == std::string::npos);
    CHECK(text.find("PRIVATE") == std::string::npos);
}

TEST_CASE("what short lines become with long values is bounded as a whole")
{
    const Host host;
    host.folder.write("apache2.conf", "Define A " + std::string(60'000, 'a') + "\n" + site +
                                          repeated("ServerAlias ${A}\n", 20'000));
    CHECK(host.discovered().find("variables make too much text") != std::string::npos);
}

TEST_CASE("many of everything is bounded")
{
    const Host host;
    SUBCASE("hosts with aliases of many stars")
    {
        std::string text = "Listen 443\n";
        for (int i = 0; i < 5'000; ++i)
            text += "<VirtualHost *:443>\nSSLEngine on\nServerAlias *a*a*a*a*" + std::to_string(i) +
                    "\nSSLCertificateFile a.pem\n</VirtualHost>\n";
        host.folder.write("apache2.conf", text);
    }
    SUBCASE("addresses times ports")
    {
        std::string text;
        for (int i = 0; i < 500; ++i)
            text += "Listen " + std::to_string(1000 + i) + "\n";
        text += "<VirtualHost";
        for (int i = 0; i < 5'000; ++i)
            text += " 10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250);
        text += ">\nSSLEngine on\nSSLCertificateFile a.pem\n</VirtualHost>\n";
        host.folder.write("apache2.conf", text);
    }
    SUBCASE("variables that double")
    {
        std::string text = "Define A0 aaaaaaaaaaaaaaaa\n";
        for (int i = 0; i < 60; ++i)
            text += "Define A" + std::to_string(i + 1) + " ${A" + std::to_string(i) + "}${A" +
                    std::to_string(i) + "}\n";
        host.folder.write("apache2.conf", text + "Listen ${A60}\n");
    }
    SUBCASE("a file that includes a folder of files that include it")
    {
        std::filesystem::create_directory(host.folder / "sites");
        for (int i = 0; i < 50; ++i)
            host.folder.write("sites/" + std::to_string(i) + ".conf", "Include sites/*.conf\n");
        host.folder.write("apache2.conf", "Include sites/*.conf\n");
    }
    (void)host.discovered();
}
