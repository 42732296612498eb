// What those who have not shown who they are can cost: bytes, calls and events.

#include "tests/unit/controller_api/api_fixture.h"

using namespace perennial;
using namespace perennial::test;

namespace {

const std::string host = "web1.example.test";

struct Gate : ControllerApi {
    Said knock(const std::string& secret)
    {
        return ask(std::nullopt, "POST", "/v1/join", joinBody(secret, host, pem));
    }
    void refusesAsTooLarge(const Said& said, std::size_t most)
    {
        CHECK(said.status == 413);
        CHECK(said.kind == "invalid-input");
        CHECK(said.message == "the body is over " + std::to_string(most) + " bytes");
    }
    // The answer to a call of which only the head has been sent, a body of `size` bytes announced.
    http::Admission admission(const std::string& path, const std::optional<tls::Identity>& who)
    {
        http::Call call;
        call.method = "POST";
        call.path = path;
        call.remoteAddress = "192.0.2.1";
        if (who) call.peer = who->chain.front();
        return agentApi->admit(call);
    }
    static http::Call joinFrom(const std::string& address)
    {
        http::Call call;
        call.method = "POST";
        call.path = "/v1/join";
        call.remoteAddress = address;
        call.body = "{}";
        return call;
    }
    std::string pem = requestPem(must(x509::PrivateKey::generate("ec-p256")));
    static constexpr int atOnce = controller::forStrangers.perAddress.atOnce;
};

} // namespace

TEST_CASE("a message has its own limit, and one that is over it is not read")
{
    Gate gate;
    const auto agent = gate.join(host);
    const auto small = protocol::smallMessage.bytes;
    const auto padded = [&](std::size_t size) { return "{" + std::string(size - 2, ' ') + "}"; };
    for (const auto* path : {"/v1/checkin", "/v1/identity", "/v1/nothing"}) {
        CAPTURE(path);
        CHECK(gate.ask(agent.identity, "POST", path, padded(small)).status != 413);
        gate.refusesAsTooLarge(gate.ask(agent.identity, "POST", path, padded(small + 1)), small);
    }
    gate.refusesAsTooLarge(gate.ask(std::nullopt, "POST", "/v1/join", padded(small + 1)), small);
    CHECK(gate.ask(agent.identity, "POST", "/v1/events", padded(small + 1)).status == 400);
    CHECK(gate.ask(agent.identity, "POST", "/v1/inventory", padded(small + 1)).status == 400);
    CHECK(gate.admission("/v1/events", agent.identity).body == protocol::eventsMessage.bytes);
    CHECK(gate.admission("/v1/inventory", agent.identity).body == protocol::inventoryMessage.bytes);
    const auto largest = controller::OperatorApi::mostBytes;
    gate.refusesAsTooLarge(
        gate.operate("", "POST", "/v1/join-tokens", padded(largest + 1)), largest);
}

TEST_CASE("who is not one of ours sends nothing large")
{
    Gate gate;
    const auto agent = gate.join(host);
    const auto stranger = gate.identityFor(model::AgentId("agent-9"), gate.clock.now());
    const auto server = must(gate.authority->issueServer({"localhost"}, gate.clock.now()));
    const auto statusOf = [&](const std::string& path, const std::optional<tls::Identity>& who) {
        const auto admission = gate.admission(path, who);
        CHECK((!admission.refusal || admission.body == 0));
        return admission.refusal ? admission.refusal->status : 0;
    };
    for (const auto* path : {"/v1/inventory", "/v1/events"}) {
        CAPTURE(path);
        CHECK(statusOf(path, std::nullopt) == 401);
        CHECK(statusOf(path, stranger) == 403);
        CHECK(statusOf(path, server) == 403);
        CHECK(statusOf(path, agent.identity) == 0);
    }
    CHECK(statusOf("/v1/checkin", std::nullopt) == 401);
    gate.addOperator("operator");
    CHECK(gate.operate("operator-token", "POST", "/v1/agents/" + agent.id.text() + "/revoke")
              .status == 200);
    CHECK(statusOf("/v1/inventory", agent.identity) == 403);
}

TEST_CASE("an address whose joins fail is refused for a while, with one event for all of it")
{
    Gate gate;
    const auto token = gate.token(host);
    for (int i = 0; i < Gate::atOnce; ++i)
        CHECK(gate.knock("AAAAAAAAAAAAAAAAAAAAAAAA").status == 403);
    const auto events = gate.count("agent.auth_failed");
    for (int i = 0; i < 3; ++i) {
        const auto said = gate.knock(token.secret); // a good one is not even read
        CHECK(said.status == 429);
        CHECK(said.kind == "unavailable");
        CHECK(said.message == "too many joins have failed: try again in 10 s");
    }
    CHECK(gate.count("agent.auth_failed") == events + 1);
    const auto event = gate.last("agent.auth_failed");
    CHECK(event.reason.rfind("too many joins have failed", 0) == 0);
    CHECK(event.actor.address == "127.0.0.1");
    CHECK(undocumentedDetails(event).empty());
    const auto refusal = gate.agentApi->admit(Gate::joinFrom("127.0.0.1")).refusal;
    REQUIRE(refusal);
    CHECK(refusal->headers.at("Retry-After") == "10");
    CHECK_FALSE(gate.agentApi->admit(Gate::joinFrom("192.0.2.1")).refusal); // others may
    gate.clock.jump(Duration(-3600)); // whoever sets the clock changes nothing
    gate.clock.advance(Duration(10));
    CHECK(gate.knock(token.secret).status == 200);
}

TEST_CASE("joins that succeed are not counted, whatever address they come from")
{
    Gate gate;
    for (int i = 0; i < Gate::atOnce + 5; ++i)
        (void)gate.join("web" + std::to_string(i) + ".example.test");
    CHECK(gate.directory->all().size() == std::size_t{Gate::atOnce + 5});
}

TEST_CASE("many addresses together cannot fail without end, and joined agents do not notice")
{
    Gate gate;
    const auto agent = gate.join(host);
    int admitted = 0;
    for (int i = 0; i < 1000; ++i) {
        const auto call = Gate::joinFrom("192.0.2." + std::to_string(i));
        if (gate.agentApi->admit(call).refusal) continue;
        ++admitted;
        CHECK(gate.agentApi->answer(call).status == 400);
    }
    CHECK(admitted == controller::forStrangers.inAll.atOnce);
    CHECK(gate.count("agent.auth_failed") == 1); // for the burst: none of them named a token
    CHECK(gate.checkin(agent).status == 200);
}

TEST_CASE("unknown operator tokens are refused for a while; a known one is let in all the same")
{
    Gate gate;
    gate.addOperator("viewer");
    const auto told = [&] {
        must(gate.audit->integrate());
        int found = 0;
        for (const auto& event : must(gate.audit->read(0, 1000)))
            found += event.canonical.find("admin.signed_in_failed") != std::string::npos ? 1 : 0;
        return found;
    };
    for (int i = 0; i < Gate::atOnce; ++i)
        CHECK(gate.operate(i % 2 == 0 ? "nobody's" : "", "GET", "/v1/status").status == 401);
    CHECK(told() == Gate::atOnce);
    for (int i = 0; i < 3; ++i)
        CHECK(gate.operate("nobody's", "GET", "/v1/status").status == 429);
    CHECK(told() == Gate::atOnce + 1);
    CHECK(gate.operate("viewer-token", "GET", "/v1/status").status == 200);
    http::Call call;
    call.method = "GET";
    call.path = "/v1/status";
    call.remoteAddress = "127.0.0.1";
    CHECK(gate.operatorApi->answer(call).headers.at("Retry-After") == "10");
    gate.clock.advance(Duration(10));
    CHECK(gate.operate("nobody's", "GET", "/v1/status").status == 401);
}
