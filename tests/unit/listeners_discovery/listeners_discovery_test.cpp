#include "plugins/listeners_discovery/listeners_discovery.h"

#include "tests/support/mariadb.h"
#include "tests/support/openssl_server.h"
#include "tests/support/postgresql.h"
#include "tests/support/slapd.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>

using namespace perennial;
using namespace perennial::test;

namespace {

std::string entry(const std::string& host, int port) { return host + ":" + std::to_string(port); }

Discovery discovered(const PluginSettings& settings)
{
    const auto source = plugins::makeListenersDiscovery(settings);
    REQUIRE(source.ok());
    auto found = (*source)->discover();
    REQUIRE(found.ok());
    return *std::move(found);
}

std::string fingerprintOf(const std::string& file)
{
    const auto certificate = x509::Certificate::fromPem(readText(file));
    REQUIRE(certificate.ok());
    return certificate->fingerprint();
}

} // namespace

TEST_CASE("a listening socket is found with the certificate that it shows without a name")
{
    const TemporaryFolder folder;
    TestPki pki(folder);
    pki.makeRoot("root");
    pki.issueServer("web.test", "root");
    pki.issueServer("named.test", "root");
    OpensslServer v4(
        pki["web.test"], {"-servername", "named.test", "-cert2", pki["named.test"].certificate,
                             "-key2", pki["named.test"].key});
    OpensslServer v6(pki["named.test"], {"-quiet"}, "::1");
    const auto found =
        discovered({{"only", entry("127.0.0.1", v4.port()) + "\n" + entry("[::1]", v6.port())}});
    REQUIRE(found.listeners.size() == 2);
    CHECK(found.places.empty());
    CHECK(found.listeners[0].listener ==
          model::Listener{"127.0.0.1", v4.port(), "",
              model::Fingerprint(fingerprintOf(pki["web.test"].certificate))});
    CHECK(found.listeners[1].listener ==
          model::Listener{"::1", v6.port(), "",
              model::Fingerprint(fingerprintOf(pki["named.test"].certificate))});
    CHECK(found.skipped.empty());

    const auto fewer =
        discovered({{"only", entry("127.0.0.1", v4.port()) + "\n" + entry("[::1]", v6.port())},
            {"except", entry("*", v4.port())}});
    REQUIRE(fewer.listeners.size() == 1);
    CHECK(fewer.listeners[0].listener.port == v6.port());
}

TEST_CASE("where TLS must be asked for it is, and where somebody else is at such a port it begins "
          "at once")
{
    const TemporaryFolder folder;
    TestPki pki(folder);
    pki.makeRoot("root");
    pki.issueServer("db.test", "root");
    const int port = freePort();
    PostgresqlServer server(port);
    server.configure("server.crt", readText(pki["db.test"].certificate));
    server.configure("server.key", readText(pki["db.test"].key));
    server.configure("postgresql.auto.conf", "ssl = on\n");
    server.start();
    const model::Fingerprint shown(fingerprintOf(pki["db.test"].certificate));
    const auto socket = entry("127.0.0.1", port);
    CHECK(discovered({{"only", socket}}).listeners.empty());
    CHECK(discovered({{"only", socket}, {"postgresql", socket}}).listeners ==
          std::vector{SeenListener{{"127.0.0.1", port, "", shown, "postgresql"}, {}}});

    const int ldap = freePort();
    const Slapd slapd(
        {"-f",
            folder.write("slapd.conf", "TLSCertificateFile " + pki["db.test"].certificate +
                                           "\nTLSCertificateKeyFile " + pki["db.test"].key + "\n"),
            "-h", "ldap://" + entry("127.0.0.1", ldap)},
        ldap);
    const auto directory = entry("127.0.0.1", ldap);
    CHECK(discovered({{"only", directory}, {"ldap", directory}}).listeners ==
          std::vector{SeenListener{{"127.0.0.1", ldap, "", shown, "ldap"}, {}}});

    const int mysql = freePort();
    MariadbServer mariadb(mysql);
    mariadb.place("own.pem", readText(pki["db.test"].certificate) + readText(pki["db.test"].key));
    mariadb.start("ssl-cert = own.pem\n");
    const auto database = entry("127.0.0.1", mysql);
    CHECK(discovered({{"only", database}, {"mysql", database}}).listeners ==
          std::vector{SeenListener{{"127.0.0.1", mysql, "", shown, "mysql"}, {}}});

    OpensslServer https(pki["db.test"], {"-quiet"});
    const auto other = entry("127.0.0.1", https.port());
    CHECK(discovered({{"only", other}, {"postgresql", other}}).listeners ==
          std::vector{SeenListener{{"127.0.0.1", https.port(), "", shown}, {}}});
}

TEST_CASE("whose socket it is goes with what it shows, unless its address is named")
{
    const TemporaryFolder folder;
    TestPki pki(folder);
    pki.makeRoot("root");
    pki.issueServer("web.test", "root");
    OpensslServer server(pki["web.test"], {"-quiet"});
    const auto named = discovered({{"only", entry("127.0.0.1", server.port())}});
    REQUIRE(named.listeners.size() == 1);
    CHECK_FALSE(named.listeners[0].owner.has_value());
    // Anybody may take an address that is not named.
    const auto any = discovered({{"only", entry("*", server.port())}});
    REQUIRE(any.listeners.size() == 1);
    CHECK(any.listeners[0].owner == ::geteuid());
}

TEST_CASE("who counts looks is not looked at by an address of its own")
{
    if (::geteuid() != 0) {
        MESSAGE("skipped here: only root can have a network of its own");
        return;
    }
    // A network with nothing in it but this process and the address.
    const auto child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        constexpr const char* address = "192.0.2.7";
        const auto lookAround = [&] {
            if (::unshare(CLONE_NEWNET) != 0) return 2;
            mustRun({"/usr/bin/ip", "address", "add", std::string(address) + "/32", "dev", "lo"});
            mustRun({"/usr/bin/ip", "link", "set", "lo", "up"});
            sockaddr_in where{};
            where.sin_family = AF_INET;
            where.sin_port = htons(3306);
            ::inet_pton(AF_INET, address, &where.sin_addr);
            const FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
            if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&where), sizeof where) != 0 ||
                ::listen(socket.get(), 4) != 0)
                return 3;
            const auto found = (*plugins::makeListenersDiscovery({}))->discover();
            if (!found || !found->listeners.empty() || found->skipped.size() != 1 ||
                found->skipped[0] != "listeners: 1 sockets were not looked at: MariaDB and MySQL "
                                     "count each look as an error of a client there")
                return 4;
            return ::accept(socket.get(), nullptr, nullptr) < 0 ? 0 : 5; // nobody called
        };
        ::_exit(lookAround());
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("sockets that show no certificate are counted")
{
    const TemporaryFolder folder;
    TestPki pki(folder);
    pki.makeRoot("root");
    pki.issueServer("web.test", "root");
    // One who speaks, but not TLS.
    const int port = freePort();
    ChildProcess speaker(
        {"/usr/bin/python3", "-m", "http.server", "--bind", "127.0.0.1", std::to_string(port)},
        folder.path().string());
    speaker.waitForPort(port);
    const auto found = discovered({{"only", entry("127.0.0.1", port)}});
    CHECK(found.listeners.empty());
    CHECK(found.skipped == std::vector<std::string>{
                               "listeners: 1 sockets show no certificate without a server name"});
}

TEST_CASE("no more sockets are looked at than there is room and time for")
{
    const TemporaryFolder folder;
    TestPki pki(folder);
    pki.makeRoot("root");
    pki.issueServer("web.test", "root");
    OpensslServer server(pki["web.test"], {});
    const auto choice = plugins::listeners::SocketChoice::from(entry("*", server.port()), "");
    REQUIRE(choice.ok());
    plugins::ListenersLimits limits;
    limits.time = Duration(0);
    const auto late = plugins::ListenersDiscovery(*choice, {}, limits).discover();
    REQUIRE(late.ok());
    CHECK(late->listeners.empty());
    CHECK(late->skipped == std::vector<std::string>{
                               "listeners: 1 sockets were not looked at: too many, or too slow"});
}

TEST_CASE("settings are two lists")
{
    const auto refusal = [](const PluginSettings& settings) {
        const auto made = plugins::makeListenersDiscovery(settings);
        return made ? std::string() : made.error().message;
    };
    CHECK(refusal({}).empty());
    CHECK(refusal({{"only", "127.0.0.1:443"}, {"except", "*:22"}}).empty());
    CHECK(refusal({{"smtp", "*:2525"}, {"imap", ""}, {"pop3", "*:1"}}).empty());
    CHECK(refusal({{"smtp", "mail"}}).starts_with("smtp: \"mail\" is not of the form"));
    CHECK(refusal({{"ports", "443"}}) == "unknown key \"ports\"");
    CHECK(refusal({{"except", "ssh"}}) ==
          "except: \"ssh\" is not of the form 127.0.0.1:443, [::1]:443 or *:443");
}
