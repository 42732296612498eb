// A slot that a policy ruled and none does now: left alone, and that is said, once.

#include "agent/slot_explanation.h"
#include "tests/support/agent_bench.h"

using namespace perennial;
using namespace perennial::agent;
using namespace perennial::test;
using std::chrono::days;
using std::chrono::hours;

namespace {

PolicyWords forOthers()
{
    PolicyWords words;
    words.match = "{names: [\"*.other.test\"]}";
    return words;
}

struct Ruled : AgentBench {
    Ruled() { look(); }
    void look() { REQUIRE(parts.desk.followRule()); }
    void policies(const PolicyWords& words)
    {
        ++version;
        adopt(words, version, std::string(40, static_cast<char>('a' + version)));
        look();
        look();
    }
    model::AuditEvent last(const std::string& kind) const
    {
        model::AuditEvent found;
        for (const auto& event : events()) {
            if (event.kind == kind) found = event;
        }
        return found;
    }
    std::int64_t version = 1;
};

bool has(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("a slot that no policy rules any more is told of once, and again when one takes it")
{
    Ruled bench;
    CHECK(bench.events().empty());
    bench.policies(forOthers());
    bench.scan();
    bench.look();
    CHECK(bench.kinds() == std::vector<std::string>{"slot.unmanaged"});
    const auto gone = bench.last("slot.unmanaged");
    CHECK(gone.slotId == bench.slot().id.text());
    CHECK(gone.details.at("former_policy") == Json("web-servers"));
    CHECK(gone.policy == std::string(40, 'c'));
    CHECK(has(gone.reason, "ends at " + toRfc3339(bench.slot().certificate.notAfter)));
    bench.clock.advance(hours(5));
    bench.policies({});
    CHECK(bench.kinds() == std::vector<std::string>{"slot.unmanaged", "slot.managed"});
    CHECK(bench.last("slot.managed").details.at("since") == Json(toRfc3339(bench.start)));
    bench.policies(forOthers());
    CHECK(bench.count("slot.unmanaged") == 2);
}

TEST_CASE("a restart forgets neither, and a certificate that another policy's names fit counts too")
{
    Ruled bench;
    bench.policies(forOthers());
    AgentParts again(bench.disk, "/state", bench.host, bench.enroller, bench.clock);
    REQUIRE(again.open());
    REQUIRE(again.desk.followRule());
    CHECK(bench.count("slot.unmanaged") == 1);
    CHECK(again.slots.ruleOf(bench.slot().id).policy == "web-servers");
    CHECK(again.slots.ruleOf(bench.slot().id).isLeftAlone());
}

TEST_CASE("what no policy ever ruled is not told of, nor is anything while there are no documents")
{
    Ruled bench;
    AgentParts fresh(bench.disk, "/other", bench.host, bench.enroller, bench.clock);
    REQUIRE(fresh.open());
    REQUIRE(fresh.slots.put(scanOf(bench.host, bench.clock.now())));
    REQUIRE(fresh.desk.followRule());
    const auto sent = asSent(testDocuments(bench.authority, forOthers()), 1, bench.clock.now());
    REQUIRE(fresh.desired.adopt(sent, testAgent, "web1.example.test", bench.clock.now()));
    REQUIRE(fresh.desk.followRule());
    CHECK(fresh.events->next(10).empty());
    // Ruled before, and the documents of the last run cannot be read.
    REQUIRE(bench.disk.remove("/state/documents.json"));
    AgentParts again(bench.disk, "/state", bench.host, bench.enroller, bench.clock);
    REQUIRE(again.open());
    REQUIRE(again.desk.followRule());
    CHECK(again.events->next(10).empty());
    CHECK(again.slots.ruleOf(bench.slot().id).isRuled());
}

TEST_CASE("a renewal that has placed nothing yet ends with its policy, and is no failure")
{
    Ruled bench;
    bench.enroller.onSubmit = [](const Bytes&) {
        return Result<IssueOutcome>(IssueOutcome(Pending{"43", Duration(60)}));
    };
    bench.take();
    bench.advance();
    REQUIRE(bench.parts.desk.open().size() == 1);
    SUBCASE("the policies are known")
    {
        bench.policies(forOthers());
        bench.clock.advance(hours(2));
        bench.advance();
        CHECK(bench.isAbandoned());
        CHECK(has(bench.reasonOf("renewal.abandoned"), "no policy rules this slot any more"));
        CHECK(bench.parts.slots.fortuneOf(bench.slot().id).failures == 0);
        CHECK(bench.parts.desk.open().empty());
    }
    SUBCASE("no documents can be read: it goes on under its own")
    {
        REQUIRE(bench.disk.remove("/state/documents.json"));
        AgentParts again(bench.disk, "/state", bench.host, bench.enroller, bench.clock);
        REQUIRE(again.open());
        bench.clock.advance(hours(2));
        (void)again.desk.advance();
        CHECK_FALSE(bench.holdsTheOld());
    }
}

TEST_CASE("of slots that are gone nothing is kept but what renewals left")
{
    Ruled bench;
    const auto id = bench.slot().id;
    REQUIRE(bench.parts.slots.put({bench.clock.now(), {}, {}, {}}));
    REQUIRE(bench.parts.slots.ruled({}));
    CHECK(bench.parts.slots.ruleOf(id).policy.empty());
    REQUIRE(bench.parts.slots.failed(id, model::OrderId("order-1"), bench.clock.now()));
    REQUIRE(bench.parts.slots.ruled({}));
    CHECK(bench.parts.slots.fortuneOf(id).failures == 1);
}

TEST_CASE("explain says who ruled it and until when")
{
    Ruled bench;
    bench.policies(forOthers());
    SlotFacts facts;
    facts.slot = bench.slot();
    facts.fortune = bench.parts.slots.fortuneOf(facts.slot.id);
    const auto json = explain(facts, *bench.parts.desired.current(), bench.clock.now());
    CHECK(*json.find("verdict")->string() == "unmanaged");
    CHECK(has(*json.find("why")->string(), "policy web-servers ruled it until"));
    CHECK(*json.find("former_policy")->string() == "web-servers");
}
