// A policy that wants a certificate at a place: where nothing is, and where it has other names.

#include "agent/expiry.h"
#include "agent/slot_explanation.h"
#include "shared/protocol/policy_messages.h"
#include "tests/support/agent_bench.h"

using namespace perennial;
using namespace perennial::agent;
using namespace perennial::test;
using std::chrono::days;
using std::chrono::hours;
using Alone = RenewalDesk::Alone;

namespace {

PolicyWords wanting(const std::string& names, const std::string& more = "")
{
    PolicyWords words;
    words.enroll = "enroll: {credential: web-enroller, template: WebServer}\n";
    words.place = "place: {certificate: /etc/nginx/tls/web.pem, key: /etc/nginx/tls/web.key, "
                  "service: nginx, listeners: [\"127.0.0.1:443\"], names: " +
                  names + "}\nkey: {type: ec-p256}\n";
    words.more = more;
    return words;
}

struct Place : AgentBench {
    explicit Place(const PolicyWords& words, Duration left = days(80)) : AgentBench(words, {}, left)
    {
    }
    void look(Alone alone = Alone::Planned) { REQUIRE(parts.desk.goAlone(alone, hours(1))); }
    void nothingThere()
    {
        host.install("");
        REQUIRE(parts.slots.put({clock.now(), {}, {}, {}}));
    }
    void goOn(Duration time)
    {
        for (const auto end = clock.now() + time; clock.now() < end; clock.advance(Duration(60))) {
            look();
            advance();
        }
    }
    std::vector<model::Slot> empty() const
    {
        return emptySlots(*parts.desired.current(), *parts.slots.inventory());
    }
    Json detailsOf(const std::string& kind) const // of the last one
    {
        Json details;
        for (const auto& event : events()) {
            if (event.kind == kind) details = Json(event.details);
        }
        return details;
    }
    std::string textIn(const std::string& kind, const std::string& member) const
    {
        const auto details = detailsOf(kind);
        const auto* found = details.find(member);
        return found == nullptr || found->string() == nullptr ? "" : *found->string();
    }
};

bool has(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

Result<IssueOutcome> pending(const Bytes&)
{
    return IssueOutcome(Pending{"ticket-1", std::chrono::minutes(5)});
}

const std::string own = "[web1.example.test]";
const std::string more = "[web1.example.test, www.example.test]";

} // namespace

TEST_CASE("where nothing is, it is enrolled at once, told once, and nothing is superseded")
{
    Place bench(wanting(own));
    bench.nothingThere();
    CHECK(bench.empty().size() == 1);
    bench.look();
    bench.advance();
    bench.scan();
    bench.goOn(hours(1));
    CHECK(bench.count("slot.enrollment_needed") == 1);
    CHECK(bench.textIn("slot.enrollment_needed", "names") == "web1.example.test");
    CHECK(has(bench.reasonOf("slot.enrollment_needed"), "nothing is there yet"));
    CHECK(has(bench.reasonOf("renewal.autonomous"), "nothing is at its place yet"));
    CHECK_MESSAGE(bench.count("renewal.completed") == 1, bench.reasonOf("renewal.abandoned"));
    CHECK(bench.count("certificate.superseded") == 0);
    CHECK(bench.count("key.destroyed") == 0);
    CHECK(bench.host.served() == fingerprintOf(bench.host.live()));
    CHECK(bench.host.calls("lend_keys") == 0);
}

TEST_CASE("nothing is enrolled before the first scan, by a clock in doubt or in quarantine")
{
    Place bench(wanting(own));
    bench.nothingThere();
    bench.look(Alone::Doubt);
    bench.look(Alone::Quarantine);
    REQUIRE(bench.parts.slots.put({}));
    CHECK(bench.empty().empty());
    bench.look();
    CHECK(bench.parts.desk.open().empty());
    CHECK(bench.events().empty());
}

TEST_CASE("what is not served is taken away, and the next attempt waits")
{
    Place bench(wanting(own));
    bench.nothingThere();
    SUBCASE("the reload changes nothing") { bench.host.reloadChangesNothing = true; }
    SUBCASE("the action fails") { bench.host.reloadStatus = 1; }
    SUBCASE("the service is down, and its action fails") { bench.host.serviceIsDown = true; }
    bench.goOn(std::chrono::minutes(30));
    CHECK(bench.count("renewal.rolled_back") == 1);
    CHECK(has(bench.reasonOf("renewal.rolled_back"), "what was placed is taken away again"));
    CHECK(bench.host.live().empty());
    CHECK(bench.count("key.destroyed") == 1);
    CHECK(bench.enroller.asked().size() == 1);
    bench.goOn(hours(2));
    CHECK(bench.enroller.asked().size() == 2);
    const auto slot = bench.empty().front();
    SlotFacts facts{slot, {}, {}, {}, bench.parts.slots.fortuneOf(slot.id)};
    facts.credentials = {{"web-enroller", {"WebServer"}}};
    const auto said = explain(facts, *bench.parts.desired.current(), bench.clock.now());
    CHECK(*said.find("verdict")->string() == "empty");
    CHECK(has(*said.find("why")->string(), "2 renewals failed"));
    CHECK(said.find("certificate") == nullptr);
}

TEST_CASE("an admin's certificate that comes meanwhile ends it, and so does a policy that goes")
{
    Place bench(wanting(own));
    bench.nothingThere();
    bench.enroller.onSubmit = bench.enroller.onPoll = &pending;
    bench.goOn(std::chrono::minutes(10));
    REQUIRE(bench.parts.desk.open().size() == 1);
    SUBCASE("admin")
    {
        bench.host.install(bench.authority.issue(FakeAuthority::newKey().publicKeyDer(),
            {bench.clock.now(), bench.clock.now() + days(90)}));
        bench.scan();
        bench.work(hours(1));
        CHECK(bench.count("certificate.changed_outside") == 1);
    }
    SUBCASE("policy")
    {
        PolicyWords words;
        words.match = "{labels: {role: none}}";
        bench.adopt(words, 2, std::string(40, 'b'));
        bench.work(hours(1));
        CHECK(has(bench.reasonOf("renewal.abandoned"), "no policy rules this slot any more"));
    }
    CHECK(bench.parts.desk.open().empty());
    CHECK(bench.host.calls("place") == 0);
}

TEST_CASE("an empty place is paused and resumed as a slot is, over a restart too")
{
    Place bench(wanting(own));
    bench.nothingThere();
    const auto slot = bench.empty().front().id;
    auto& desk = bench.parts.desk;
    REQUIRE(desk.pause(slot, days(2), "not before the audit"));
    CHECK(bench.reasonOf("slot.paused") == "not before the audit");
    CHECK(bench.textIn("slot.paused", "until") == toRfc3339(bench.start + days(2)));
    CHECK(desk.renewNow(slot).error().kind == ErrorKind::Conflict);
    bench.goOn(hours(47));
    CHECK(bench.host.calls("preflight") == 0);
    SUBCASE("it ends by itself") { bench.goOn(hours(2)); }
    SUBCASE("it is resumed")
    {
        REQUIRE(desk.resume(slot));
        CHECK(bench.count("slot.resumed") == 1);
        bench.goOn(Duration(60));
    }
    CHECK(bench.count("renewal.completed") == 1);
}

TEST_CASE("a first certificate that waits for approval is not asked for while its place is paused")
{
    Place bench(wanting(own));
    bench.nothingThere();
    int polls = 0;
    bench.enroller.onSubmit = &pending;
    bench.enroller.onPoll = [&](const Bytes& key) {
        ++polls;
        return pending(key);
    };
    bench.goOn(hours(1));
    const int before = polls;
    REQUIRE(before > 0);
    const auto slot = bench.empty().front();
    REQUIRE(bench.parts.desk.pause(slot.id, hours(3), "holidays"));
    bench.goOn(hours(2));
    CHECK(polls == before);
    SlotFacts facts{slot, bench.parts.desk.open().front(), {}, {}, {}};
    facts.pause = bench.parts.pauses.holding(slot.id, slot.certificate, bench.clock.now());
    const auto said = explain(facts, *bench.parts.desired.current(), bench.clock.now());
    CHECK(*said.find("verdict")->string() == "paused");
    CHECK(has(*said.find("why")->string(), toRfc3339(bench.start + hours(4)) + ": holidays"));
    bench.enroller.onPoll = [&](const Bytes& key) {
        return Result<IssueOutcome>(bench.enroller.issue(key));
    };
    bench.goOn(hours(2));
    CHECK(bench.count("renewal.completed") == 1);
}

TEST_CASE("other names are asked for at once, and once they are there nothing is asked again")
{
    Place bench(wanting(more));
    bench.enroller.onSubmit = [&](const Bytes& key) {
        FakeAuthority::Content content;
        content.names = {"web1.example.test", "www.example.test"};
        return Result<IssueOutcome>(bench.enroller.issue(key, content));
    };
    bench.goOn(hours(1));
    bench.scan();
    bench.goOn(hours(30));
    CHECK(bench.count("renewal.completed") == 1);
    CHECK(bench.count("certificate.superseded") == 1);
    CHECK(bench.enroller.asked().size() == 1);
    CHECK(bench.textIn("slot.enrollment_needed", "names") == "web1.example.test www.example.test");
    CHECK_FALSE(bench.holdsTheOld());
}

TEST_CASE("other names wait for the window of their policy")
{
    Place bench(wanting(more, "  window: {from: \"05:00\", to: \"06:00\"}\n")); // it is 00:00
    bench.goOn(hours(4));
    CHECK(bench.host.calls("make_key") == 0);
    CHECK(bench.count("slot.enrollment_needed") == 1);
    bench.goOn(hours(2));
    CHECK(bench.host.calls("make_key") == 1);
}

TEST_CASE(
    "other names that the guard refuses are no failure of the slot, which is renewed by its key")
{
    Place bench(wanting(more), days(31));
    bench.host.failing["preflight"] = {ErrorKind::PermissionDenied, "not among the guard's"};
    bench.goOn(std::chrono::minutes(30));
    CHECK(bench.count("renewal.preflight_failed") == 1);
    CHECK(bench.parts.slots.fortuneOf(bench.slot().id).failures == 0);
    CHECK(bench.textIn("slot.enrollment_needed", "way") == "key");
    CHECK(has(bench.reasonOf("slot.enrollment_needed"), "not among the guard's"));
    CHECK(has(bench.reasonOf("slot.enrollment_needed"), "renewed with its old names"));
    bench.host.failing.clear();
    // Due half-way: an order comes while the wish waits for its next try.
    bench.take();
    bench.work(hours(1));
    CHECK(bench.count("renewal.completed") == 1);
    CHECK(bench.host.calls("lend_keys") > 0);
}

TEST_CASE("other names that wait for approval make room before the old certificate ends")
{
    Place bench(wanting(more), days(31));
    bench.enroller.onSubmit = bench.enroller.onPoll = &pending;
    bench.goOn(days(10));
    REQUIRE(bench.parts.desk.open().size() == 1);
    CHECK(bench.parts.desk.open().front().isForNames());
    bench.enroller.onSubmit = [&](const Bytes& key) {
        return Result<IssueOutcome>(bench.enroller.issue(key));
    };
    bench.goOn(days(20));
    CHECK(has(bench.reasonOf("renewal.abandoned"), "it is renewed with its old names first"));
    CHECK(bench.count("renewal.completed") == 1);
    CHECK(bench.host.calls("lend_keys") > 0);
    CHECK_FALSE(bench.holdsTheOld());
}

TEST_CASE("a policy with a place comes through the journal as it was")
{
    const Place bench(wanting(more));
    const auto policy = bench.parts.desired.current()->set.policies.front();
    REQUIRE(policy.place);
    const auto again = protocol::certificatePolicyFromJson(protocol::toJson(policy));
    REQUIRE(again);
    CHECK(*again == policy);
}
