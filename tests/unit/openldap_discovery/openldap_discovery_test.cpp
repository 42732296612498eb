#include "plugins/openldap_discovery/openldap_discovery.h"

#include "tests/support/hostile_config.h"
#include "tests/support/temporary_folder.h"

using namespace perennial;
using namespace perennial::test;

namespace {

struct Host {
    TemporaryFolder folder;

    std::string discovered(PluginSettings settings = {}) const
    {
        settings.emplace("config", folder / "slapd.conf");
        settings.emplace("defaults", folder / "slapd");
        const auto source = plugins::makeOpenldapDiscovery(settings);
        REQUIRE(source.ok());
        return discoveredWithinLimits(**source, folder.path().string());
    }
    std::string of(const std::string& text) const
    {
        folder.write("slapd.conf", text);
        return discovered({{"urls", "ldaps:///"}});
    }
    std::string ofLdif(const std::string& text) const
    {
        std::filesystem::create_directories(folder / "slapd.d");
        folder.write("slapd.d/cn=config.ldif", text);
        return discovered({{"config", folder / "slapd.d"}, {"urls", "ldaps:///"}});
    }
    std::string listensAt(const std::string& urls) const
    {
        folder.write("slapd.conf", "TLSCertificateFile /c\nTLSCertificateKeyFile /k\n");
        return discovered({{"urls", urls}});
    }
};

const std::string shown = " openldap 127.0.0.1|636|\n";
const std::string pair = "/c /k" + shown;

} // namespace

TEST_CASE("slapd.conf: the pair, wherever it stands; the last line counts")
{
    const Host host;
    CHECK(host.of("TLSCertificateFile /c\nTLSCertificateKeyFile /k\n") == pair);
    CHECK(host.of("").empty());
    CHECK(host.of("# TLSCertificateFile /no\n continued\nTLScertificateFILE \"/c\"\n"
                  "database mdb\nTLSCertificateKeyFile\n\t/k\r\n") == pair);
    CHECK(host.of("TLSCertificateFile /a\\ b\" c\"\nTLSCertificateKeyFile /x\n"
                  "TLSCertificateKeyFile /k") == "/a b c /k" + shown);
    host.folder.write("more.conf", "TLSCertificateKeyFile /k\n");
    CHECK(host.of("TLSCertificateFile /c\nTLSCertificateKeyFile /x\nInclude " +
                  host.folder / "more.conf" + "\n") == pair);
}

TEST_CASE("cn=config: folded lines, base64, comments")
{
    const Host host;
    CHECK(
        host.ofLdif("# AUTO-GENERATED\n# CRC32 1\ndn: cn=config\nobjectClass: olcGlobal\n"
                    "olcTLSCertificateFile: /\n c\nolctlscertificatekeyfile:: L2\n s=\n") == pair);
    CHECK(host.ofLdif("dn:: Y249Y29uZmln\r\nolcTLSCertificateFile:/c\r\n"
                      "olcTLSCertificateKeyFile:   /k\r\n") == pair);
    // Of another entry, and behind a comment that goes on.
    CHECK(host.ofLdif("dn: cn=config\n\nolcTLSCertificateFile: /c\nolcTLSCertificateKeyFile: /k\n")
              .empty());
    CHECK(host.ofLdif("# one\n  olcTLSCertificateFile: /c\ndn: cn=config\n").empty());
    CHECK(host.ofLdif("dn: cn=config\nolcTLSCertificateFile: /c\nolcTLSCertificateKeyFile: /k\n"
                      "olcTLSCertificateFile: /d\n") ==
          pair + "- slapd.d/cn=config.ldif:4: olcTLSCertificateFile is there twice; the first is "
                 "taken\n");
    CHECK(host.ofLdif("dn: cn=config\nolcTLSCertificate;binary:: TUlJ\n") ==
          "- slapd.d/cn=config.ldif:2: a certificate in the configuration itself is passed over\n");
}

TEST_CASE("half a pair, and what is no path, are told")
{
    const Host host;
    CHECK(host.of("TLSCertificateFile /c\n") ==
          "- slapd.conf:1: TLSCertificateFile without its other half: slapd speaks no TLS\n");
    CHECK(host.of("TLSCertificateFile /c\nTLSCertificateKeyFile k\n") ==
          "- slapd.conf:2: TLSCertificateKeyFile is relative to where slapd is started\n");
    CHECK(host.of("TLSCertificateFile /c #d\nTLSCertificateKeyFile\ninclude\ninclude x\n") ==
          "- slapd.conf:1: TLSCertificateFile takes one path\n"
          "- slapd.conf:2: TLSCertificateKeyFile takes one path\n"
          "- slapd.conf:3: include takes one path\n"
          "- slapd.conf:4: include is relative to where slapd is started\n");
    CHECK(host.ofLdif("dn: cn=config\nolcTLSCertificateFile:: AC8=\n"
                      "olcTLSCertificateKeyFile:: L2sA\n")
              .ends_with("olcTLSCertificateFile is relative to where slapd is started\n"));
    CHECK(host.ofLdif("dn: cn=config\nolcTLSCertificateFile: /c\nolcTLSCertificateKeyFile:: L2sA\n")
              .ends_with("olcTLSCertificateKeyFile is no path\n"));
    CHECK(host.ofLdif("dn: cn=config\nolcTLSCertificateFile:< file:///c\nnonsense\n"
                      "olcTLSCertificateKeyFile:: !\n") ==
          "- slapd.d/cn=config.ldif:2: has its value in another file, which is not read\n"
          "- slapd.d/cn=config.ldif:3: is no attribute with a value\n"
          "- slapd.d/cn=config.ldif:4: has a value that is no base64\n");
}

TEST_CASE("URLs: at once or by StartTLS, and what cannot be looked at")
{
    const Host host;
    CHECK(host.listensAt("ldap:///\nldaps:///\nldapi:///") ==
          "/c /k openldap 127.0.0.1|389||ldap 127.0.0.1|636|\n");
    CHECK(host.listensAt("LDAP://10.0.0.1:3389/o=x??sub\nldaps://[::1]/\nldaps://[::]:7/\n"
                         "ldap://localhost\nldap://*:390\nldap://localhost:389") ==
          "/c /k openldap 10.0.0.1|3389||ldap ::1|636| ::1|7| 127.0.0.1|389||ldap "
          "127.0.0.1|390||ldap\n");
    CHECK(host.listensAt("ldap://db.test\nldap://127.0.0.1:0\nldap://[::1\npldap:///\nhttp://x\n"
                         "ldapi") ==
          "/c /k openldap\n- urls: a name in a URL is not looked up\n"
          "- urls: a URL's port is none\n- urls: a name in a URL is not looked up\n"
          "- urls: a URL is not looked at: it expects the PROXY protocol before TLS\n"
          "- urls: a URL is none that is known\n");
    std::string many;
    for (int port = 1; port < 200; ++port)
        many += "ldap://127.0.0.1:" + std::to_string(port) + "\n";
    CHECK(host.listensAt(many).ends_with("- urls: too many URLs\n"));
}

TEST_CASE("the command line has the URLs; where no slapd has been started, Debian's defaults")
{
    const Host host;
    const auto withArgs = [&](const std::string& commandLine) {
        host.folder.write("args", commandLine);
        host.folder.write(
            "slapd.conf", "TLSCertificateFile /c\nTLSCertificateKeyFile /k\nargsfile " +
                              host.folder / "args" + "\n");
        return host.discovered();
    };
    CHECK(withArgs("/usr/sbin/slapd -h ldap:/// ldapi:/// ldaps://127.0.0.1:6 -g openldap -4 \n") ==
          "/c /k openldap 127.0.0.1|389||ldap 127.0.0.1|6|\n");
    CHECK(withArgs("slapd -6hldaps:/// -h ldap://127.0.0.2") ==
          "/c /k openldap 127.0.0.2|389||ldap\n");
    CHECK(withArgs("slapd -f -hldaps:/// -d 1 -6") == "/c /k openldap ::1|389||ldap\n");
    CHECK(withArgs("") == "/c /k openldap 127.0.0.1|389||ldap\n");
    CHECK(withArgs(std::string(70'000, 'x')).find("args") != std::string::npos);

    std::filesystem::remove(host.folder / "args");
    CHECK(host.discovered() ==
          "/c /k openldap\n- slapd.conf: where slapd listens is not known: neither its args file "
          "nor slapd can be read\n");
    const auto withDefaults = [&](const std::string& text) {
        host.folder.write("slapd", text);
        return host.discovered();
    };
    CHECK(withDefaults("# SLAPD_SERVICES=no\nSLAPD_SERVICES=\"ldap:/// ldapi:///\"\n"
                       "  SLAPD_SERVICES='ldaps:/// '\n") == pair);
    CHECK(withDefaults("SLAPD_SERVICES=ldaps:///") == pair);
    CHECK(withDefaults("SLAPD_SERVICES=\n") == "/c /k openldap 127.0.0.1|389||ldap\n");
    CHECK(withDefaults("SLAPD_SERVICES=ldaps:///\nSLAPD_SERVICES=\"$X\"\nSLAPD_SERVICES=a b\n") ==
          pair + "- slapd:2: SLAPD_SERVICES needs a shell\n- slapd:3: SLAPD_SERVICES needs a "
                 "shell\n");
    CHECK(withDefaults("nothing\n") == "/c /k openldap 127.0.0.1|389||ldap\n");
}

TEST_CASE("settings are refused by name")
{
    const auto refusal = [](const PluginSettings& settings) {
        const auto made = plugins::makeOpenldapDiscovery(settings);
        return made ? std::string() : made.error().message;
    };
    CHECK(refusal({}) == "config: is missing");
    CHECK(refusal({{"config", "slapd.conf"}}) == "config: must be an absolute path");
    CHECK(refusal({{"config", "/a"}, {"defaults", "b"}}) == "defaults: must be an absolute path");
    CHECK(refusal({{"config", "/a"}, {"url", "ldap:///"}}) == "unknown key \"url\"");
    const auto missing =
        (*plugins::makeOpenldapDiscovery({{"config", "/nowhere/slapd.conf"}}))->discover();
    CHECK_FALSE(missing.ok());
}

TEST_CASE("configurations that mean harm are bounded, told, and never quoted")
{
    const Host host;
    const auto secret = std::string("-----BEGIN PRIVATE KEY-----");
    const auto tls = std::string("TLSCertificateFile /c\nTLSCertificateKeyFile /k\n");
    CHECK(host.of(tls + secret + "\nMIGH \"secret\n") == pair + "- slapd.conf:4: leaves a quote "
                                                                "open\n");
    CHECK(host.of("TLSCertificateFile \"/" + secret + "\"\nTLSCertificateKeyFile /k\n") ==
          "- slapd.conf:1: TLSCertificateFile is no path\n");
    CHECK(host.of(tls + "include " + host.folder / "slapd.conf" + "\n") ==
          pair + "- slapd.conf:3: includes the file that it is in\n");
    CHECK(host.of(tls + std::string(70'000, 'a') + "\n") ==
          pair + "- slapd.conf:3: is longer than 65536 bytes\n");
    CHECK(host.of(tls + repeated("a ", 2000) + "\n") ==
          pair + "- slapd.conf:3: has more than 1000 words\n");
    CHECK(host.of(tls + repeated("\"\n", 1000)).ends_with("- slapd.conf:102: too many faults\n"));
    CHECK(
        host.of(repeated("argsfile /a\n", 300'000)).find("too many settings") != std::string::npos);
    for (int i = 0; i < 30; ++i)
        host.folder.write("deep" + std::to_string(i),
            "include " + host.folder / ("deep" + std::to_string(i + 1)) + "\n");
    CHECK(host.of(tls + "include " + host.folder / "deep0" + "\n").find("nested too deep") !=
          std::string::npos);
    CHECK(host.ofLdif("dn: cn=config\n" + repeated("a: b\n", 20'000))
              .ends_with("too many attributes\n"));
    CHECK(host.ofLdif(repeated(secret + "\n", 3'000)).find(secret) == std::string::npos);
}
