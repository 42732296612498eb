#include "shared/x509/signing_request.h"
#include "tests/support/child_process.h"
#include "tests/unit/controller_api/api_fixture.h"

using namespace perennial;
using namespace perennial::test;

namespace {

const std::string host = "web1.example.test";

struct Door : ControllerApi {
    x509::PrivateKey key = must(x509::PrivateKey::generate("ec-p256"));

    Said knock(const std::string& secret, const std::string& name = host)
    {
        return ask(std::nullopt, "POST", "/v1/join", joinBody(secret, name, requestPem(key)));
    }
    // Refused in words that tell a stranger nothing; the log says why.
    void refuses(const Said& said, const std::string& why)
    {
        CHECK(said.status == 403);
        CHECK(said.message ==
              "the join token does not let this host in: ask the operator for a new one");
        const auto event = last("agent.auth_failed");
        CHECK_MESSAGE(event.reason.find(why) != std::string::npos, event.reason);
        CHECK(event.outcome == model::Outcome::Denied);
        CHECK(event.actor.address == "127.0.0.1");
        CHECK(event.agentId.empty());
    }
};

} // namespace

TEST_CASE("a token lets one host in, once")
{
    Door door;
    const auto token = door.token(host);
    const auto said = door.knock(token.secret);
    REQUIRE(said.status == 200);
    const auto answer = must(protocol::joinAnswerFromJson(said.json));
    CHECK(answer.labels == std::map<std::string, std::string>{{"role", "web"}});
    CHECK(must(controller::agentOf(must(x509::Certificate::fromPem(answer.identityPem)))) ==
          answer.agent);
    const auto enrolled = door.last("agent.enrolled");
    CHECK(enrolled.agentId == answer.agent.text());
    CHECK(enrolled.host == host);
    CHECK(enrolled.actor.address == "127.0.0.1");
    CHECK(undocumentedDetails(enrolled).empty());
    door.refuses(door.knock(token.secret), "used already");
    CHECK(door.count("agent.enrolled") == 1);
}

TEST_CASE("a token that is unknown, expired, revoked or another host's lets nobody in")
{
    Door door;
    door.refuses(door.knock("AAAAAAAAAAAAAAAAAAAAAAAA"), "unknown");
    const auto old = door.token(host, Duration(60));
    const auto revoked = door.token(host);
    must(door.joinDesk->revokeToken(revoked.id, {"human", "ann", "token", ""}));
    door.refuses(door.knock(revoked.secret), "was revoked");
    const auto others = door.token("web2.example.test");
    door.refuses(door.knock(others.secret), "is for web2.example.test");
    door.clock.advance(Duration(60));
    door.refuses(door.knock(old.secret), "has expired");
    CHECK(door.count("agent.enrolled") == 0);
    CHECK(door.directory->all().empty());
    // None of it was used up by the refusals.
    CHECK(door.knock(others.secret, "web2.example.test").status == 200);
}

TEST_CASE("no token's secret is in the database or in an event")
{
    Door door;
    const auto token = door.token(host);
    CHECK(door.knock(token.secret).status == 200);
    door.database.reset();
    CHECK(readText(door.folder / "controller.db").find(token.secret) == std::string::npos);
}

TEST_CASE("a host that is taken is not taken over by a new token")
{
    Door door;
    const auto first = door.join(host);
    const auto token = door.token(host);
    door.refuses(door.knock(token.secret), "revoke it first");
    CHECK(door.checkin(first).status == 200);
}

TEST_CASE("an agent whose identity has expired joins again as itself, with its new token's labels")
{
    Door door;
    const auto first = door.join(host);
    door.clock.advance(controller::IdentityAuthority::identityLife - Duration(1));
    const auto early = door.token(host);
    door.refuses(door.knock(early.secret), "revoke it first");
    door.clock.advance(Duration(1));
    const auto others = door.token("web2.example.test");
    door.refuses(door.knock(others.secret), "is for web2.example.test");
    const auto token = must(door.joinDesk->createToken(
        host, {{"role", "mail"}}, Duration(60), {"human", "ann", "token", ""}));
    const auto said = door.knock(token.token.secret);
    REQUIRE(said.status == 200);
    const auto answer = must(protocol::joinAnswerFromJson(said.json));
    CHECK(answer.agent == first.id);
    const auto identity = must(x509::Certificate::fromPem(answer.identityPem));
    CHECK(must(controller::agentOf(identity)) == first.id);
    CHECK(door.key.matches(identity));
    const auto record = *door.directory->find(first.id);
    CHECK(record.labels == std::map<std::string, std::string>{{"role", "mail"}});
    CHECK(record.identityNotAfter == identity.notAfter());
    CHECK(door.directory->all().size() == 1);
    CHECK(door.last("agent.reenrolled").agentId == first.id.text());
    CHECK(undocumentedDetails(door.last("agent.reenrolled")).empty());
    door.refuses(door.knock(token.token.secret), "used already");
}

TEST_CASE("a request for an identity proves its key and has a key of a known kind")
{
    Door door;
    const auto token = door.token(host);
    auto pem = requestPem(door.key);
    const auto join = [&](const std::string& request) {
        return door.ask(std::nullopt, "POST", "/v1/join", joinBody(token.secret, host, request));
    };
    auto der = must(x509::SigningRequest::fromPem(pem)).toDer();
    der.back() = static_cast<char>(der.back() ^ 1);
    const auto forged = must(x509::SigningRequest::fromDer(der)).toPem();
    CHECK(join(forged).status == 400);
    CHECK(join("no PEM").status == 400);
    CHECK(join(std::string(door.key.toPem().reveal()) + pem).status == 403);
    const auto weak = door.folder / "weak.pem";
    (void)mustRun({"/usr/bin/openssl", "req", "-new", "-newkey", "rsa:1024", "-nodes", "-keyout",
        door.folder / "weak.key", "-subj", "/CN=x", "-out", weak});
    CHECK(join(readText(weak)).status == 400);
    CHECK(join(pem).status == 200); // and the token is still good
}

TEST_CASE("whatever the body is, the answer is an error in the usual form")
{
    Door door;
    const auto good = joinBody(door.token(host).secret, host, requestPem(door.key));
    for (const auto& body : {std::string(), std::string("null"), std::string("[]"),
             std::string("{"), std::string(60'000, '['), good + "x",
             "{\"extra\":1," + good.substr(1), "{\"version\":1," + good.substr(1), "\xff" + good})
        CHECK(door.ask(std::nullopt, "POST", "/v1/join", body).status == 400);
}
