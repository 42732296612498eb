// Where renewals begin: by order, alone, by the host's administrator. One at a time, none for ever.

#include "tests/support/agent_bench.h"

using namespace perennial;
using namespace perennial::agent;
using namespace perennial::test;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using Alone = RenewalDesk::Alone;

namespace {

const std::string second = "0198c6d2-1b2c-7abc-8def-000000000002";

// A slot whose renewal is due in five days: 35 of 90 left, renewed 30 before the end.
struct Waiting : AgentBench {
    Waiting() : AgentBench({}, {}, days(35)) {}
    // At what moment it begins by itself, looking hourly; at most `most` from now.
    std::optional<Duration> beginsAfter(Alone alone, Duration most, Duration patience = hours(1))
    {
        const auto from = clock.now();
        while (clock.now() - from < most) {
            REQUIRE(parts.desk.goAlone(alone, patience));
            if (!parts.desk.open().empty()) return clock.now() - from;
            clock.advance(hours(1));
        }
        return std::nullopt;
    }
};

void deny(AgentBench& bench)
{
    bench.enroller.onSubmit = [](const Bytes&) {
        return Result<IssueOutcome>(IssueOutcome(Denied{"not for you"}));
    };
}

} // namespace

TEST_CASE("a second order for a slot waits until the first has ended")
{
    AgentBench bench;
    bench.enroller.onSubmit = [](const Bytes&) {
        return Result<IssueOutcome>(Error{ErrorKind::Unavailable, "no answer"});
    };
    bench.take();
    bench.advance();
    const auto other = bench.order(second);
    REQUIRE(bench.parts.desk.take(other));
    CHECK(bench.parts.desk.open().size() == 1);
    CHECK(bench.parts.desk.renewNow(bench.slot().id).error().kind == ErrorKind::Conflict);
    bench.enroller.onSubmit = bench.enroller.onPoll;
    bench.work(hours(1));
    REQUIRE(bench.parts.desk.take(other)); // repeated: the certificate is another one now
    bench.work(hours(1));
    CHECK(bench.count("renewal.already_done") == 1);
    CHECK(bench.enroller.asked().size() == 2);
    CHECK(bench.host.keysMade() == 1);
}

TEST_CASE("an order that is ahead of the documents waits for them; one that never fits is refused")
{
    AgentBench bench;
    auto order = bench.order();
    order.policy = "other-servers";
    order.policyCommit = std::string(40, 'b');
    REQUIRE(bench.parts.desk.take(order));
    CHECK(bench.parts.desk.open().empty());
    CHECK(bench.count("renewal.abandoned") == 0);
    order.policyCommit = testCommit;
    REQUIRE(bench.parts.desk.take(order));
    REQUIRE(bench.parts.desk.take(order));
    CHECK(bench.parts.desk.open().empty());
    CHECK(bench.count("renewal.abandoned") == 1);
}

TEST_CASE("a controller that heard all and asks again was restored: it is told again, hourly")
{
    AgentBench bench;
    const auto order = bench.order();
    bench.take();
    bench.work(hours(1));
    REQUIRE(bench.count("renewal.completed") == 1);
    REQUIRE(bench.parts.desk.take(order)); // its events may still be on the way
    CHECK(bench.count("renewal.already_done") == 0);
    REQUIRE(bench.parts.desk.take(order, true));
    REQUIRE(bench.parts.desk.take(order, true));
    CHECK(bench.count("renewal.already_done") == 1);
    bench.clock.advance(hours(1));
    REQUIRE(bench.parts.desk.take(order, true));
    CHECK(bench.count("renewal.already_done") == 2);
    CHECK(bench.host.keysMade() == 1);
    CHECK(bench.parts.desk.open().empty());
}

TEST_CASE("what was abandoned is told again as it was, and not tried again")
{
    AgentBench bench;
    deny(bench);
    const auto order = bench.order();
    bench.take();
    bench.work(hours(1));
    REQUIRE(bench.count("renewal.abandoned") == 1);
    REQUIRE(bench.parts.desk.take(order, true));
    CHECK(bench.count("renewal.abandoned") == 2);
    CHECK(bench.count("renewal.already_done") == 0);
    CHECK(bench.parts.desk.open().empty());
}

TEST_CASE("no order is taken before the first scan")
{
    AgentBench bench;
    const auto order = bench.order();
    REQUIRE(bench.parts.slots.put({}));
    REQUIRE(bench.parts.desk.take(order));
    CHECK(bench.events().empty());
}

TEST_CASE("without a controller a renewal begins when it is planned, and not again")
{
    Waiting bench;
    CHECK(bench.beginsAfter(Alone::Planned, days(40)) == days(5));
    bench.advance();
    CHECK(bench.count("renewal.completed") == 1);
    CHECK(bench.count("renewal.autonomous") == 1);
    CHECK(bench.beginsAfter(Alone::Planned, days(50)) == std::nullopt);
    CHECK(bench.beginsAfter(Alone::Planned, days(20)) == days(10)); // sixty of ninety days
}

TEST_CASE("a silent controller is waited for until half-way to the end, or as the policy says")
{
    Waiting bench;
    CHECK(bench.beginsAfter(Alone::Silence, days(40)) == days(20));

    AgentBench early({"30d", "  autonomous_before: 25d\n"}, {}, days(26));
    REQUIRE(early.parts.desk.goAlone(Alone::Silence, hours(1)));
    CHECK(early.parts.desk.open().empty());
    early.clock.advance(days(1));
    REQUIRE(early.parts.desk.goAlone(Alone::Silence, hours(1)));
    CHECK(early.parts.desk.open().size() == 1);
}

TEST_CASE("a controller that answers has its time to place an order, but not all of it")
{
    Waiting bench;
    CHECK(bench.beginsAfter(Alone::Patience, days(40), hours(12)) == days(20) + hours(12));

    AgentBench late({}, {}, hours(10)); // patience must not eat up what is left
    REQUIRE(late.parts.desk.goAlone(Alone::Patience, days(7)));
    CHECK(late.parts.desk.open().empty());
    late.clock.advance(hours(1));
    REQUIRE(late.parts.desk.goAlone(Alone::Patience, days(7)));
    CHECK(late.parts.desk.open().size() == 1);
}

TEST_CASE("a clock in doubt renews nothing before the last tenth of a life, and nothing expired")
{
    Waiting bench;
    CHECK(bench.beginsAfter(Alone::Doubt, days(40)) == days(26)); // nine of ninety days are left

    Waiting expired;
    expired.clock.jump(days(400));
    CHECK(expired.beginsAfter(Alone::Doubt, days(40)) == std::nullopt);
}

TEST_CASE("what failed alone is tried again after an hour, then twice that, at most after a day")
{
    AgentBench bench({}, {}, days(30));
    deny(bench);
    std::vector<Duration> waits;
    auto last = bench.clock.now();
    std::size_t known = 0;
    while (waits.size() < 8) {
        REQUIRE(bench.parts.desk.goAlone(Alone::Planned, hours(1)));
        bench.advance();
        if (bench.enroller.asked().size() > known) {
            waits.push_back(bench.clock.now() - last);
            last = bench.clock.now();
            known = bench.enroller.asked().size();
        }
        bench.clock.advance(minutes(10));
    }
    CHECK(waits == std::vector<Duration>{Duration(0), hours(1), hours(2), hours(4), hours(8),
                       hours(16), hours(24), hours(24)});
    CHECK(bench.count("request.denied") == 8);
}

TEST_CASE("a certificate that is due as soon as it is there is not renewed again and again")
{
    AgentBench bench;
    bench.enroller.onSubmit = [&](const Bytes& key) {
        const auto now = bench.clock.now(); // as by a clock that is wrong by months
        return Result<IssueOutcome>(
            Issued{bench.authority.issue(key, {now - days(75), now + days(15)})});
    };
    for (int hour = 0; hour < 7 * 24; ++hour) {
        REQUIRE(bench.parts.desk.goAlone(Alone::Planned, hours(1)));
        bench.advance();
        bench.clock.advance(hours(1));
    }
    CHECK(bench.count("renewal.completed") == 1);
    bench.work(days(1));
    REQUIRE(bench.parts.desk.goAlone(Alone::Planned, hours(1)));
    bench.advance();
    CHECK(bench.count("renewal.completed") == 2); // half of what was left is over
}

TEST_CASE("a slot without a policy, or whose service is gone, is never renewed")
{
    AgentBench bench;
    auto report = scanOf(bench.host, bench.clock.now());
    report.slots.front().service = "postfix";
    auto documents = testDocuments(bench.authority);
    documents[1].content.replace(
        documents[1].content.find("match: {}"), 9, "match: {services: [nginx]}");
    REQUIRE(bench.parts.desired.adopt(asSent(documents, 2, bench.clock.now(), std::string(40, 'b')),
        testAgent, "web1.example.test", bench.clock.now()));
    REQUIRE(bench.parts.slots.put(report));
    for (const auto alone : {Alone::Planned, Alone::Silence, Alone::Patience, Alone::Doubt})
        REQUIRE(bench.parts.desk.goAlone(alone, hours(1)));
    CHECK(bench.parts.desk.open().empty());
    CHECK(bench.parts.desk.renewNow(bench.slot().id).error().kind == ErrorKind::InvalidInput);
    CHECK(bench.parts.desk.renewNow(model::SlotId("unknown")).error().kind == ErrorKind::NotFound);
}

TEST_CASE("the administrator's wish begins at once, whatever the moment")
{
    Waiting bench;
    const auto order = bench.parts.desk.renewNow(bench.slot().id);
    REQUIRE(order);
    bench.advance();
    CHECK(bench.count("renewal.completed") == 1);
    CHECK(order->text().rfind("host-", 0) == 0);
    CHECK(bench.parts.slots.fortuneOf(bench.slot().id).generation == 1);
}

TEST_CASE("renewals under way are carried on after a restart, and known ones not begun again")
{
    AgentBench bench;
    bench.enroller.onSubmit = [](const Bytes&) {
        return Result<IssueOutcome>(Error{ErrorKind::Unavailable, "no answer"});
    };
    const auto order = bench.take();
    bench.advance();
    AgentParts restarted(bench.disk, "/state", bench.host, bench.enroller, bench.clock);
    REQUIRE(restarted.open());
    CHECK(restarted.desk.open().size() == 1);
    REQUIRE(restarted.desk.take(order));
    REQUIRE(restarted.desk.goAlone(Alone::Planned, hours(1)));
    CHECK(restarted.desk.open().size() == 1);
    bench.enroller.onSubmit = bench.enroller.onPoll;
    bench.clock.advance(hours(1));
    CHECK(restarted.desk.advance().ended);
    CHECK(bench.enroller.asked().front() == bench.enroller.asked().back());

    AgentParts again(bench.disk, "/state", bench.host, bench.enroller, bench.clock);
    REQUIRE(again.open());
    CHECK(again.desk.open().empty());
    REQUIRE(again.desk.take(order));
    CHECK(again.desk.open().empty());
}

// A second slot of the same service.
static model::Slot slotBeside(AgentBench& bench)
{
    auto inventory = *bench.parts.slots.inventory();
    auto beside = inventory.slots.front();
    beside.place = {"pem", "/etc/nginx/tls/api.pem", "/etc/nginx/tls/api.key"};
    beside.id = model::slotIdOf(beside.place);
    inventory.slots.push_back(beside);
    REQUIRE(bench.parts.slots.put(inventory));
    return beside;
}

// Each would take the other's certificate, which the same reload brings, for a mistake of its own.
TEST_CASE("two renewals of one service do not place at once, and none is held back for ever")
{
    AgentBench bench;
    const auto beside = slotBeside(bench);
    bench.host.failing.insert({"place", {ErrorKind::Unavailable, "not now"}});
    bench.take();
    REQUIRE(bench.parts.desk.take(orderFor(beside, bench.clock.now(), second)));
    bench.work(minutes(5));
    CHECK(std::holds_alternative<CertificateReady>(bench.renewal().stage));
    CHECK(std::holds_alternative<CertificateReady>(bench.renewal(second).stage));

    bench.host.failing.clear();
    for (const auto* verb : {"act", "switch_back"})
        bench.host.failing.insert({verb, {ErrorKind::Unavailable, "not now"}});
    const auto before = bench.host.calls("place");
    bench.clock.advance(hours(1));
    bench.advance();
    CHECK(bench.host.calls("place") == before + 1);
    bench.work(minutes(2));
    CHECK(bench.host.calls("place") == before + 1);
    bench.work(hours(12), minutes(5));
    CHECK(bench.host.calls("place") > before + 1);
}

TEST_CASE("a renewal that comes to its placing in one go asks there whether it may")
{
    AgentBench bench;
    bench.take();
    auto& runner = bench.parts.runner;
    auto renewal = runner.run(bench.renewal(), [](const Renewal&) { return false; });
    CHECK(nameOf(renewal.stage) == "certificate-ready");
    CHECK(bench.host.calls("place") == 0);
    renewal = runner.run(std::move(renewal), [](const Renewal&) { return true; });
    CHECK(nameOf(renewal.stage) == "completed");
}
