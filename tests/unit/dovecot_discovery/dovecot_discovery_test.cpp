#include "plugins/dovecot_discovery/dovecot_discovery.h"

#include "tests/support/hostile_config.h"
#include "tests/support/temporary_folder.h"

using namespace perennial;
using namespace perennial::test;

namespace {

struct Host {
    TemporaryFolder folder;

    std::string of(const std::string& text) const
    {
        folder.write("dovecot.conf", text);
        const auto source = plugins::makeDovecotDiscovery({{"config", folder / "dovecot.conf"}});
        REQUIRE(source.ok());
        return discoveredWithinLimits(**source, folder.path().string());
    }
};

const std::string pair = "ssl_cert = </a.pem\nssl_key = </a.key\n";
const std::string pop3 = "protocols = pop3\n";
const std::string found = "/a.pem /a.key dovecot";
const std::string bothOfPop3 = " 127.0.0.1|110||pop3 127.0.0.1|995|\n";

} // namespace

TEST_CASE("the certificate of all, where each protocol listens by itself")
{
    const Host host;
    CHECK(host.of(pair) == found + "\n"); // no protocol is on
    CHECK(host.of(pair + pop3) == found + bothOfPop3);
    CHECK(host.of(pair + "protocols = imap submission lmtp\n") ==
          found + " 127.0.0.1|143||imap 127.0.0.1|587||smtp 127.0.0.1|993|\n");
    CHECK(host.of(pair + pop3 + "ssl = no\n") == found + "\n");
    CHECK(host.of(pair + pop3 + "ssl = required\nlisten = 10.0.0.1 ::\n") ==
          found + " 10.0.0.1|110||pop3 10.0.0.1|995| ::1|110||pop3 ::1|995|\n");
    CHECK(host.of(pair + "protocols = sieve\n") ==
          found + "\n- dovecot: sieve is not looked at: its way to TLS is not spoken here\n");
    CHECK(host.of("ssl_client_cert = </c.pem\nssl_client_key = </c.key\n" + pop3) ==
          "/c.pem /c.key dovecot\n");
    CHECK(host.of(pair + pop3 + "ssl_alt_cert = </rsa.pem\nssl_alt_key = </rsa.key\n")
              .find("/rsa.pem /rsa.key dovecot 127.0.0.1|110||pop3") != std::string::npos);
}

TEST_CASE("listeners that are written: ports, addresses, TLS at once, off")
{
    const Host host;
    const auto service = [](const std::string& inside) {
        return "service pop3-login {\n user = x\n" + inside + "}\n";
    };
    CHECK(host.of(
              pair + pop3 +
              service("inet_listener pop3 {\n port = 1110\n}\ninet_listener pop3s {\n port = "
                      "0\n}\ninet_listener more {\n port = 1995\n ssl = yes\n address = 10.0.0.1, "
                      "[::1]\n}\nunix_listener x {\n port = 7\n}\n")) ==
          found + " 10.0.0.1|1995| 127.0.0.1|1110||pop3 ::1|1995|\n");
    CHECK(host.of(pair + pop3 + service("inet_listener pop3 {\n haproxy = yes\n}\n")) ==
          found + " 127.0.0.1|995|\n- dovecot.conf:7: pop3 is not looked at: it expects the PROXY "
                  "protocol before TLS\n");
    CHECK(
        host.of(pair + pop3 +
                service("inet_listener pop3 {\n port = many\n}\ninet_listener pop3s {\n address = "
                        "mail.test\n}\n")) ==
        found +
            "\n- dovecot.conf:7: pop3: port is none\n- dovecot.conf:10: pop3s: a host's name is "
            "not looked up\n");
}

TEST_CASE("certificates for a name, an address, a protocol: the one with more conditions is shown")
{
    const Host host;
    const auto block = [](const std::string& head, const std::string& name) {
        return head + " {\n ssl_cert = </" + name + ".pem\n ssl_key = </" + name + ".key\n}\n";
    };
    CHECK(host.of(pair + pop3 + block("local_name b.test", "b")) ==
          found + bothOfPop3 +
              "/b.pem /b.key dovecot 127.0.0.1|110|b.test|pop3 127.0.0.1|995|b.test\n");
    CHECK(host.of(pair + pop3 + block("protocol pop3", "b") + block("protocol imap", "c")) ==
          found + "\n/c.pem /c.key dovecot\n/b.pem /b.key dovecot" + bothOfPop3);
    CHECK(host.of(pair + pop3 + block("local 127.0.0.1", "b")) ==
          found + " 127.0.0.2|110||pop3 127.0.0.2|995|\n/b.pem /b.key dovecot" + bothOfPop3);
    CHECK(host.of(pair + pop3 + "local 10.0.0.1 {\n" + block("local_name b.test", "b") + "}\n") ==
          found + bothOfPop3 +
              "/b.pem /b.key dovecot 10.0.0.1|110|b.test|pop3 10.0.0.1|995|b.test\n");
    // Dovecot shows nothing where two blocks hold that know nothing of each other.
    CHECK(host.of(pair + pop3 + block("local_name b.test", "b") + block("protocol pop3", "c")) ==
          found + "\n/b.pem /b.key dovecot\n/c.pem /c.key dovecot" + bothOfPop3 +
              "- dovecot.conf:5 is not looked at by pop3: a block of this protocol has another "
              "certificate\n");
    // The key of all, and blocks of one condition are one.
    CHECK(host.of(pair + pop3 + "local_name b.test {\n ssl_cert = </b.pem\n}\n")
              .find("/b.pem /a.key dovecot") != std::string::npos);
    CHECK(host.of(pair + pop3 + "local_name b.test {\n ssl_cert = </b.pem\n}\n" +
                  "local_name b.test {\n ssl_key = </b.key\n}\n")
              .find("/b.pem /b.key dovecot") != std::string::npos);
    CHECK(host.of(pair + pop3 + block("local 10.0.0.0/8", "b")) ==
          found + bothOfPop3 +
              "/b.pem /b.key dovecot\n- dovecot.conf:5 is not looked at: local is no "
              "single address\n");
    CHECK(host.of(pair + pop3 + block("local_name *.test", "b")) ==
          found + bothOfPop3 +
              "/b.pem /b.key dovecot\n- dovecot.conf:5 is not looked at: local_name "
              "is no name that can be asked for\n");
    // Whom it connects to is no place of this host.
    CHECK(host.of(pair + pop3 + block("remote 10.0.0.1", "b")) == found + bothOfPop3);
}

TEST_CASE("includes, in the order of Dovecot; the last line counts")
{
    const Host host;
    std::filesystem::create_directory(host.folder / "conf.d");
    host.folder.write("conf.d/10-a.conf", "ssl_cert = <../own.pem\n!include 20-b.conf\n");
    host.folder.write("conf.d/20-b.conf", "ssl_key = </b.key\nprotocols = $protocols pop3\n");
    host.folder.write("conf.d/30-c.conf.ext", "ssl_key = </not.key\n");
    CHECK(host.of("protocols =\n" + pair +
                  "!include conf.d/*.conf\n!include_try none.conf\n"
                  "!include_try none/*.conf\n") == "own.pem /b.key dovecot" + bothOfPop3);
    CHECK(host.of("!include none.conf\n!include none/*.conf\n!include dovecot.conf\n") ==
          "- dovecot.conf:1: include: none.conf: No such file or directory\n"
          "- dovecot.conf:2: include: nothing matches\n"
          "- dovecot.conf:3: includes the file that it is in\n");
}

TEST_CASE("configurations that are broken, or mean harm, are bounded, told and never quoted")
{
    const Host host;
    const std::string secret = "-----BEGIN PRIVATE KEY-----";
    CHECK(host.of(pair + pop3 + secret + "\nMIGHsecret\n}\nservice x {\n") ==
          found + bothOfPop3 +
              "- dovecot.conf:4: neither a value nor a block\n"
              "- dovecot.conf:5: neither a value nor a block\n"
              "- dovecot.conf:6: closes a block that is not open\n"
              "- dovecot.conf:7: a block is left open\n");
    CHECK(host.of("ssl_key = </a.key\nssl_cert = " + secret + "\n") ==
          "- dovecot.conf:2: ssl_cert: not a file, with a key in a file\n");
    CHECK(host.of("ssl_key = </a.key\nssl_cert = <" + secret + "\n").find("BEGIN") ==
          std::string::npos);
    CHECK(host.of("ssl_cert = $other\nssl_cert = <$x\n" + pop3)
              .find("- dovecot.conf:1: ssl_cert holds a variable\n") == 0);
    CHECK(host.of(pair + pop3 + std::string(70'000, 'x') + "\n") ==
          found + bothOfPop3 + "- dovecot.conf:4: a line over 65536 bytes\n");
    CHECK(host.of(pair + pop3 + repeated("a b {\n", 30) + repeated("}\n", 20))
              .find("- dovecot.conf:24: blocks are nested too deep\n") != std::string::npos);
    CHECK(host.of(repeated("ssl = yes\n", 300'000)).find("too many settings") != std::string::npos);
}
