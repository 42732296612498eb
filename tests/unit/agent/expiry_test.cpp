// A certificate that has expired: never silent, never by its key, by the host's credential where
// the host and the policy say so.

#include "agent/expiry.h"
#include "agent/slot_explanation.h"
#include "tests/support/agent_bench.h"

using namespace perennial;
using namespace perennial::agent;
using namespace perennial::test;
using std::chrono::days;
using std::chrono::hours;
using Alone = RenewalDesk::Alone;

namespace {

PolicyWords byCredential(const std::string& ofTemplate = "WebServer")
{
    PolicyWords words;
    words.enroll = "enroll: {credential: web-enroller, template: " + ofTemplate + "}\n";
    return words;
}

struct Expired : AgentBench {
    explicit Expired(const PolicyWords& words = byCredential(), Duration left = Duration(-1))
        : AgentBench(words, {}, left)
    {
    }
    void look(Alone alone = Alone::Patience) { REQUIRE(parts.desk.goAlone(alone, hours(1))); }
    // As the agent's loop, and begins what is due.
    void goOn(Duration time)
    {
        for (const auto end = clock.now() + time; clock.now() < end; clock.advance(minutes)) {
            look();
            advance();
        }
    }
    Json detailsOf(const std::string& kind) const // of the last one
    {
        Json details;
        for (const auto& event : events()) {
            if (event.kind == kind) details = Json(event.details);
        }
        return details;
    }
    static constexpr Duration minutes{60};
};

bool has(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

Result<IssueOutcome> denied(const Bytes&) { return IssueOutcome(Denied{"not for you"}); }

} // namespace

TEST_CASE("what has expired is enrolled anew at once, without an order, and told")
{
    Expired bench;
    bench.goOn(hours(1));
    CHECK(bench.count("renewal.completed") == 1);
    CHECK_FALSE(bench.holdsTheOld());
    CHECK(bench.count("slot.enrollment_needed") == 1);
    CHECK(bench.detailsOf("slot.enrollment_needed").find("way")->string() != nullptr);
    CHECK(*bench.detailsOf("slot.enrollment_needed").find("way")->string() == "credential");
    CHECK(*bench.detailsOf("renewal.accepted").find("credential")->string() == "web-enroller");
    CHECK(*bench.detailsOf("request.submitting").find("request_format")->string() == "pkcs10");
    CHECK(has(bench.reasonOf("renewal.autonomous"), "has expired"));
    // The old key had no part in it.
    CHECK(bench.host.calls("lend_keys") == 0);
    CHECK(bench.host.calls("lend_new_key") == 1);
    CHECK(bench.enroller.asked().size() == 1);
    CHECK(has(bench.enroller.asked().front(), "web-enroller "));
}

TEST_CASE("an order for what has expired is carried out the same way")
{
    Expired bench;
    bench.take();
    bench.work(hours(1));
    CHECK(bench.count("renewal.completed") == 1);
    CHECK(bench.host.calls("lend_keys") == 0);
}

TEST_CASE(
    "without a way of its own nothing is asked: orders are answered with what to do, once told")
{
    for (const auto& words : {PolicyWords(), byCredential("DomainController")}) {
        Expired bench(words);
        bench.goOn(hours(2));
        CHECK(bench.count("slot.enrollment_needed") == 1);
        CHECK(*bench.detailsOf("slot.enrollment_needed").find("way")->string() == "by-hand");
        CHECK(
            has(bench.reasonOf("slot.enrollment_needed"), "perennial-enroller first --policy-url"));
        CHECK(has(bench.reasonOf("slot.enrollment_needed"), "--name 'web1.example.test'"));
        bench.take();
        bench.goOn(hours(2));
        CHECK(bench.count("renewal.abandoned") == 1);
        CHECK(has(bench.reasonOf("renewal.abandoned"), "perennial-enroller first"));
        CHECK(
            has(bench.parts.desk.renewNow(bench.slot().id).error().message, "perennial-enroller"));
        CHECK(bench.host.calls("make_key") == 0);
        CHECK(bench.enroller.asked().empty());
        CHECK(bench.holdsTheOld());
    }
}

TEST_CASE("it is told once, over restarts, and again when the way is another one")
{
    Expired bench{PolicyWords()};
    bench.look();
    AgentParts again(bench.disk, "/state", bench.host, bench.enroller, bench.clock);
    REQUIRE(again.open());
    REQUIRE(again.desk.goAlone(Alone::Patience, hours(1)));
    CHECK(bench.count("slot.enrollment_needed") == 1);
    bench.adopt(byCredential(), 2, std::string(40, 'b'));
    bench.look();
    bench.look();
    CHECK(bench.count("slot.enrollment_needed") == 2);
}

TEST_CASE("a clock in doubt, a quarantine or a pause begins nothing")
{
    Expired bench;
    bench.look(Alone::Doubt);
    bench.look(Alone::Quarantine);
    CHECK(bench.parts.desk.open().empty());
    CHECK(bench.events().empty());
}

TEST_CASE("a renewal by key that its certificate's end overtakes makes room, and costs no wait")
{
    Expired bench(byCredential(), days(1));
    bench.enroller.onSubmit = [](const Bytes&) {
        return Result<IssueOutcome>(Error{ErrorKind::Unavailable, "no answer"});
    };
    bench.take();
    bench.goOn(days(1) - hours(1));
    REQUIRE(bench.parts.desk.open().size() == 1);
    CHECK_FALSE(bench.parts.desk.open().front().enrollment);
    bench.enroller.onSubmit = bench.enroller.onPoll;
    bench.host.failing["lend_keys"] = {ErrorKind::Unavailable, "by key nothing works"};
    bench.goOn(hours(1) + std::chrono::minutes(5));
    CHECK(bench.isAbandoned());
    CHECK(has(bench.reasonOf("renewal.abandoned"), "expired before it was renewed"));
    CHECK(bench.parts.slots.fortuneOf(bench.slot().id).failures == 0);
    CHECK(bench.count("renewal.completed") == 1);
    CHECK_FALSE(bench.holdsTheOld());
}

TEST_CASE("orders without end show a credential no oftener than the agent alone would")
{
    Expired bench;
    bench.enroller.onSubmit = denied;
    for (int minute = 0; minute < 60; ++minute) {
        bench.take("0198c6d2-1b2c-7abc-8def-" + std::to_string(100000000000 + minute));
        bench.advance();
        bench.clock.advance(Duration(30));
    }
    CHECK(bench.enroller.asked().size() == 1);
    bench.goOn(hours(6));
    CHECK(bench.enroller.asked().size() == 3); // after an hour, two more, four more
}

TEST_CASE("a credential that is refused ends the attempt: no account is locked out by asking on")
{
    Expired bench;
    SUBCASE("by the policy service")
    {
        bench.enroller.onPrepare = [](const PreparedRequest&) {
            return Result<PreparedRequest>(Error{ErrorKind::PermissionDenied, "401"});
        };
    }
    SUBCASE("by the enrolment service")
    {
        bench.enroller.cause = FaultCause::Identity;
        bench.enroller.onSubmit = [](const Bytes&) {
            return Result<IssueOutcome>(Error{ErrorKind::InvalidInput, "not you"});
        };
    }
    bench.goOn(std::chrono::minutes(50));
    CHECK(bench.count("renewal.abandoned") == 1);
    CHECK(bench.host.keysMade() == 1);
    CHECK(bench.parts.desk.open().empty());
}

TEST_CASE("what waits for approval goes on after a restart, with the same request")
{
    Expired bench;
    bench.enroller.onSubmit = [](const Bytes&) {
        return Result<IssueOutcome>(IssueOutcome(Pending{"43", Duration(60)}));
    };
    bench.look();
    bench.advance();
    REQUIRE(bench.count("request.pending") == 1);
    AgentParts again(bench.disk, "/state", bench.host, bench.enroller, bench.clock);
    REQUIRE(again.open());
    REQUIRE(again.desk.open().size() == 1);
    CHECK(again.desk.open().front().enrollment->names ==
          std::vector<std::string>{"web1.example.test"});
    bench.clock.advance(hours(2));
    (void)again.desk.advance();
    CHECK_FALSE(bench.holdsTheOld());
    CHECK(bench.host.keysMade() == 1);
    CHECK(bench.enroller.polls() == 1);
}

TEST_CASE("what comes is held to what was asked for, and to the policy's usages")
{
    Expired bench;
    FakeAuthority::Content content;
    SUBCASE("another name") { content.names = {"web1.example.test", "bank.example.test"}; }
    SUBCASE("none of the names") { content.names = {"web2.example.test"}; }
    SUBCASE("a usage beyond the policy")
    {
        auto words = byCredential();
        words.enroll += "extended_key_usages: [clientAuth]\n";
        bench.adopt(words, 2, std::string(40, 'b'));
    }
    bench.enroller.onSubmit = [&](const Bytes& key) {
        return Result<IssueOutcome>(bench.enroller.issue(key, content));
    };
    bench.goOn(std::chrono::minutes(30));
    CHECK(bench.count("certificate.rejected_by_agent") == 1);
    CHECK(bench.host.calls("place") == 0);
    CHECK(bench.holdsTheOld());
}

TEST_CASE("explain names the way out, and what stands in it")
{
    Expired bench;
    SlotFacts facts;
    facts.slot = bench.slot();
    const auto verdict = [&](const char* member) {
        const auto json = explain(facts, *bench.parts.desired.current(), bench.clock.now());
        const auto* found = json.find(member);
        return found == nullptr || found->string() == nullptr ? std::string() : *found->string();
    };
    CHECK(verdict("verdict") == "expired");
    CHECK(verdict("recovery") == "by-hand");
    CHECK(has(verdict("why"), "has no web-enroller, which policy web-servers names"));
    facts.credentials = {{"web-enroller", {"WebServer"}}};
    CHECK(verdict("recovery") == "credential");
    CHECK(has(verdict("why"), "enrolled anew by credential web-enroller"));
    facts.fortune.failures = 2;
    CHECK(has(verdict("why"), "2 renewals failed"));
}
