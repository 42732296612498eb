// Asking for TLS where it does not begin at once: the words alone, then Postfix, Dovecot,
// PostgreSQL, OpenLDAP and MariaDB.

#include "shared/tls/start_tls.h"

#include "shared/tls/listener_probe.h"
#include "tests/support/mail_servers.h"
#include "tests/support/mariadb.h"
#include "tests/support/postgresql.h"
#include "tests/support/slapd.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <thread>

using namespace perennial;
using namespace perennial::test;
using namespace std::string_literals;

namespace {

// What is said in answer to each piece of a server's words, until TLS begins ("!") or why not.
std::string talk(const std::string& protocol, const std::vector<std::string>& pieces)
{
    tls::StartTls words(protocol);
    std::string said = words.takeOutput();
    for (const auto& piece : pieces) {
        if (auto status = words.hear(piece); !status) return status.error().message;
        said += words.takeOutput();
    }
    return said + (words.granted() ? "!" : "");
}

const std::string request = "\0\0\0\x08\x04\xD2\x16\x2F"s;
const std::string ldapRequest = "\x30\x1D\x02\x01\x01\x77\x18\x80\x16"
                                "1.3.6.1.4.1.1466.20037"s;
const std::string ldapGranted = "\x30\x0C\x02\x01\x01\x78\x07\x0A\x01\0\x04\0\x04\0"s;
const std::string mysqlRequest =
    "\x20\0\0\x01\x01\x8A\x08\0\0\0\0\x01\x21"s + std::string(23, '\0');
// A server of protocol 10 by its capabilities' lower half.
std::string mysqlGreeting(const std::string& capabilities)
{
    return "\x16\0\0\0\x0A"
           "5.5.5\0\x01\0\0\0abcdefgh\0"s +
           capabilities;
}
const std::string ehlo = "EHLO [127.0.0.1]\r\n";
const std::string slipped = "no TLS: the server says more than it was asked before TLS begins";

// Says its words in one breath, whatever it is asked, and reads on.
class Speaker {
public:
    explicit Speaker(std::string words) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))
    {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        REQUIRE(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
        REQUIRE(::listen(socket_.get(), 4) == 0);
        socklen_t size = sizeof address;
        REQUIRE(::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this, words = std::move(words)] {
            const FileDescriptor taken(::accept(socket_.get(), nullptr, nullptr));
            (void)::send(taken.get(), words.data(), words.size(), MSG_NOSIGNAL);
            char byte = 0;
            while (::recv(taken.get(), &byte, 1, 0) > 0) {}
        });
    }
    ~Speaker() { thread_.join(); }
    int port() const { return port_; }

private:
    FileDescriptor socket_;
    int port_ = 0;
    std::thread thread_;
};

struct Pki {
    TemporaryFolder folder;
    TestPki pki{folder};
    Pki()
    {
        std::filesystem::permissions(folder.path(), std::filesystem::perms(0711));
        pki.makeRoot("root");
        pki.issueServer("mail.test", "root");
    }
    std::string certificate() const { return pki["mail.test"].certificate; }
};

} // namespace

TEST_CASE("the words of each protocol, in whatever pieces the answers come")
{
    CHECK(talk("smtp", {"220-a\r\n220 b\r\n", "250-m\r\n250-starttls\r\n250 SIZE\r\n",
                           "220 2.0.0 go\r\n"}) == ehlo + "STARTTLS\r\n!");
    CHECK(talk("smtp", {"220\n", "250 STARTTLS\n", "22", "0\r", "\n"}) == ehlo + "STARTTLS\r\n!");
    CHECK(
        talk("imap", {"* OK hi\r\n", "* CAPABILITY IMAP4\r\np1 ok go\r\n"}) == "p1 STARTTLS\r\n!");
    CHECK(talk("pop3", {"+OK\r\n", "+OK go\r\n"}) == "STLS\r\n!");
    CHECK(talk("postgresql", {"", "S"}) == request + "!");
    CHECK(talk("ldap", {ldapGranted}) == ldapRequest + "!");
    std::vector<std::string> bytes;
    for (const char byte : ldapGranted)
        bytes.emplace_back(1, byte);
    CHECK(talk("ldap", bytes) == ldapRequest + "!");
    // Lengths in Active Directory's form, and the name that RFC 4511 4.14.2 has in the answer.
    CHECK(talk("ldap",
              {"\x30\x84\0\0\0\x28\x02\x01\x01\x78\x84\0\0\0\x1F\x0A\x01\0\x04\0\x04\0\x8A\x16"
               "1.3.6.1.4.1.1466.20037"s}) == ldapRequest + "!");
    CHECK(talk("mysql", {mysqlGreeting("\xFE\xFF")}) == mysqlRequest + "!");
    bytes.clear();
    for (const char byte : mysqlGreeting("\0\x08"s))
        bytes.emplace_back(1, byte);
    CHECK(talk("mysql", bytes) == mysqlRequest + "!");
    CHECK(talk("", {}) == "!");
    for (const char* protocol : {"", "smtp", "imap", "pop3", "postgresql", "ldap", "mysql"})
        CHECK(tls::isStartTls(protocol));
    for (const char* protocol : {"SMTP", "ldaps", "s"})
        CHECK_FALSE(tls::isStartTls(protocol));
}

TEST_CASE("who refuses, or does not offer it, is quoted and not asked further")
{
    const auto refusal = [](const std::string& words) {
        return "no TLS: the server says \"" + words + "\"";
    };
    CHECK(talk("smtp", {"554 no\r\n"}) == refusal("554 no"));
    CHECK(talk("smtp", {"2200 no\r\n"}) == refusal("2200 no"));
    CHECK(
        talk("smtp", {"220 \r\n", "250 SIZE\r\n"}) == "no TLS: the server does not offer STARTTLS");
    CHECK(talk("smtp", {"220 \r\n", "250-STARTTLSX\r\n250 x STARTTLS\r\n"}) ==
          "no TLS: the server does not offer STARTTLS");
    CHECK(talk("smtp", {"220 \r\n", "250 STARTTLS\r\n", "454 later\r\n"}) == refusal("454 later"));
    CHECK(talk("imap", {"* PREAUTH hi\r\n"}) == refusal("* PREAUTH hi"));
    CHECK(talk("imap", {"* OK\r\n", "* BYE\r\n"}) == refusal("* BYE"));
    CHECK(talk("imap", {"* OK\r\n", "p1 BAD\x1B[2J\r\n"}) == refusal("p1 BAD\\u001B[2J"));
    CHECK(talk("imap", {"* OK\r\n", "p2 OK\r\n"}) == refusal("p2 OK"));
    CHECK(talk("pop3", {"-ERR\r\n"}) == refusal("-ERR"));
    CHECK(talk("pop3", {"+OKAY\r\n"}) == refusal("+OKAY"));
    CHECK(talk("postgresql", {"N"}) == "no TLS: the server does not offer it");
    CHECK(talk("postgresql", {"E\0\0"s}).starts_with("no TLS: the server says"));
    CHECK(talk("ldap", {"\x30\x0E\x02\x01\x01\x78\x09\x0A\x01\x02\x04\0\x04\x02no"s}) ==
          refusal("no"));
    CHECK(talk("ldap", {"HTTP"}) == refusal("HTTP"));
    for (const auto& wrong :
        {"\x30\x0C\x02\x01\0\x78\x07\x0A\x01\0\x04\0\x04\0"s,      // a notice to nobody
            "\x30\x0C\x02\x01\x02\x78\x07\x0A\x01\0\x04\0\x04\0"s, // to another message
            "\x30\x0C\x02\x01\x01\x61\x07\x0A\x01\0\x04\0\x04\0"s, // of a bind
            "\x30\x0C\x02\x01\x01\x38\x07\x0A\x01\0\x04\0\x04\0"s, // of another class
            "\x30\x0C\x02\x01\x01\x78\x07\x02\x01\0\x04\0\x04\0"s, // a number, no code
            "\x30\x0C\x02\x01\x01\x78\x07\x0A\x02\0\0\x04\0\x04"s, // a code of two octets
            "\x30\x0C\x02\x01\x01\x78\x09\x0A\x01\0\x04\0\x04\0"s, // beyond its message
            "\x30\x84\x7F\0\0\0\x02"s, "\x30\x89\x01\x01\x01\x01\x01"s, "\x30\0"s}) {
        CAPTURE(wrong);
        CHECK(talk("ldap", {wrong}).starts_with("no TLS: the server says \""));
    }
}

TEST_CASE("a server of MySQL's protocol that has no TLS, lets nobody in, or is none")
{
    CHECK(talk("mysql", {mysqlGreeting("\xFF\xF7")}) == "no TLS: the server does not offer it");
    CHECK(talk("mysql", {"\x0C\0\0\0\xFF\x69\x04Too many\n"s}) ==
          "no TLS: the server says \"Too many\\u000A\"");
    for (const auto& wrong : {"\x01\0\0\0\xFF"s,                     // an error without a number
             "\0\0\0\0"s,                                            // nothing
             "\x16\0\0\x01"s + mysqlGreeting("\0\x08"s).substr(4),   // not the first packet
             "\x16\0\0\0\x09"s + mysqlGreeting("\0\x08"s).substr(5), // another protocol
             "\x05\0\0\0\x0Axxxx"s,                                  // a version without an end
             "\x14\0\0\0\x0Axxxxxxxxxxxxxxxxxxx"s,
             "\x15\0\0\0"s + mysqlGreeting("\0"s).substr(4), // cut off in its capabilities
             "\x01\x20\0\0"s, "\0\0\x7F\0"s, "SSH-2.0-x\r\n"s}) {
        CAPTURE(wrong);
        CHECK(talk("mysql", {wrong}).starts_with("no TLS: the server says \""));
    }
    CHECK(tls::countsLooks("mysql", "192.0.2.1"));
    CHECK(tls::countsLooks("mysql", "2001:db8::1"));
    for (const char* host : {"127.0.0.1", "127.0.0.2", "::1"})
        CHECK_FALSE(tls::countsLooks("mysql", host));
    CHECK_FALSE(tls::countsLooks("postgresql", "192.0.2.1"));
}

TEST_CASE("nothing may be slipped in behind an answer")
{
    CHECK(talk("mysql", {mysqlGreeting("\0\x08"s) + "\x16"}) == slipped);
    CHECK(talk("mysql", {mysqlGreeting("\0\x08"s), "\x16"}) == slipped);
    CHECK(talk("smtp", {"220 a\r\n", "250 STARTTLS\r\n", "220 go\r\n250 x\r\n"}) == slipped);
    CHECK(talk("smtp", {"220 a\r\n250 STARTTLS\r\n"}) == slipped);
    CHECK(talk("imap", {"* OK\r\n", "p1 OK\r\n*"}) == slipped);
    CHECK(talk("pop3", {"+OK\r\n", "+OK\r\n\x16"}) == slipped);
    CHECK(talk("postgresql", {"S\x16"}) == slipped);
    CHECK(talk("ldap", {ldapGranted + "\x30"}) == slipped);
    // Without a length, which RFC 4511 5.1 forbids: nothing is in it.
    CHECK(talk("ldap", {"\x30\x80\x02\x01\x01\x78\x07\x0A\x01\0\x04\0\x04\0\0\0"s}) == slipped);
}

TEST_CASE("a server that talks on and on is left")
{
    CHECK(talk("pop3", {std::string(9000, 'x')}) == "no TLS: the server's line has no end");
    std::vector<std::string> lines = {"* OK\r\n"};
    lines.resize(3000, "* 1 EXISTS and more of it\r\n");
    CHECK(talk("imap", lines) == "no TLS: the server talks on and on before it");
    CHECK(talk("smtp", {std::string(70'000, '\n')}) ==
          "no TLS: the server talks on and on before it");
}

TEST_CASE("a probe by the wrong words, and of one who slips words in, ends with a reason")
{
    const Speaker eager("220 hi\r\n250 STARTTLS\r\n220 go\r\n");
    const auto served = tls::probeListener({"127.0.0.1", eager.port(), "", "smtp"}, Duration(10));
    REQUIRE_FALSE(served.ok());
    CHECK(served.error().kind == ErrorKind::Unavailable);
    CHECK(served.error().message ==
          "127.0.0.1:" + std::to_string(eager.port()) + " by smtp: " + slipped);

    const Speaker quiet("");
    const auto late = tls::probeListener({"127.0.0.1", quiet.port(), "", "imap"}, Duration(1));
    REQUIRE_FALSE(late.ok());
    CHECK(late.error().message.ends_with("no TLS handshake in time"));

    const auto unknown = tls::probeListener({"127.0.0.1", 1, "", "gopher"}, Duration(1));
    REQUIRE_FALSE(unknown.ok());
    CHECK(unknown.error().kind == ErrorKind::InvalidInput);
}

TEST_CASE("PostgreSQL shows its certificate after an SSLRequest, and says when it has none")
{
    const Pki fixture;
    const int port = freePort();
    PostgresqlServer server(port);
    server.start();
    const tls::ListenerAddress listener{"127.0.0.1", port, "", "postgresql"};
    const auto without = tls::probeListener(listener, Duration(10));
    REQUIRE_FALSE(without.ok());
    CHECK(without.error().message.ends_with("no TLS: the server does not offer it"));

    server.configure("server.crt", readText(fixture.certificate()));
    server.configure("server.key", readText(fixture.pki["mail.test"].key));
    server.configure("postgresql.auto.conf", "ssl = on\n");
    server.reload();
    server.waitForOutput("\"ssl\" changed to \"on\"");
    Result<tls::ServedCertificate> served = without;
    for (int i = 0; i < 100 && !served.ok(); ++i) // the postmaster comes to it
        served = tls::probeListener(listener, Duration(10));
    REQUIRE_MESSAGE(served.ok(), (served.ok() ? "" : served.error().message));
    CHECK(served->chain[0].toPem() == readText(fixture.certificate()));
}

TEST_CASE("Postfix shows its certificate by STARTTLS")
{
    if (::geteuid() != 0) {
        MESSAGE("skipped here: only root can run Postfix");
        return;
    }
    const Pki fixture;
    const TemporaryFolder folder;
    const int port = freePort();
    folder.write("main.cf", postfixBase(folder) + "smtpd_tls_security_level = may\n" +
                                "smtpd_tls_cert_file = " + fixture.certificate() +
                                "\nsmtpd_tls_key_file = " + fixture.pki["mail.test"].key + "\n");
    folder.write("master.cf",
        "127.0.0.1:" + std::to_string(port) + " inet n - n - - smtpd\n" + postfixHelpers);
    const Postfix postfix(folder, port);
    const auto served = tls::probeListener({"127.0.0.1", port, "", "smtp"}, Duration(10));
    REQUIRE_MESSAGE(served.ok(), (served.ok() ? "" : served.error().message));
    CHECK(served->chain[0].toPem() == readText(fixture.certificate()));
}

TEST_CASE("Dovecot shows its certificate by STARTTLS of IMAP and by STLS of POP3")
{
    if (::geteuid() != 0) {
        MESSAGE("skipped here: Dovecot's processes have users of their own");
        return;
    }
    const Pki fixture;
    const TemporaryFolder folder;
    const int imap = freePort();
    const int pop3 = freePort();
    const auto listeners = [](const std::string& name, int port) {
        return "service " + name + "-login {\n inet_listener " + name +
               " {\n port = " + std::to_string(port) + "\n }\n inet_listener " + name +
               "s {\n port = 0\n }\n}\n";
    };
    folder.write("dovecot.conf", dovecotBase(folder) + "ssl_cert = <" + fixture.certificate() +
                                     "\nssl_key = <" + fixture.pki["mail.test"].key + "\n" +
                                     listeners("imap", imap) + listeners("pop3", pop3));
    const Dovecot dovecot(folder, imap);
    for (const auto& [port, protocol] : {std::pair{imap, "imap"}, {pop3, "pop3"}}) {
        CAPTURE(protocol);
        const auto served = tls::probeListener({"127.0.0.1", port, "", protocol}, Duration(10));
        REQUIRE_MESSAGE(served.ok(), (served.ok() ? "" : served.error().message));
        CHECK(served->chain[0].toPem() == readText(fixture.certificate()));
    }
}

TEST_CASE("OpenLDAP shows its certificate after StartTLS, and says when it has none")
{
    const Pki fixture;
    for (const bool withTls : {false, true}) {
        CAPTURE(withTls);
        const TemporaryFolder folder;
        const int port = freePort();
        const auto config = folder.write("slapd.conf",
            withTls ? "TLSCertificateFile " + fixture.certificate() + "\nTLSCertificateKeyFile " +
                          fixture.pki["mail.test"].key + "\n"
                    : "");
        const auto url = "ldap://127.0.0.1:" + std::to_string(port);
        const Slapd slapd({"-f", config, "-h", url}, port);
        const auto served = tls::probeListener({"127.0.0.1", port, "", "ldap"}, Duration(10));
        REQUIRE(served.ok() == withTls);
        if (withTls)
            CHECK(served->chain[0].toPem() == readText(fixture.certificate()));
        else
            CHECK(served.error().message.ends_with(
                "by ldap: no TLS: the server says \"unsupported extended operation\""));
    }
}

TEST_CASE("MariaDB shows its certificate after an SSLRequest, and says when it has none")
{
    const Pki fixture;
    for (const bool withTls : {false, true}) {
        CAPTURE(withTls);
        const int port = freePort();
        MariadbServer server(port);
        server.place(
            "own.pem", readText(fixture.certificate()) + readText(fixture.pki["mail.test"].key));
        server.start(withTls ? "ssl-cert = own.pem\n" : "");
        const auto served = tls::probeListener({"127.0.0.1", port, "", "mysql"}, Duration(10));
        REQUIRE(served.ok() == withTls);
        if (withTls)
            CHECK(served->chain[0].toPem() == readText(fixture.certificate()));
        else
            CHECK(
                served.error().message.ends_with("by mysql: no TLS: the server does not offer it"));
    }
}
