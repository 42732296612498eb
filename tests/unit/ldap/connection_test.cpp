#include "shared/ldap/connection.h"
#include "tests/support/child_process.h"
#include "tests/support/test_pki.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::test;

namespace {

// openssl's TLS server, which prints what it hears and never answers.
// tests/system/directory_test.py has a real directory.
struct MuteServer {
    TemporaryFolder folder;
    TestPki pki{folder};
    int port = freePort();
    std::optional<ChildProcess> process;

    MuteServer()
    {
        pki.makeRoot("root");
        const auto& server = pki.issueServer("example.test", "root");
        process.emplace(std::vector<std::string>{"/usr/bin/openssl", "s_server", "-accept",
            std::to_string(port), "-cert", server.chain, "-key", server.key});
        process->waitForPort(port);
    }
    ldap::ServerSettings settings() const
    {
        const auto root = x509::Certificate::fromPem(readText(pki["root"].certificate));
        REQUIRE(root.ok());
        return {"ldaps://127.0.0.1:" + std::to_string(port), {*root}, Duration(5), Duration(1)};
    }
    bool heard(const std::string& text) { return process->output().find(text) != text.npos; }
};

ErrorKind kindOf(const Status& status)
{
    REQUIRE_FALSE(status.ok());
    return status.error().kind;
}

} // namespace

TEST_CASE("a bind without a password or without a name is refused here, and nothing is sent")
{
    MuteServer server;
    auto connection = ldap::Connection::open(server.settings());
    REQUIRE_MESSAGE(connection.ok(), (connection.ok() ? "" : connection.error().message));
    CHECK(kindOf(connection->bind("uid=ann", Secret())) == ErrorKind::PermissionDenied);
    CHECK(kindOf(connection->bind("", Secret("password"))) == ErrorKind::PermissionDenied);
    // It is still good; what says nothing in time judges nobody.
    CHECK(kindOf(connection->bind("uid=bob", Secret("pass"))) == ErrorKind::Unavailable);
    CHECK(server.heard("uid=bob"));
    CHECK_FALSE(server.heard("uid=ann"));
}

TEST_CASE("a connection that broke is not used again: libldap would connect anew, in clear text")
{
    MuteServer server;
    auto connection = ldap::Connection::open(server.settings());
    REQUIRE(connection.ok());
    CHECK(kindOf(connection->bind("uid=bob", Secret("pass"))) == ErrorKind::Unavailable);
    const auto again = connection->bind("uid=carol", Secret("pass"));
    CHECK(kindOf(again) == ErrorKind::Unavailable);
    CHECK(again.error().message.find("the connection broke") != std::string::npos);
    CHECK_FALSE(connection->search("dc=x", ldap::Scope::Base, "(uid=*)", {"uid"}, 1).ok());
    CHECK_FALSE(server.heard("uid=carol"));
}

TEST_CASE("only ldaps URLs with a host are servers")
{
    for (const char* url : {"ldap://127.0.0.1", "ldaps://", "ldaps:///dc=x", "ldaps://:636",
             "ldaps://a:0", "ldaps://a:65536", "ldaps://a:x", "ldaps://a:636/dc=x", "ldaps://[::1",
             "ldaps://[::1]636", "ldapi://%2Ftmp%2Fx", "https://a", ""}) {
        CAPTURE(url);
        const auto opened = ldap::Connection::open({url, {}, Duration(1), Duration(1)});
        REQUIRE_FALSE(opened.ok());
        CHECK(opened.error().kind == ErrorKind::InvalidInput);
    }
}

TEST_CASE("a value inside a DN or a filter is escaped so that both read it back as it was")
{
    CHECK(ldap::escapedValue("web-admin_1.x") == "web-admin_1.x");
    // RFC 4514 4 and RFC 4515 4 have these, among others.
    CHECK(ldap::escapedValue("Before\rAfter") == "Before\\0DAfter");
    CHECK(ldap::escapedValue("Lu\xC4\x8Di\xC4\x87") == "Lu\\C4\\8Di\\C4\\87");
    CHECK(ldap::escapedValue("Parens R Us (for all)") == "Parens\\20R\\20Us\\20\\28for\\20all\\29");
    CHECK(ldap::escapedValue("*") == "\\2A");
    CHECK(ldap::escapedValue("C:\\MyFile") == "C\\3A\\5CMyFile");
    CHECK(ldap::escapedValue(std::string("\0\0", 2)) == "\\00\\00");
    for (const char special : std::string(",+\"\\<>;=#*() ")) {
        const auto escaped = ldap::escapedValue(std::string(1, special));
        CHECK(escaped.size() == 3);
        CHECK(escaped.front() == '\\');
    }
}
