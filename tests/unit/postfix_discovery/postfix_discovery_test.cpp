#include "plugins/postfix_discovery/postfix_discovery.h"

#include "tests/support/hostile_config.h"
#include "tests/support/test_pki.h"

using namespace perennial;
using namespace perennial::test;

namespace {

struct Host {
    TemporaryFolder folder;

    std::string of(const std::string& main, const std::string& master = "") const
    {
        folder.write("main.cf", main);
        folder.write("master.cf", master);
        const auto source = plugins::makePostfixDiscovery({{"config", folder.path().string()}});
        REQUIRE(source.ok());
        return discoveredWithinLimits(**source, folder.path().string());
    }
};

const std::string pair = "smtpd_tls_cert_file = /a.pem\nsmtpd_tls_key_file = /a.key\n";
const std::string may = "smtpd_tls_security_level = may\n";
const std::string smtp = "smtp inet n - y - - smtpd\n";

} // namespace

TEST_CASE("a certificate of main.cf, and the services that show it")
{
    const Host host;
    CHECK(host.of(pair) == "/a.pem /a.key postfix\n");
    CHECK(host.of(pair, smtp) == "/a.pem /a.key postfix\n"); // no TLS is spoken
    CHECK(host.of(pair + "smtpd_tls_security_level = none\nsmtpd_use_tls = yes\n", smtp) ==
          "/a.pem /a.key postfix\n");
    CHECK(host.of(pair + may, smtp) == "/a.pem /a.key postfix 127.0.0.1|25||smtp\n");
    CHECK(host.of(pair + "smtpd_use_tls = yes\n", smtp) ==
          "/a.pem /a.key postfix 127.0.0.1|25||smtp\n");
    CHECK(host.of(pair + may, "10.0.0.1:submission inet n - y - - smtpd\n"
                              "[::1]:2525 inet n - y - - smtpd\n"
                              "smtps inet n - y - - smtpd\n  -o smtpd_tls_wrappermode=yes\n") ==
          "/a.pem /a.key postfix 10.0.0.1|587||smtp 127.0.0.1|465| ::1|2525||smtp\n");
    CHECK(host.of(pair + may + "inet_interfaces = 10.0.0.1, localhost $other\nother = [::1]\n",
              smtp) == "/a.pem /a.key postfix 10.0.0.1|25||smtp 127.0.0.1|25||smtp ::1|25||smtp\n");
    CHECK(host.of(pair + may + "inet_protocols = ipv6\n", smtp) ==
          "/a.pem /a.key postfix ::1|25||smtp\n");
    // Not of an address.
    CHECK(host.of(pair + may, "smtpd pass - - n - - smtpd\nlocal unix - n n - - local\n") ==
          "/a.pem /a.key postfix\n");
}

TEST_CASE("a service with a certificate of its own")
{
    const Host host;
    CHECK(host.of(pair + may + "smtpd_tls_eccert_file = /ec.pem\n",
              smtp + "587 inet n - y - - smtpd -o { smtpd_tls_cert_file = /b.pem }\n"
                     "  -osmtpd_tls_key_file=$smtpd_tls_cert_file\n# none\n\n"
                     "  -o smtpd_tls_eccert_file=none -v\n") ==
          "/a.pem /a.key postfix 127.0.0.1|25||smtp\n/b.pem /b.pem postfix 127.0.0.1|587||smtp\n"
          "/ec.pem /ec.pem postfix 127.0.0.1|25||smtp\n");
    // postscreen lets tlsproxy speak TLS to strangers, and gives this host's connections to smtpd.
    CHECK(host.of(pair + may,
              "smtp inet n - y - 1 postscreen\nsmtpd pass - - y - - smtpd\n"
              "tlsproxy unix - - y - 0 tlsproxy\n"
              " -o tlsproxy_tls_cert_file=/p.pem -o tlsproxy_tls_key_file=/p.key\n") ==
          "/a.pem /a.key postfix 127.0.0.1|25||smtp\n/p.pem /p.key postfix\n");
    CHECK(host.of(pair + may, "smtp inet n - y - 1 postscreen\n") == "/a.pem /a.key postfix\n");
    CHECK(host.of(pair + may, "smtp inet n - y - 1 postscreen\n -o "
                              "postscreen_upstream_proxy_protocol=haproxy\nsmtpd pass - - y - - "
                              "smtpd\n") ==
          "/a.pem /a.key postfix\n- master.cf:3: is not looked at: it expects the PROXY protocol "
          "before TLS\n");
    // What Postfix shows as a client.
    CHECK(host.of("smtp_tls_cert_file = /c.pem\nlmtp_tls_eccert_file = /l.pem\n") ==
          "/c.pem /c.pem postfix\n/l.pem /l.pem postfix\n");
}

TEST_CASE("chain files: a key, then its certificate, in one file or in two")
{
    const Host host;
    TestPki pki(host.folder);
    pki.makeRoot("root");
    pki.issueServer("a", "root");
    const auto& a = pki["a"];
    host.folder.write("both.pem", readText(a.key) + readText(a.chain));
    const auto both = host.folder / "both.pem";
    CHECK(host.of(pair + may + "smtpd_tls_chain_files = " + both + ",\n\t" + a.key + " " + a.chain +
                      "\n",
              smtp) == "a.chain.pem a.key postfix 127.0.0.1|25||smtp\nboth.pem both.pem postfix "
                       "127.0.0.1|25||smtp\n");
    CHECK(host.of("smtpd_tls_chain_files = " + a.chain + ", " + host.folder / "none" + "\n") ==
          "- main.cf:1: smtpd_tls_chain_files: a certificate without a key before it\n"
          "- main.cf:1: none: No such file or directory\n");
    CHECK(host.of("smtpd_tls_chain_files = both.pem\n") ==
          "- main.cf:1: smtpd_tls_chain_files is no absolute path\n");
}

TEST_CASE("macros are put in; what only a running Postfix knows is told")
{
    const Host host;
    CHECK(
        host.of("d = /etc\nsmtpd_tls_cert_file = ${d}/$(n).pem\nn=x\n  y\nn = $config_directory\n")
            .starts_with("/etc"));
    CHECK(host.of("smtpd_tls_cert_file = $config_directory/a.pem\n") == "a.pem a.pem postfix\n");
    CHECK(host.of("smtpd_tls_cert_file = /$$a.pem\n") ==
          "- main.cf:1: smtpd_tls_cert_file holds a variable\n");
    CHECK(host.of("smtpd_tls_cert_file = /$myhostname.pem\n") ==
          "- main.cf:1: smtpd_tls_cert_file: has a macro that only a running Postfix knows\n");
    CHECK(host.of("smtpd_tls_cert_file = ${a?/b.pem}\n") ==
          "- main.cf:1: smtpd_tls_cert_file: has an expression that is not followed here\n");
    CHECK(host.of("smtpd_tls_cert_file = $smtpd_tls_cert_file\n") ==
          "- main.cf:1: smtpd_tls_cert_file: has macros that are nested too deep\n");
    CHECK(host.of(pair + may, "smtp inet n - y - - smtpd -o inet_interfaces=$x\n") ==
          "/a.pem /a.key postfix\n- master.cf:1: inet_interfaces: has a macro that only a running "
          "Postfix knows\n");
    std::string doubled = "smtpd_tls_cert_file = $a30\na0 = /x\n";
    for (int i = 1; i <= 30; ++i) {
        const auto before = "$a" + std::to_string(i - 1);
        doubled += "a" + std::to_string(i) + " = " + before + before + "\n";
    }
    CHECK(host.of(doubled).starts_with("- main.cf:1: smtpd_tls_cert_file: has "));
}

TEST_CASE("what is not looked at, or not followed, is told with file and line")
{
    const Host host;
    const auto found = "/a.pem /a.key postfix\n- master.cf:1: ";
    CHECK(host.of(pair + may, "gopher inet n - y - - smtpd\n") ==
          found + std::string("a name for a port that is not known here\n"));
    CHECK(host.of(pair + may, "mail.test:25 inet n - y - - smtpd\n") ==
          found + std::string("a host's name is not looked up\n"));
    CHECK(host.of(
              pair + may, "smtp inet n - y - - smtpd -o smtpd_upstream_proxy_protocol=haproxy\n") ==
          found + std::string("is not looked at: it expects the PROXY protocol before TLS\n"));
    CHECK(host.of(pair + may, "smtp inet n - y - - smtpd -c /etc/other\n") ==
          found + std::string("has arguments that are not followed here\n"));
    CHECK(host.of(pair + may, "smtp inet n - y - -\n") == found + std::string("not a service\n"));
    CHECK(host.of(pair + may, "smtp inet n - y - - smtpd -o { a = b\n") ==
          found + std::string("not a service\n"));
    CHECK(host.of(pair + may, "smtp inet n - y - - smtpd -o tls_server_sni_maps=hash:/x\n") ==
          "/a.pem /a.key postfix 127.0.0.1|25||smtp\n"
          "- master.cf:1: certificates of tls_server_sni_maps are not followed\n");
    CHECK(host.of(pair + "no equals sign\n= nothing\n") ==
          "/a.pem /a.key postfix\n- main.cf:3: not of the form name = value\n"
          "- main.cf:4: not of the form name = value\n");
    CHECK(host.of("smtpd_tls_cert_file = a.pem\n") ==
          "- main.cf:1: smtpd_tls_cert_file is no absolute path\n");
}

TEST_CASE("configurations that mean harm are bounded and never quoted")
{
    const Host host;
    const std::string secret = "-----BEGIN PRIVATE KEY-----";
    CHECK(host.of(pair + secret + "\nMIGH/secret+\n", secret + "\nMIGH/secret\n") ==
          "/a.pem /a.key postfix\n- main.cf:3: not of the form name = value\n"
          "- main.cf:4: not of the form name = value\n- master.cf:1: not a service\n"
          "- master.cf:2: not a service\n");
    CHECK(host.of("smtpd_tls_cert_file = /" + secret + "\n") ==
          "- main.cf:1: smtpd_tls_cert_file is no path\n");
    CHECK(host.of("a = " + std::string(70'000, 'x') + "\n") ==
          "- main.cf:1: too many lines, or one that is too long\n");
    CHECK(host.of("a = b\n" + repeated(" x\n", 40'000)) ==
          "- main.cf:32767: too many lines, or one that is too long\n");
    CHECK(host.of(pair + may, repeated(smtp, 60'000)) ==
          "/a.pem /a.key postfix\n- master.cf:50001: too many lines, or one that is too long\n");
    CHECK(host.of(pair + may, repeated(smtp, 3'000)) ==
          "/a.pem /a.key postfix 127.0.0.1|25||smtp\n- master.cf:2001: too many services\n");
    const auto refusal = [](const PluginSettings& settings) {
        const auto made = plugins::makePostfixDiscovery(settings);
        return made ? std::string() : made.error().message;
    };
    CHECK(refusal({}) == "config: is missing");
    CHECK(refusal({{"config", "etc"}}) == "config: must be an absolute path");
    CHECK(refusal({{"config", "/etc"}, {"colour", "x"}}) == "unknown key \"colour\"");
}
