// What an agent takes from its controller, what it refuses, and what it keeps until it is heard.

#include "tests/unit/agent/talk.h"

using namespace perennial;
using namespace perennial::agent;
using namespace perennial::test;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

namespace {

constexpr TimePoint start = AgentBench::start;
const std::string otherCommit(40, 'b');

} // namespace

TEST_CASE("a check-in fetches documents and takes orders; the same ones are not fetched again")
{
    Talk world;
    world.controller.checkin.wantInventory = true;
    world.controller.checkin.orders = {world.order()};
    world.turn(); // the documents come first
    CHECK(world.version() == 1);
    world.controller.checkin.wantInventory = false;
    CHECK(world.turn());
    CHECK(world.agent.parts->desk.open().size() == 1);
    world.turn();
    CHECK(world.agent.parts->desk.open().size() == 1);
    CHECK(world.controller.calls["/v1/documents"] == 1);
    CHECK(world.controller.calls["/v1/inventory"] == 1); // it did not change
    REQUIRE(world.controller.checkins.size() == 3);
    CHECK(world.controller.checkins.front().policyVersion == 0);
    CHECK(world.controller.checkins.back().policyVersion == 1);
    CHECK(world.controller.checkins.back().policyCommit == testCommit);
    CHECK(world.controller.count("policy.applied") == 1);
}

TEST_CASE("an order for another agent, another certificate or no slot is never carried out")
{
    Talk world;
    world.turn();
    auto foreign = world.order("0198c6d2-0000-7abc-8def-000000000001");
    foreign.agent = model::AgentId("agent-00000000000000000000000000000000");
    auto replaced = world.order("0198c6d2-0000-7abc-8def-000000000002");
    replaced.replaces = model::Fingerprint(std::string(64, '0'));
    auto nowhere = world.order("0198c6d2-0000-7abc-8def-000000000003");
    nowhere.slot = model::SlotId("0000000000000000");
    world.controller.checkin.orders = {foreign, replaced, nowhere};
    for (int time = 0; time < 3; ++time)
        world.turn();
    CHECK(world.agent.parts->desk.open().empty());
    CHECK(world.enroller.asked().empty());
    CHECK(world.controller.count("renewal.already_done") == 1);
    CHECK(world.controller.count("renewal.abandoned") == 1);
}

TEST_CASE("documents that are refused leave the last good ones, and are told of once")
{
    Talk world;
    world.turn();
    world.offer(2, otherCommit);
    world.controller.documents.documents[0].content += "# changed on the way\n";
    for (int time = 0; time < 5; ++time)
        world.turn();
    CHECK(world.version() == 1);
    CHECK(world.controller.count("policy.rejected") == 1);
    CHECK(world.controller.calls["/v1/documents"] == 2); // not at every check-in
    world.turn(hours(1));
    CHECK(world.controller.calls["/v1/documents"] == 3); // it may have been mended
    CHECK(world.controller.count("policy.rejected") == 1);
    world.offer(2, otherCommit);
    world.turn(hours(1));
    CHECK(world.version() == 2);
}

TEST_CASE("a manifest older than the held one, or past its end, is refused and told")
{
    Talk world;
    world.offer(5, testCommit);
    world.turn();
    world.offer(4, otherCommit);
    world.turn();
    CHECK(world.version() == 5);
    CHECK(world.controller.count("policy.rejected") == 1);

    world.offer(6, std::string(40, 'c'));
    world.controller.documents.manifest.expires = start;
    world.turn();
    CHECK(world.version() == 5);
    CHECK(world.controller.count("policy.rejected") == 2);
}

TEST_CASE("an expired manifest is told once, also over restarts, and stays in force")
{
    Talk world;
    world.turn();
    world.controller.stop();
    const auto expired = [&] { return world.agent.count("policy.expired"); };
    world.turn(days(29));
    CHECK(expired() == 0);
    world.turn(days(1));
    CHECK(expired() == 1);
    for (int time = 0; time < 3; ++time)
        world.turn(days(1));
    world.agent.restart();
    world.turn();
    CHECK(expired() == 1);
    CHECK(world.version() == 1);
    CHECK_FALSE(world.agent.parts->desired.current()->set.policies.empty());

    // The controller is back and confirms it: the next end is another one.
    world.controller.start();
    world.offer(1, testCommit);
    world.turn(hours(2));
    CHECK(world.controller.count("policy.expired") == 1);
    CHECK(world.agent.parts->desired.current()->expires > world.clock.now());
    world.controller.stop();
    world.turn(days(31));
    CHECK(expired() == 1); // the first one was acknowledged
}

TEST_CASE("an expiry that the disk did not take is told at the next turn")
{
    Talk world;
    world.turn();
    world.controller.stop();
    REQUIRE(world.agent.disk.remove(world.agent.config.state + "/events.jsonl"));
    REQUIRE(world.agent.disk.makeFolder(world.agent.config.state + "/events.jsonl"));
    world.turn(days(31));
    CHECK(world.agent.count("policy.expired") == 0);
    REQUIRE(world.agent.disk.remove(world.agent.config.state + "/events.jsonl"));
    world.turn();
    CHECK(world.agent.count("policy.expired") == 1);
}

TEST_CASE("events stay until they are acknowledged, whatever the controller answers instead")
{
    Talk world;
    world.turn();
    const auto sent = world.controller.events.size();
    const std::vector<http::Answer> answers = {saying(503), saying(500, "<html>"), saying(200, ""),
        saying(200, "{}"), saying(200, "{\"acknowledged\": \"all\"}"), saying(403), saying(404),
        saying(200, "{\"acknowledged\": 0}"), saying(200, "{\"acknowledged\": -1}"),
        saying(200, "{\"acknowledged\": 999999}"), saying(302)};
    world.controller.checkin.orders = {world.order()};
    world.turn();
    (void)world.agent.parts->desk.advance();
    const auto waiting = world.agent.parts->events->pending();
    CHECK(waiting > 5);
    for (const auto& answer : answers) {
        CAPTURE(answer.body);
        world.controller.instead["/v1/events"] = answer;
        world.turn(hours(1));
        CHECK(world.agent.parts->events->pending() == waiting);
    }
    world.controller.instead.clear();
    world.controller.acknowledgesAtMost = static_cast<std::int64_t>(sent) + 3;
    world.turn(hours(1));
    CHECK(world.agent.parts->events->pending() < waiting);
    world.controller.acknowledgesAtMost = 1'000'000;
    world.turn(hours(1));
    CHECK(world.agent.parts->events->pending() == 0);
    std::int64_t last = 0;
    for (const auto& event : world.controller.events)
        CHECK(event.agentSequence == ++last); // all, in order, once
}

TEST_CASE("more events than fit in a batch go in several")
{
    Talk world;
    std::vector<model::AuditEvent> many;
    for (int number = 0; number < 1200; ++number) {
        model::AuditEvent event;
        event.id = "0198c6d2-1b2c-7abc-8def-" + std::to_string(100'000'000'000 + number);
        event.kind = "renewal.accepted";
        event.time = world.clock.preciseNow();
        event.actor = {"agent", testAgent.text(), "mtls", ""};
        event.agentId = testAgent.text();
        many.push_back(std::move(event));
    }
    REQUIRE(world.agent.parts->events->add(many));
    world.agent.talk->sendEvents();
    CHECK(world.controller.batches == std::vector<std::size_t>{500, 500, 200});
    CHECK(world.controller.events.size() == 1200);
}

TEST_CASE("an answer to the check-in that is no good takes nothing and is asked for again")
{
    Talk world;
    world.turn();
    world.controller.checkin.orders = {world.order()};
    const std::vector<http::Answer> answers = {saying(503), saying(200, ""), saying(200, "<html>"),
        saying(200, "{}"), saying(200, "[]"), saying(200, std::string(5000, '[')),
        saying(200, "{\"version\": 99}"), saying(401), saying(302)};
    for (const auto& answer : answers) {
        CAPTURE(answer.body);
        world.controller.instead["/v1/checkin"] = answer;
        CHECK_FALSE(world.turn(hours(1)));
        CHECK(world.agent.parts->desk.open().empty());
        CHECK(world.version() == 1);
    }
    CHECK(world.agent.talk->silentFor() >= hours(9));
    world.controller.instead.clear();
    CHECK(world.turn(hours(1)));
    CHECK(world.agent.talk->silentFor() == std::chrono::milliseconds(0));
}

TEST_CASE("a controller that is away is asked more and more rarely, at most every five minutes")
{
    Talk world;
    world.controller.stop();
    std::vector<Duration> waits;
    for (int time = 0; time < 12; ++time) {
        (void)world.agent.talk->takeTurn();
        const auto before = world.clock.now();
        // Somebody sets the clock: waiting goes by the monotonic one.
        world.clock.jump(-days(400));
        world.clock.jump(days(400));
        while (!world.agent.talk->isDue())
            world.clock.advance(Duration(1));
        waits.push_back(world.clock.now() - before);
    }
    CHECK(waits.front() == Duration(1));
    CHECK(std::is_sorted(waits.begin(), waits.end()));
    CHECK(waits.back() == minutes(5));
}

TEST_CASE("a server of another authority hears nothing, with the controller's address and name")
{
    Talk world;
    const FakeAuthority stranger;
    world.controller.stop();
    world.controller.start(stranger);
    world.controller.checkin.orders = {world.order()};
    CHECK_FALSE(world.turn());
    CHECK(world.controller.calls.empty());
    CHECK(world.version() == 0);
}

TEST_CASE("a controller with another time puts the agent's clock in doubt, and it is told once")
{
    Talk world;
    world.turn();
    CHECK_FALSE(world.agent.talk->clockIsInDoubt());
    for (const auto by : {days(365), -days(365)}) {
        world.controller.controllerTime = world.clock.now() + by;
        world.turn();
        world.turn();
        CHECK(world.agent.talk->clockIsInDoubt());
        world.controller.controllerTime.reset();
        world.turn();
        CHECK_FALSE(world.agent.talk->clockIsInDoubt());
    }
    CHECK(world.controller.count("renewal.blocked") == 2);
    world.controller.controllerTime = world.clock.now() + hours(11);
    world.turn();
    CHECK_FALSE(world.agent.talk->clockIsInDoubt());
}

TEST_CASE("a clock that jumped is in doubt until the next turn")
{
    Talk world;
    world.turn();
    world.clock.jump(days(100));
    CHECK(world.agent.talk->clockIsInDoubt());
    world.controller.controllerTime = world.clock.now();
    world.turn();
    CHECK_FALSE(world.agent.talk->clockIsInDoubt());
}

TEST_CASE("the identity is renewed at two thirds of its life; a wrong one costs nothing")
{
    Talk world;
    auto content = FakeController::content("agent");
    content.notBefore = start - days(365);
    content.notAfter = start + days(365);
    world.agent.storeIdentity(content);
    world.agent.restart();
    const auto ends = world.agent.talk->identityEnds();
    world.controller.identity = [&](const std::string&) {
        return world.authority.issue(FakeAuthority::newKey().publicKeyDer(), content);
    };
    world.turn();
    CHECK(world.controller.calls["/v1/identity"] == 0);
    world.turn(days(122));                              // 487 of 730
    CHECK(world.controller.calls["/v1/identity"] == 1); // for another key: refused
    CHECK(world.agent.talk->identityEnds() == ends);
    world.agent.restart(); // the old one is on the disk, and works
    world.turn();
    CHECK(world.agent.talk->silentFor() == std::chrono::milliseconds(0));

    world.controller.identity = [&](const std::string& pem) {
        const auto request = x509::SigningRequest::fromPem(pem);
        REQUIRE(request);
        auto longer = content;
        longer.notBefore = start;
        longer.notAfter = start + days(900);
        return world.authority.issue(request->publicKeyDer(), longer);
    };
    world.turn();
    CHECK(world.agent.talk->identityEnds() == start + days(900));
    CHECK(world.agent.talk->silentFor() == std::chrono::milliseconds(0));
    const auto asked = world.controller.calls["/v1/identity"];
    world.turn();
    CHECK(world.controller.calls["/v1/identity"] == asked);
}

TEST_CASE("an identity past its end is told once, and only when the controller does not answer")
{
    Talk world;
    auto content = FakeController::content("agent");
    content.notBefore = start - days(365);
    content.notAfter = start + days(365);
    world.agent.storeIdentity(content);
    world.agent.restart();
    world.controller.stop();
    world.turn();
    CHECK(world.agent.parts->events->pending() == 0);
    world.turn(days(365));
    world.turn();
    const auto told = world.agent.parts->events->next(10);
    REQUIRE(!told.empty());
    CHECK(std::count_if(told.begin(), told.end(), [](const model::AuditEvent& event) {
        return event.kind == "agent.identity_expired";
    }) == 1);
    CHECK(told.front().reason.find("has expired at 2027-11-21") != std::string::npos);
    CHECK(told.front().reason.find("join token") != std::string::npos);

    Talk doubtful; // this host's clock alone is ahead
    doubtful.agent.storeIdentity(content);
    doubtful.agent.restart();
    doubtful.clock.jump(days(366));
    doubtful.turn();
    CHECK(doubtful.controller.count("agent.identity_expired") == 0);
}

TEST_CASE("what no controller of ours says is told, once each, and not without end")
{
    Talk world;
    const auto told = [&] { return world.controller.count("agent.refused_answer"); };
    world.turn();
    world.controller.instead["/v1/checkin"] = {200, "application/json", "{\"run\": \"id\"}", {}};
    world.turn();
    world.turn();
    CHECK(told() == 1);
    world.controller.instead.clear();
    for (int i = 10; i < 60; ++i) {
        world.controller.checkin.orders = {world.order()};
        world.controller.checkin.orders.front().agent =
            model::AgentId("agent-" + std::string(30, '0') + std::to_string(i));
        world.turn(Duration(1));
    }
    CHECK(told() == 20);
    world.turn(hours(2));
    CHECK(told() == 21);
}
