// What a configuration says, in small pieces. apache_truth_test.cpp asks Apache itself.

#include "plugins/apache_discovery/apache_discovery.h"
#include "plugins/apache_discovery/name_choice.h"

#include "tests/support/discovery_text.h"
#include "tests/support/temporary_folder.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::test;

namespace {

std::string discovered(const std::string& config, const PluginSettings& more = {})
{
    const TemporaryFolder folder;
    PluginSettings settings = more;
    settings["config"] = folder.write("apache2.conf", config);
    const auto source = plugins::makeApacheDiscovery(settings);
    REQUIRE_MESSAGE(source.ok(), (source ? "" : source.error().message));
    const auto found = (*source)->discover();
    REQUIRE(found.ok());
    return textOf(*found, folder.path().string() + "/");
}

const std::string pair = "SSLCertificateFile a.pem\nSSLCertificateKeyFile a.key\n";

std::string host(const std::string& addresses, const std::string& content)
{
    return "<VirtualHost " + addresses + ">\nSSLEngine on\n" + content + "</VirtualHost>\n";
}

} // namespace

TEST_CASE("Listen and the addresses of a virtual host say where it is looked at")
{
    const std::vector<std::array<std::string, 3>> table = {
        {"Listen 443", "*:443", " 127.0.0.1|443|a.test"},
        {"Listen 443 https", "_default_:443", " 127.0.0.1|443|a.test"},
        {"Listen 443", "*", " 127.0.0.1|443|a.test"},
        {"Listen *:443", "*:*", " 127.0.0.1|443|a.test"},
        {"Listen 443", "*:444", ""},
        {"Listen 443\nListen 444", "*:444", " 127.0.0.1|444|a.test"},
        {"Listen 443\nListen 8443", "*", " 127.0.0.1|443|a.test 127.0.0.1|8443|a.test"},
        {"Listen 192.0.2.1:443", "*:443", " 192.0.2.1|443|a.test"},
        {"Listen 443", "192.0.2.1:443", " 192.0.2.1|443|a.test"},
        {"Listen 443", "192.0.2.1", " 192.0.2.1|443|a.test"},
        {"Listen [::]:443", "*:443", " ::1|443|a.test"},
        {"Listen [::]:443", "[2001:DB8::1]:443", " 2001:db8::1|443|a.test"},
        {"Listen 443", "192.0.2.1:443 192.0.2.2:443", " 192.0.2.1|443|a.test 192.0.2.2|443|a.test"},
        {"Listen 192.0.2.1:443", "192.0.2.2:443", ""},
        {"", "*:443", ""},
    };
    for (const auto& [listen, addresses, listeners] : table) {
        CAPTURE(listen);
        CAPTURE(addresses);
        CHECK(discovered(listen + "\n" + host(addresses, "ServerName a.test\n" + pair)) ==
              "a.pem a.key apache" + listeners + "\n");
    }
}

TEST_CASE("addresses that cannot be understood are told, and the certificate is found")
{
    CHECK(discovered("Listen web.test:443\nListen 0\nListen 1.2.3.4\n" +
                     host("web.test:443 *:70000", pair)) ==
          "a.pem a.key apache\n"
          "- apache2.conf:4: <VirtualHost>: not a numeric address; names are not looked up\n"
          "- apache2.conf:4: <VirtualHost>: not a port\n"
          "- apache2.conf:1: Listen: not a numeric address; names are not looked up\n"
          "- apache2.conf:2: Listen: not a port\n- apache2.conf:3: Listen: not a port\n");
}

TEST_CASE("the server name that is asked for leads to the virtual host")
{
    const std::vector<std::pair<std::string, std::string>> table = {
        {"ServerName a.test\nServerAlias b.test", "a.test"},
        {"ServerName https://A.test:443", "a.test"},
        {"ServerAlias *.a.test b.test", "b.test"},
        {"ServerAlias *.a.test", "perennial.a.test"},
        {"ServerAlias w?w.a.test", "wpw.a.test"},
        {"ServerName first.test\nServerAlias c.test", "c.test"},
        {"ServerAlias *", "perennial"},
        {"ServerName 192.0.2.1\nServerAlias d.test", "d.test"},
    };
    for (const auto& [names, expected] : table) {
        CAPTURE(names);
        CHECK(discovered("Listen 443\n" +
                         host("*:443", "ServerName first.test\nSSLCertificateFile f.pem\n") +
                         host("*:443", names + "\n" + pair)) ==
              "f.pem f.pem apache 127.0.0.1|443|first.test\na.pem a.key apache 127.0.0.1|443|" +
                  expected + "\n");
    }
    CHECK(discovered(
              "Listen 443\n" + host("*:443", "SSLCertificateFile f.pem\n") + host("*:443", pair)) ==
          "f.pem f.pem apache 127.0.0.1|443|\na.pem a.key apache\n"
          "- apache2.conf:6: 127.0.0.1:443 is not looked at: no name that can be asked for leads "
          "to this virtual host\n");
}

TEST_CASE("the first virtual host of an address decides whether TLS is spoken there")
{
    const std::string plain = "<VirtualHost *:443>\nServerName p.test\n</VirtualHost>\n";
    const auto secure = host("*:443", "ServerName a.test\n" + pair);
    CHECK(discovered("Listen 443\n" + plain + secure) == "a.pem a.key apache\n");
    CHECK(
        discovered("Listen 443\n" + secure + plain) == "a.pem a.key apache 127.0.0.1|443|a.test\n");
    // A name of the one without TLS leads to the first one's certificate.
    CHECK(discovered("Listen 443\n" + secure +
                     "<VirtualHost *:443>\nServerName b.test\n</VirtualHost>\n" +
                     host("*:443", "ServerName b.test\nServerAlias c.test\n" + pair)) ==
          "a.pem a.key apache 127.0.0.1|443|a.test\na.pem a.key apache 127.0.0.1|443|c.test\n");
}

TEST_CASE("an address hides every address, and a port hides every port")
{
    const auto one = [](const std::string& addresses, const std::string& name) {
        return host(addresses, "SSLCertificateFile " + name + ".pem\n");
    };
    CHECK(discovered("Listen 443\n" + one("*", "any") + one("*:443", "port")) ==
          "any.pem any.pem apache\nport.pem port.pem apache 127.0.0.1|443|\n");
    CHECK(discovered("Listen 443\n" + one("127.0.0.1:443", "own") + one("*:443", "all")) ==
          "own.pem own.pem apache 127.0.0.1|443|\nall.pem all.pem apache 127.0.0.2|443|\n");
    CHECK(discovered("Listen 443\nListen 127.0.0.1:443\n" + one("127.0.0.1", "own") +
                     one("0.0.0.0:443", "all")) ==
          "own.pem own.pem apache 127.0.0.1|443|\nall.pem all.pem apache 127.0.0.2|443|\n");
    CHECK(discovered("Listen 443\nSSLEngine on\nSSLCertificateFile main.pem\n") ==
          "main.pem main.pem apache 127.0.0.1|443|\n");
}

TEST_CASE("certificates and keys are lists, each inherited whole")
{
    CHECK(discovered("Listen 443\nSSLCertificateFile m.pem\nSSLCertificateKeyFile m.key\n" +
                     host("*:443", "") +
                     host("*:443", "ServerName a.test\nSSLCertificateFile "
                                   "a.pem\n")) ==
          "m.pem m.key apache\nm.pem m.key apache 127.0.0.1|443|\n"
          "a.pem m.key apache 127.0.0.1|443|a.test\n");
    CHECK(discovered("Listen 443\n" + host("*:443",
                                          "SSLCertificateFile rsa.pem\nSSLCertificateFile ec.pem\n"
                                          "SSLCertificateKeyFile rsa.key\nSSLCertificateKeyFile "
                                          "ec.key\n")) ==
          "rsa.pem rsa.key apache 127.0.0.1|443|\nec.pem ec.key apache 127.0.0.1|443|\n");
    CHECK(discovered("Listen 443\n" + host("*:443", "SSLCertificateFile both.pem\n")) ==
          "both.pem both.pem apache 127.0.0.1|443|\n");
}

TEST_CASE("a chain file of its own is a warning")
{
    const TemporaryFolder folder;
    const auto file = folder.write("apache2.conf",
        "Listen 443\n" + host("*:443", pair + "SSLCertificateChainFile chain.pem\n"));
    const auto found = (*plugins::makeApacheDiscovery({{"config", file}}))->discover();
    REQUIRE(found.ok());
    REQUIRE(found->places.size() == 1);
    REQUIRE(found->places[0].warnings.size() == 1);
    CHECK(found->places[0].warnings[0].starts_with(
        file + ":6: SSLCertificateChainFile is deprecated"));
}

TEST_CASE("sections are read when what they ask for is there")
{
    const auto inside = [](const std::string& before, const std::string& section) {
        return discovered(before + "Listen 443\n<" + section + ">\n" + host("*:443", pair) + "</" +
                              section.substr(0, section.find(' ')) + ">\n",
            {{"defines", "SSL\nPORT=443"}, {"modules", "mod_own.c"}});
    };
    const std::string taken = "a.pem a.key apache 127.0.0.1|443|\n";
    const std::string load = "LoadModule ssl_module /usr/lib/mod_ssl.so\n";
    CHECK(inside(load, "IfModule mod_ssl.c") == taken);
    CHECK(inside(load, "IfModule ssl_module") == taken);
    CHECK(inside(load, "ifmodule SSL_module") ==
          "- apache2.conf:6: a certificate where <ifmodule> does not hold\n");
    CHECK(inside("", "IfModule mod_ssl.c") ==
          "- apache2.conf:5: a certificate where <ifmodule> does not hold\n");
    CHECK(inside("", "IfModule !mod_gnutls.c") == taken);
    CHECK(inside("", "IfModule mod_own.c") == taken);
    CHECK(inside("", "IfModule mod_so.c") == taken);
    CHECK(inside("LoadModule mpm_event_module modules/mod_mpm_event.so\n", "IfModule event.c") ==
          taken);
    CHECK(inside("", "IfDefine SSL") == taken);
    CHECK(inside("", "IfDefine !SSL").find("does not hold") != std::string::npos);
    CHECK(inside("UnDefine SSL\n", "IfDefine SSL").find("does not hold") != std::string::npos);
    CHECK(inside("Define Tls\n", "IfDefine Tls") == taken);
    CHECK(inside("", "IfFile apache2.conf") == taken);
    CHECK(inside("", "IfFile none.conf").find("<iffile> does not hold") != std::string::npos);
    CHECK(inside("", "IfVersion >= 2.4") ==
          taken + "- apache2.conf:5: <ifversion> is taken to hold: no file says so\n");
    CHECK(inside("", "Macro TlsHost") ==
          "- apache2.conf:5: a certificate in a macro, which is not expanded\n");
    CHECK(inside("", "Directory /srv") == "- apache2.conf:5: a certificate inside <directory>\n");
}

TEST_CASE("variables are what was defined before")
{
    CHECK(
        discovered("Define PORT 443\nDefine TLS /etc/tls\nListen ${PORT}\n" +
                       host("*:${PORT}", "SSLCertificateFile ${TLS}/a.pem\n"
                                         "SSLCertificateKeyFile \"${KEYS}/a b.key\"\n"),
            {{"defines", "KEYS=/keys"}}) == "/etc/tls/a.pem /keys/a b.key apache 127.0.0.1|443|\n");
    CHECK(discovered(host("*", "SSLCertificateFile ${TLS}/a.pem\n") + "Define TLS /etc/tls\n") ==
          "- apache2.conf:3: SSLCertificateFile holds a variable\n");
}

TEST_CASE("what is no file is told without a word of it")
{
    CHECK(discovered(host("*", "SSLCertificateFile pkcs11:token=a\n")) ==
          "- apache2.conf:3: SSLCertificateFile is no file but pkcs11:\n");
    CHECK(discovered(host("*", "SSLCertificateFile a.pem\nSSLCertificateKeyFile \"-----BEGIN "
                               "PRIVATE KEY----- MIGH\"\n")) ==
          "- apache2.conf:3: SSLCertificateKeyFile is no path\n");
    CHECK(discovered("SSLProxyMachineCertificateFile client.pem\n") ==
          "- apache2.conf:1: SSLProxyMachineCertificateFile has no place for a chain and is passed "
          "over\n");
}

TEST_CASE("paths are relative to the server's root")
{
    CHECK(discovered("ServerRoot /srv/web\n" + host("*", "SSLCertificateFile ./tls//a.pem\n")) ==
          "/srv/web/tls/a.pem /srv/web/tls/a.pem apache\n");
    CHECK(discovered(host("*", "SSLCertificateFile a.pem\n"), {{"server_root", "/opt/apache"}}) ==
          "/opt/apache/a.pem /opt/apache/a.pem apache\n");
}

TEST_CASE("an alias fits as Apache compares them")
{
    using plugins::apache::fitsAlias;
    CHECK(fitsAlias("a.b.test", "*.test"));
    CHECK(fitsAlias("a.test", "?.test"));
    CHECK(fitsAlias("xaab", "*a*b"));
    CHECK(fitsAlias("", "*"));
    CHECK_FALSE(fitsAlias("test", "*.test"));
    CHECK_FALSE(fitsAlias("ab.test", "?.test"));
    CHECK_FALSE(fitsAlias("a.test.x", "*.test"));
}

TEST_CASE("settings are checked by name")
{
    const auto refusal = [](const PluginSettings& settings) {
        const auto made = plugins::makeApacheDiscovery(settings);
        return made ? std::string() : made.error().message;
    };
    CHECK(refusal({{"config", "/etc/apache2/apache2.conf"}}).empty());
    CHECK(refusal({}) == "config: is missing");
    CHECK(refusal({{"config", "apache2.conf"}}) == "config: must be an absolute path");
    CHECK(refusal({{"config", "/a"}, {"server_root", "b"}}) ==
          "server_root: must be an absolute path");
    CHECK(refusal({{"config", "/a"}, {"folder", "/b"}}) == "unknown key \"folder\"");
    const auto gone = (*plugins::makeApacheDiscovery({{"config", "/nowhere/a.conf"}}))->discover();
    REQUIRE_FALSE(gone.ok());
    CHECK(gone.error().kind == ErrorKind::NotFound);
}
