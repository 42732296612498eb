// Why a slot is or is not being renewed: one verdict, and what happens next.

#include "agent/slot_explanation.h"
#include "shared/rules/renewal_rules.h"
#include "tests/support/agent_bench.h"

using namespace perennial;
using namespace perennial::agent;
using namespace perennial::test;
using std::chrono::days;
using std::chrono::hours;

namespace {

std::string textOf(const Json& json, const std::string& member)
{
    const auto* found = json.find(member);
    return found == nullptr || found->string() == nullptr ? "" : *found->string();
}

struct Asked : AgentBench {
    explicit Asked(Duration left, const PolicyWords& words = {}) : AgentBench(words, {}, left)
    {
        facts.slot = slot();
    }
    Json explained() const { return explain(facts, *parts.desired.current(), clock.now()); }
    std::string verdict() const { return textOf(explained(), "verdict"); }
    SlotFacts facts;
};

bool has(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("the verdict follows what holds the renewal, in this order")
{
    Asked early(days(60));
    CHECK(early.verdict() == "waiting");
    CHECK(textOf(early.explained(), "renewal_at") == toRfc3339(early.start + days(30)));

    Asked due(days(25));
    CHECK(due.verdict() == "due");
    due.facts.fortune.failures = 2;
    CHECK(due.verdict() == "failed");
    due.facts.pause = Pause{due.start + hours(5), "holidays"};
    CHECK(due.verdict() == "paused");
    CHECK(has(textOf(due.explained(), "why"), "holidays"));

    Asked expired(Duration(-1));
    CHECK(expired.verdict() == "expired");
}

TEST_CASE("a due slot says who begins, and when the agent goes alone")
{
    Asked due(days(25));
    const auto alone = rules::autonomousTime(
        due.facts.slot.certificate, *due.parts.desired.current()->policyFor(due.facts.slot));
    for (const auto how :
        {RenewalDesk::Alone::Planned, RenewalDesk::Alone::Silence, RenewalDesk::Alone::Patience}) {
        due.facts.alone = how;
        CHECK(has(textOf(due.explained(), "why"), toRfc3339(alone)));
    }
    due.facts.alone = RenewalDesk::Alone::Doubt;
    CHECK(has(textOf(due.explained(), "why"), "last tenth"));
}

TEST_CASE("the policy is named with its line and commit, and a slot without one is only watched")
{
    Asked bench(days(60));
    const auto json = bench.explained();
    CHECK(textOf(json, "policy") == "web-servers");
    CHECK(textOf(json, "policy_line") == "web.yaml:1");
    CHECK(textOf(json, "policy_commit") == testCommit);
    CHECK(json.find("certificate_pem") == nullptr);
    CHECK(
        textOf(explain(bench.facts, DesiredState(), bench.clock.now()), "verdict") == "unmanaged");
}

TEST_CASE("the attempt under way and the last one are told with their problem")
{
    Asked bench(days(25));
    bench.enroller.onSubmit = [](const Bytes&) {
        return Result<IssueOutcome>(Error{ErrorKind::Unavailable, "no answer from CES"});
    };
    bench.take();
    bench.advance();
    bench.facts.underWay = bench.renewal();
    CHECK(bench.verdict() == "under-way");
    CHECK(has(textOf(bench.explained(), "why"), "no answer from CES"));
    const auto begun = bench.explained();
    REQUIRE(begun.find("under_way") != nullptr);
    CHECK(textOf(*begun.find("under_way"), "stage") == "key-ready");

    bench.host.reloadStatus = 1;
    bench.host.reloadChangesNothing = true;
    bench.enroller.onSubmit = bench.enroller.onPoll;
    bench.work(hours(3));
    REQUIRE(bench.isAbandoned());
    bench.facts.underWay = std::nullopt;
    bench.facts.last = bench.renewal();
    const auto explained = bench.explained();
    REQUIRE(explained.find("last_attempt") != nullptr);
    const auto& told = *explained.find("last_attempt");
    CHECK(textOf(told, "result") == "rolled-back");
    CHECK(has(textOf(told, "problem"), "not served"));
}
