#include "tests/unit/controller_api/api_fixture.h"

using namespace perennial;
using namespace perennial::test;

namespace {

constexpr const char* client = "clientAuth";

// What a certificate that openssl made is taken for: an agent's id, or "" when it is refused.
std::string takenFor(const TestPki& pki, const std::string& name)
{
    const auto agent =
        controller::agentOf(must(x509::Certificate::fromPem(readText(pki[name].certificate))));
    if (agent) return agent->text();
    CHECK(agent.error().kind == ErrorKind::PermissionDenied);
    return "";
}

tls::Identity identityFrom(const TestCertificate& files)
{
    return must(tls::loadIdentity(files.chain, files.key));
}

} // namespace

TEST_CASE("an agent is who its certificate's one URI says, and nothing else is an identity")
{
    TemporaryFolder folder;
    TestPki pki(folder);
    pki.makeRoot("root");
    const std::string uri = "URI:perennial://agent/agent-1";
    const auto make = [&](const std::string& name, const std::string& names,
                          const std::string& usage, std::vector<std::string> more = {}) {
        pki.issue(name, "root",
            {"agent-1", names, usage, "ec-p256", "20200101000000Z", "20991231235959Z",
                std::move(more)});
        return takenFor(pki, name);
    };
    CHECK(make("good", uri, client) == "agent-1");
    CHECK(make("nameless", "", client).empty());
    CHECK(make("dns", "DNS:agent-1", client).empty());
    CHECK(make("two", uri + ",URI:perennial://agent/agent-2", client).empty());
    CHECK(make("also-dns", uri + ",DNS:web1.example.test", client).empty());
    CHECK(make("other-scheme", "URI:https://agent/agent-1", client).empty());
    CHECK(make("other-role", "URI:perennial://operator/agent-1", client).empty());
    CHECK(make("longer", "URI:x-perennial://agent/agent-1", client).empty());
    CHECK(make("empty-id", "URI:perennial://agent/", client).empty());
    CHECK(make("path", "URI:perennial://agent/../agent-1", client).empty());
    CHECK(make("server", uri, "serverAuth").empty());
    CHECK(make("both", uri, "serverAuth,clientAuth").empty());
    CHECK(make("any-use", uri, "").empty());
    pki.makeAuthority("authority", "root");
    CHECK(takenFor(pki, "authority").empty());
    CHECK(make("authority-leaf", uri, client, {"basicConstraints=critical,CA:TRUE"}).empty());
}

TEST_CASE("no certificate, no answer; another authority's certificate, no connection")
{
    ControllerApi api;
    const auto agent = api.join("web1.example.test");
    for (const auto* path : {"/v1/checkin", "/v1/documents", "/v1/inventory", "/v1/events",
             "/v1/identity", "/v1/nothing", "/", "/v1/join"}) {
        const auto said = api.ask(std::nullopt, "GET", path);
        CHECK(said.status == 401);
        CHECK(said.message == "present the agent's identity as TLS client certificate");
    }
    TestPki pki(api.folder);
    pki.makeRoot("stranger");
    pki.issue("forged", "stranger",
        {agent.id.text(), "URI:perennial://agent/" + agent.id.text(), client});
    const auto forged = api.ask(identityFrom(pki["forged"]), "GET", "/v1/documents");
    CHECK(forged.status == 0);
    CHECK(forged.kind == "permission-denied");
    CHECK(api.checkin(agent).status == 200);
}

TEST_CASE("certificates of the controller's own authority for another use are no identity")
{
    ControllerApi api;
    const auto server = must(api.authority->issueServer({"localhost"}, api.clock.now()));
    CHECK(api.ask(server, "GET", "/v1/documents").status == 0);
    const auto authority =
        must(tls::loadIdentity(api.folder / "authority.pem", api.folder / "authority.key"));
    const auto said = api.ask(authority, "GET", "/v1/documents");
    CHECK(said.status == 403);
    CHECK(said.message == "the client certificate is no agent identity");
}

TEST_CASE("an identity past its end is refused, and the refusal says that it has expired")
{
    ControllerApi api;
    const auto agent = api.join("web1.example.test");
    const auto life = controller::IdentityAuthority::identityLife;
    const auto old = api.identityFor(agent.id, api.clock.now() - life - Duration(60));
    const auto said = api.ask(old, "GET", "/v1/documents");
    CHECK(said.status == 0);
    CHECK(said.kind == "permission-denied");
    CHECK_MESSAGE(said.message.find("expired") != std::string::npos, said.message);
    const auto almost = api.identityFor(agent.id, api.clock.now() - life + Duration(600));
    CHECK(api.ask(almost, "GET", "/v1/documents").status == 503); // no policies yet
}

TEST_CASE("an agent that the controller does not know is refused at every call")
{
    ControllerApi api;
    const Joined stranger{
        model::AgentId("agent-9"), api.identityFor(model::AgentId("agent-9"), api.clock.now())};
    CHECK(api.checkin(stranger).status == 403);
    for (const auto* path : {"/v1/documents", "/v1/inventory", "/v1/events", "/v1/identity"}) {
        for (const auto* method : {"GET", "POST"}) {
            const auto said = api.ask(stranger.identity, method, path, "{}");
            CHECK(said.status == 403);
            CHECK(said.message == "this agent is not (any more) one of ours");
        }
    }
    CHECK(api.kinds().empty());
}

TEST_CASE("a revoked agent is refused at the next call, and its host may join anew")
{
    ControllerApi api;
    api.addOperator("operator");
    const auto agent = api.join("web1.example.test");
    const auto other = api.join("web2.example.test");
    http::Client client({{{api.authority->certificate()}, ""}, agent.identity});
    const auto checkin =
        protocol::toJson(protocol::Checkin{"epoch-1", "process-1", 0, "", "", 0}).canonical();
    const http::ClientRequest request{"POST",
        "https://localhost:" + std::to_string(api.agentServer->port()) + "/v1/checkin", {},
        checkin};
    CHECK(must(client.send(request)).status == 200);
    const auto path = "/v1/agents/" + agent.id.text() + "/revoke";
    CHECK(api.operate("operator-token", "POST", path).status == 200);
    CHECK(must(client.send(request)).status == 403); // on the same connection
    client.closeConnections();
    CHECK(must(client.send(request)).status == 403); // on a resumed session
    CHECK(api.ask(agent.identity, "GET", "/v1/documents").status == 403);
    const auto renewal = protocol::toJson(
        protocol::IdentityRequest{requestPem(must(x509::PrivateKey::generate("ec-p256")))});
    CHECK(api.post(agent, "/v1/identity", renewal).status == 403);
    CHECK(api.events(agent, {toldBy(agent.id, "scan.completed", 1)}).status == 403);
    CHECK(api.checkin(other).status == 200);
    const auto revoked = api.last("agent.revoked");
    CHECK(revoked.agentId == agent.id.text());
    CHECK(revoked.actor.id == "the-operator");
    const auto anew = api.join("web1.example.test");
    CHECK(anew.id != agent.id);
    CHECK(api.checkin(anew).status == 200);
    CHECK(api.checkin(agent).status == 403);
}

TEST_CASE("an agent gets its next identity in its own name")
{
    ControllerApi api;
    const auto agent = api.join("web1.example.test");
    auto key = must(x509::PrivateKey::generate("ec-p256"));
    const auto said = api.post(
        agent, "/v1/identity", protocol::toJson(protocol::IdentityRequest{requestPem(key)}));
    REQUIRE(said.status == 200);
    const auto pem = must(protocol::identityAnswerFromJson(said.json)).identityPem;
    const auto certificate = must(x509::Certificate::fromPem(pem));
    CHECK(must(controller::agentOf(certificate)) == agent.id);
    CHECK(key.matches(certificate));
    const auto renewed = api.last("agent.identity_renewed");
    CHECK(renewed.agentId == agent.id.text());
    CHECK(undocumentedDetails(renewed).empty());
    CHECK(api.post(agent, "/v1/identity", protocol::toJson(protocol::IdentityRequest{"no PEM"}))
              .status == 400);
}
