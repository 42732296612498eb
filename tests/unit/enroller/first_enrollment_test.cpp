// `perennial-enroller first`: writes over nothing, and a pending request keeps its key.

#include "tests/unit/enroller/first_world.h"

using namespace perennial;
using namespace perennial::agent;
using namespace perennial::test;

TEST_CASE("a certificate and a key that only its owner can read are written")
{
    FirstWorld world;
    const auto result = world.enroll();
    REQUIRE_MESSAGE(result.ok(), (result ? "" : result.error().message));
    CHECK(result->state == "issued");
    CHECK(world.ca.password == "correct horse");
    const auto key = x509::PrivateKey::fromPem(Secret(readText(world.options.keyFile)));
    const auto leaf = x509::Certificate::fromPem(readText(world.options.certificateFile));
    REQUIRE(key);
    REQUIRE(leaf);
    CHECK(key->matches(*leaf));
    CHECK(result->serial == leaf->serial());
    const auto facts = PosixFileSystem().inspect(world.options.keyFile);
    REQUIRE(facts);
    CHECK(facts->mode == 0600);
    CHECK(world.left() == "ck");
}

TEST_CASE("a password comes from a file, a systemd credential; without a user it is Kerberos")
{
    FirstWorld world;
    world.options.caller.password = CredentialSource{CredentialSource::Kind::Service, "enroller"};
    CHECK(world.enroll().error().kind == ErrorKind::NotFound); // there are no credentials
    world.options.caller.credentialsFolder = world.folder.path().string();
    (void)world.folder.write("enroller", "by systemd\n", 0400);
    REQUIRE(world.enroll());
    CHECK(world.ca.password == "by systemd");

    FirstWorld kerberos;
    kerberos.options.caller.user.clear();
    kerberos.options.caller.password.reset();
    kerberos.options.caller.principal = "host/web1.example.test";
    kerberos.options.caller.keytabFile = "/etc/krb5.keytab";
    REQUIRE(kerberos.enroll());
    CHECK(kerberos.ca.password.empty());
    CHECK(kerberos.ca.principal == "host/web1.example.test by /etc/krb5.keytab");
}

TEST_CASE("nothing that is there is written over, and nobody is asked")
{
    FirstWorld world;
    (void)world.folder.write("web.pem", "mine");
    CHECK(world.enroll().error().kind == ErrorKind::Conflict);
    REQUIRE(std::filesystem::remove(world.options.certificateFile));
    (void)world.folder.write("web.key", "mine");
    CHECK(world.enroll().error().kind == ErrorKind::Conflict);
    CHECK(readText(world.options.keyFile) == "mine");
    CHECK(world.ca.requests.empty());
}

TEST_CASE("a password that others can read, or that is none, is not sent")
{
    for (const mode_t mode : {0640U, 0604U, 0644U, 0620U}) {
        FirstWorld world;
        (void)world.folder.write("password", "correct horse", mode);
        CHECK(world.enroll().error().kind == ErrorKind::PermissionDenied);
        CHECK(world.ca.requests.empty());
        CHECK(world.left().empty());
    }
    FirstWorld empty;
    (void)empty.folder.write("password", "\n");
    CHECK(empty.enroll().error().kind == ErrorKind::InvalidInput);
    CHECK(empty.ca.requests.empty());
    FirstWorld none;
    none.options.caller.password->name = none.folder / "nothing";
    CHECK(none.enroll().error().kind == ErrorKind::NotFound);
}

TEST_CASE("what nobody took leaves nothing behind, and what is not offered makes no key")
{
    FirstWorld world;
    world.ca.offers = Error{ErrorKind::InvalidInput, "no such template"};
    CHECK(world.enroll().error().message == "no such template");
    CHECK(world.left().empty());
    CHECK(world.ca.requests.empty());

    world.ca.offers = true;
    world.ca.untaken = true;
    for (const auto kind : {ErrorKind::Unavailable, ErrorKind::PermissionDenied}) {
        world.answer(Error{kind, "no"});
        CHECK(world.enroll().error().kind == kind);
        CHECK(world.left().empty());
    }
}

TEST_CASE("after an unknown outcome the same request with the same key goes out again")
{
    for (const auto kind : {ErrorKind::Unavailable, ErrorKind::InvalidInput}) {
        FirstWorld world;
        world.answer(Error{kind, "cut off"});
        const auto unknown = world.enroll();
        CHECK(unknown.error().kind == kind);
        CHECK(
            unknown.error().message.find(world.options.keyFile + ".request") != std::string::npos);
        CHECK(unknown.error().message.find("PRIVATE") == std::string::npos);
        CHECK(world.left() == "kr");
        const auto facts = PosixFileSystem().inspect(world.options.keyFile + ".request");
        REQUIRE(facts);
        CHECK(facts->mode == 0600);
        CHECK(readText(world.options.keyFile + ".request").find("PRIVATE") == std::string::npos);
        const auto key = readText(world.options.keyFile);

        // Refused the second time: what became of the first is as unknown as before.
        world.ca.untaken = true;
        world.answer(Error{ErrorKind::PermissionDenied, "the password has expired"});
        CHECK(world.enroll().error().kind == ErrorKind::PermissionDenied);
        CHECK(world.left() == "kr");

        world.answer([&](const Bytes& publicKey) { return world.ca.issue(publicKey); });
        const auto last = world.enroll();
        REQUIRE_MESSAGE(last.ok(), (last ? "" : last.error().message));
        CHECK(world.left() == "ck");
        CHECK(readText(world.options.keyFile) == key);
        REQUIRE(world.ca.requests.size() == 3);
        for (const auto& one : world.ca.requests)
            CHECK(one == world.ca.requests.front());
    }
}

TEST_CASE("a kept request is for what it was made for, and with its own key")
{
    FirstWorld world;
    world.answer(Error{ErrorKind::Unavailable, "cut off"});
    REQUIRE_FALSE(world.enroll().ok());
    const auto options = world.options;
    const auto conflicts = [&](const std::string& says) {
        const auto result = world.enroll();
        REQUIRE_FALSE(result.ok());
        CHECK(result.error().kind == ErrorKind::Conflict);
        CHECK_MESSAGE(
            result.error().message.find(says) != std::string::npos, result.error().message);
        CHECK(world.ca.requests.size() == 1);
        CHECK(world.left() == "kr");
        world.options = options;
    };
    world.options.name = "web2.example.test";
    conflicts("name web1.example.test");
    world.options.templateName = "Other";
    conflicts("template Web");
    world.options.policyUrl = "https://localhost/other";
    conflicts("at https://localhost/CEP");
    world.options.keyType = "ec-p384";
    conflicts("key ec-p256");
    (void)world.folder.write("web.key", FakeAuthority::newKey().toPem().reveal());
    conflicts("is not the key of the request");

    for (const std::string text : {"", "{}", "[]", "{\"request\": \"%\"}"}) {
        (void)world.folder.write("web.key.request", text);
        const auto result = world.enroll();
        CHECK(result.error().kind == ErrorKind::InvalidInput);
        CHECK(result.error().message.find("web.key.request") != std::string::npos);
    }
}

TEST_CASE("a pending request keeps its key and its ticket until it is decided")
{
    FirstWorld world;
    world.answer([](const auto&) { return IssueOutcome(Pending{"ticket-1", Duration(60)}); });
    const auto first = world.enroll();
    REQUIRE(first);
    CHECK(first->state == "pending");
    CHECK(first->keptFile == world.options.keyFile + ".request");
    REQUIRE(world.enroll());

    // The service is away for a while: the key stays.
    const auto key = readText(world.options.keyFile);
    world.answer(Error{ErrorKind::Unavailable, "no"});
    CHECK_FALSE(world.enroll().ok());
    CHECK(readText(world.options.keyFile) == key);

    world.answer([&](const Bytes& publicKey) { return world.ca.issue(publicKey); });
    const auto last = world.enroll();
    REQUIRE(last);
    CHECK(last->state == "issued");
    CHECK(world.left() == "ck");
    CHECK(world.ca.tickets == std::vector<std::string>{"ticket-1", "ticket-1", "ticket-1"});
    for (const auto& one : world.ca.requests)
        CHECK(one == world.ca.requests.front());
}

TEST_CASE("a denial is an error that says the reason, and nothing is left")
{
    FirstWorld world;
    world.answer([](const auto&) { return IssueOutcome(Pending{"ticket-1", Duration(60)}); });
    REQUIRE(world.enroll());
    world.answer([](const auto&) { return IssueOutcome(Denied{"not for you"}); });
    const auto denied = world.enroll();
    REQUIRE_FALSE(denied.ok());
    CHECK(denied.error().kind == ErrorKind::PermissionDenied);
    CHECK(denied.error().message == "denied: not for you");
    CHECK(world.left().empty());
}

TEST_CASE("what is not what was asked for is rejected by its rule, and nothing is left")
{
    struct Case {
        std::string rule;
        std::function<void(FirstWorld&)> change;
    };
    const FakeAuthority stranger;
    const std::vector<Case> cases = {
        {"wider-names",
            [](FirstWorld& w) {
                w.ca.content.names = {"web1.example.test", "bank.example.test"};
            }},
        {"another-subject", [](FirstWorld& w) { w.ca.content.subject = "bank.example.test"; }},
        {"ends-too-soon", [](FirstWorld& w) { w.ca.content.notAfter = FirstWorld::now; }},
        {"another-key",
            [](FirstWorld& w) {
                w.answer([&](const auto&) {
                    return w.ca.issue(FakeAuthority::newKey().publicKeyDer());
                });
            }},
        {"wider-usages",
            [](FirstWorld& w) {
                w.answer([&](const Bytes& publicKey) {
                    auto content = w.ca.content;
                    content.usages.emplace_back("1.3.6.1.5.5.7.3.3");
                    return IssueOutcome(Issued{w.ca.authority.issue(publicKey, content)});
                });
            }},
        // TLS is trusted through the one, certificates through the other.
        {"untrusted",
            [&](FirstWorld& w) {
                w.options.issuerTrustFile = w.folder.write("issuers.pem", stranger.rootPem());
            }},
    };
    for (const auto& one : cases) {
        CAPTURE(one.rule);
        FirstWorld world;
        one.change(world);
        const auto result = world.enroll();
        REQUIRE_FALSE(result.ok());
        CHECK(result.error().kind == ErrorKind::InvalidInput);
        CHECK_MESSAGE(result.error().message.find(" " + one.rule + ": ") != std::string::npos,
            result.error().message);
        CHECK(world.ca.requests.size() == 1);
        CHECK(world.left().empty());
    }
}

TEST_CASE("trust that cannot be read rejects nothing: the key of what was issued stays")
{
    FirstWorld world;
    const auto file = world.folder / "issuers.pem";
    world.options.issuerTrustFile = file;
    const auto failed = world.enroll();
    REQUIRE_FALSE(failed.ok());
    CHECK_FALSE(world.left().empty());
    world.folder.write("issuers.pem", world.ca.authority.rootPem());
    CHECK_MESSAGE(world.enroll().ok(), "the same request, the same key");
}
