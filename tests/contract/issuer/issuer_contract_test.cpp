// What every issuer promises, asked of each that ships, by each way that leads to it. Openssl
// judges what was issued.

#include "plugins/builtin_plugins.h"
#include "tests/contract/issuer/enrollment_world.h"
#include "tests/support/test_pki.h"

using namespace perennial;
using namespace perennial::test;

namespace {

// A kind of issuer and how to reach it in the world of its tests.
struct Way {
    std::string name;
    std::function<model::EnrollmentService(const EnrollmentWorld&)> renewals;
};

const std::vector<Way> ways = {
    {"ces, by the policies", [](const auto& world) { return world.byPolicies(); }},
    {"ces, by its address", [](const auto& world) { return world.byAddress(); }},
};

std::unique_ptr<Issuer> issuerOf(const model::EnrollmentService& service)
{
    PluginRegistry plugins;
    REQUIRE(plugins::registerIssuers(plugins));
    auto issuer = plugins.makeIssuer(service.issuer, service);
    REQUIRE_MESSAGE(issuer.ok(), (issuer ? "" : issuer.error().message));
    return *std::move(issuer);
}

IssueOutcome must(const Result<IssueOutcome>& outcome)
{
    REQUIRE_MESSAGE(outcome.ok(), (outcome ? "" : outcome.error().message));
    return *outcome;
}

// Leaf first, for this key, and openssl builds a chain to the root.
x509::Certificate checkIssued(
    const EnrollmentWorld& world, const IssueOutcome& outcome, const x509::PrivateKey& key)
{
    const auto* issued = std::get_if<Issued>(&outcome);
    REQUIRE(issued != nullptr);
    const auto chain = x509::Certificate::allFromPem(issued->chainPem);
    REQUIRE(chain);
    REQUIRE(chain->size() == 2); // leaf and issuing authority; not the root
    CHECK(chain->front().publicKeyDer() == key.publicKeyDer());
    TemporaryFolder folder;
    const auto root = folder.write("root.pem", world.rootPem());
    const auto leaf = folder.write("leaf.pem", chain->front().toPem());
    const auto above = folder.write("above.pem", chain->at(1).toPem());
    mustRun({"/usr/bin/openssl", "verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", root,
        "-untrusted", above, leaf});
    return chain->front();
}

void checkError(const Result<IssueOutcome>& outcome, ErrorKind kind)
{
    REQUIRE_FALSE(outcome.ok());
    CHECK_MESSAGE(outcome.error().kind == kind, outcome.error().message);
    CHECK(outcome.error().message.size() > 10);
}

} // namespace

TEST_CASE("a renewal by key gives a certificate for the new key with the old names")
{
    EnrollmentWorld world;
    const auto material = world.material("web1.example.test");
    world.start();
    for (const auto& way : ways) {
        CAPTURE(way.name);
        const auto issuer = issuerOf(way.renewals(world));
        const auto prepared = issuer->prepareRenewal(material);
        REQUIRE(prepared);
        CHECK(prepared->format == "cms-renewal");
        CHECK(prepared->authentication == "client-certificate");
        const auto leaf =
            checkIssued(world, must(issuer->submit(*prepared, material)), *material.newKey);
        CHECK(leaf.alternativeNames() == material.oldCertificate.alternativeNames());
        CHECK(leaf.subject() == material.oldCertificate.subject());
        CHECK(leaf.serial() != material.oldCertificate.serial());
        CHECK_FALSE(leaf.publicKeyDer() == material.oldCertificate.publicKeyDer());
    }
}

TEST_CASE("what was prepared can be sent again, by another process, with the same key")
{
    EnrollmentWorld world;
    const auto material = world.material("web1.example.test");
    world.start();
    for (const auto& way : ways) {
        CAPTURE(way.name);
        const auto prepared = issuerOf(way.renewals(world))->prepareRenewal(material);
        REQUIRE(prepared);
        for (int time = 0; time < 2; ++time) {
            const auto issuer = issuerOf(way.renewals(world));
            checkIssued(world, must(issuer->submit(*prepared, material)), *material.newKey);
        }
    }
}

TEST_CASE("a service that is away is an outcome nobody knows, and answers when it is back")
{
    EnrollmentWorld world;
    const auto material = world.material("web1.example.test");
    for (const auto& way : ways) {
        CAPTURE(way.name);
        const auto issuer = issuerOf(way.renewals(world));
        const auto prepared = issuer->prepareRenewal(material); // needs no network
        REQUIRE(prepared);
        checkError(issuer->submit(*prepared, material), ErrorKind::Unavailable);
        world.start();
        checkIssued(world, must(issuer->submit(*prepared, material)), *material.newKey);
        world.stop();
    }
}

TEST_CASE("a certificate of somebody else renews nothing")
{
    EnrollmentWorld world;
    auto material = world.material("web1.example.test");
    const auto stranger = world.material("web2.example.test");
    world.start();
    for (const auto& way : ways) {
        CAPTURE(way.name);
        const auto issuer = issuerOf(way.renewals(world));
        const auto prepared = issuer->prepareRenewal(material);
        REQUIRE(prepared);
        // Web1's request over web2's connection.
        const auto before = world.issued();
        const auto outcome = issuer->submit(*prepared, stranger);
        if (outcome) CHECK(std::holds_alternative<Denied>(*outcome));
        CHECK(world.issued() == before);
    }
}

TEST_CASE("a template without key-based renewal is refused, and nothing is issued")
{
    EnrollmentWorld world;
    const auto material = world.material("web1.example.test", "Once");
    world.start();
    for (const auto& way : ways) {
        CAPTURE(way.name);
        const auto issuer = issuerOf(way.renewals(world));
        const auto prepared = issuer->prepareRenewal(material);
        REQUIRE(prepared);
        const auto before = world.issued();
        const auto outcome = issuer->submit(*prepared, material);
        if (outcome)
            CHECK(std::holds_alternative<Denied>(*outcome));
        else
            CHECK_FALSE(isRetryable(outcome.error().kind));
        CHECK(world.issued() == before);
    }
}

TEST_CASE("a first enrolment with user name and password is issued")
{
    EnrollmentWorld world;
    world.start();
    const auto first = world.first("Web");
    const auto made = enroll(*issuerOf(world.byPassword()), first);
    CHECK(checkIssued(world, must(made.outcome), *made.key).alternativeNames() == first.names);
}

TEST_CASE("a wrong password is a refusal that says so, and nothing is issued")
{
    EnrollmentWorld world;
    world.start();
    auto first = world.first("Web");
    first.caller = PasswordCaller{"web-enroller", Secret("wrong horse")};
    const auto outcome = enroll(*issuerOf(world.byPassword()), first).outcome;
    checkError(outcome, ErrorKind::PermissionDenied);
    CHECK(outcome.error().message.find("wrong horse") == std::string::npos);
    CHECK(world.issued() == 0);
}

TEST_CASE("a name that the template does not allow is denied; an unknown template is an error")
{
    EnrollmentWorld world;
    world.start();
    const auto issuer = issuerOf(world.byPassword());
    auto first = world.first("Web");
    first.subject = "evil.test";
    first.names = {{x509::GeneralName::Type::Dns, "evil.test"}};
    const auto outcome = must(enroll(*issuer, first).outcome);
    REQUIRE(std::holds_alternative<Denied>(outcome));
    CHECK(std::get<Denied>(outcome).reason.find("0x80") != std::string::npos);
    checkError(enroll(*issuer, world.first("NoSuchTemplate")).outcome, ErrorKind::InvalidInput);
}

TEST_CASE("a pending request keeps its ticket over restarts of both sides until it is decided")
{
    EnrollmentWorld world;
    world.start();
    const auto first = world.first("Approved");
    const auto ask = [&] { return enroll(*issuerOf(world.byPassword()), first); };
    const auto made = ask();
    const auto poll = [&](const std::string& ticket, const PreparedEnrollment& prepared) {
        return must(issuerOf(world.byPassword())->pollEnrollment(ticket, prepared, first));
    };
    const auto asked = must(made.outcome);
    REQUIRE(std::holds_alternative<Pending>(asked));
    CHECK(std::get<Pending>(asked).pollAfter >= Duration(1));
    world.stop();
    world.start();
    const auto waiting = poll(std::get<Pending>(asked).ticket, made.prepared);
    REQUIRE(std::holds_alternative<Pending>(waiting));
    world.approve();
    checkIssued(world, poll(std::get<Pending>(waiting).ticket, made.prepared), *made.key);
    // Asked once more, it is the same certificate.
    checkIssued(world, poll(std::get<Pending>(asked).ticket, made.prepared), *made.key);
    CHECK(world.issued() == 1);

    const auto again = ask();
    const auto second = must(again.outcome);
    REQUIRE(std::holds_alternative<Pending>(second));
    world.deny();
    CHECK(std::holds_alternative<Denied>(poll(std::get<Pending>(second).ticket, again.prepared)));
    CHECK(world.issued() == 1);
}

TEST_CASE("a ticket that is none is refused without asking anybody")
{
    EnrollmentWorld world;
    const auto material = world.material("web1.example.test");
    for (const auto& way : ways) {
        CAPTURE(way.name);
        const auto issuer = issuerOf(way.renewals(world));
        for (const std::string ticket : {"", "42", "{}", "{\"request_id\": 42, \"url\": \"x\"}",
                 "{\"request_id\": \"42\", \"url\": \"http://localhost/CES\"}"}) {
            CAPTURE(ticket);
            checkError(issuer->poll(ticket, material), ErrorKind::InvalidInput);
        }
    }
}

TEST_CASE("trust that cannot be read makes no issuer")
{
    EnrollmentWorld world;
    PluginRegistry plugins;
    REQUIRE(plugins::registerIssuers(plugins));
    auto service = world.byAddress();
    service.tlsTrustPem = "not PEM";
    CHECK_FALSE(plugins.makeIssuer("ces", service).ok());
    CHECK_FALSE(plugins.makeIssuer("unknown", world.byAddress()).ok());
}
