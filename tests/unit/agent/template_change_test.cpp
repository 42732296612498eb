// A policy that pauses where the template has changed: the certificate waits, is shown, and goes
// on.

#include "agent/slot_explanation.h"
#include "tests/support/agent_bench.h"

using namespace perennial;
using namespace perennial::agent;
using namespace perennial::test;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

namespace {

constexpr const char* pauses = "on_template_change: pause\n";

// Ten of 90 days are left: the last tenth begins in a day.
struct Changed : AgentBench {
    explicit Changed(const std::string& words = pauses, int minor = 5, Duration left = days(10))
        : AgentBench({"30d", words}, ofVersion(4), left)
    {
        enroller.onSubmit = [this, minor](const Bytes& key) {
            ++issued;
            return Result<IssueOutcome>(enroller.issue(key, ofVersion(minor)));
        };
        take();
        work(hours(1));
    }
    static FakeAuthority::Content ofVersion(int minor)
    {
        FakeAuthority::Content content;
        content.ofTemplate = x509::TemplateInformation{"1.3.6.1.4.1.311.21.8.7", "", 100, minor};
        return content;
    }
    bool waits() const { return std::holds_alternative<AwaitingAcceptance>(renewal().stage); }
    bool isDone() const { return std::holds_alternative<Completed>(renewal().stage); }
    int issued = 0;
};

} // namespace

TEST_CASE("a changed template pauses the renewal where the policy says so, and nowhere else")
{
    struct Row {
        const char* words;
        int minor;
        bool waits;
    };
    for (const auto& row : {Row{pauses, 5, true}, Row{pauses, 4, false}, Row{"", 5, false},
             Row{"on_template_change: tell\n", 5, false}}) {
        CAPTURE(row.words);
        CAPTURE(row.minor);
        const Changed bench(row.words, row.minor);
        CHECK(bench.waits() == row.waits);
        CHECK(bench.isDone() != row.waits);
        CHECK(bench.holdsTheOld() == row.waits);
        CHECK(bench.count("renewal.blocked") == (row.waits ? 1 : 0));
        CHECK(bench.count("certificate.installing") == (row.waits ? 0 : 1));
    }
}

TEST_CASE("a renewal that waits is told and explained, and asks the CA for nothing more")
{
    Changed bench;
    bench.work(hours(20), minutes(10));
    CHECK(bench.waits());
    CHECK(bench.issued == 1);
    CHECK(bench.count("renewal.blocked") == 1);
    const auto all = bench.events();
    const auto told = std::find_if(all.begin(), all.end(),
        [](const model::AuditEvent& event) { return event.kind == "renewal.blocked"; });
    REQUIRE(told != all.end());
    CHECK(told->details.at("by") == Json("template"));
    CHECK(told->details.at("template_version") == Json("100.5"));
    CHECK(told->details.at("old_template_version") == Json("100.4"));
    CHECK(told->details.at("not_after") == Json(toRfc3339(bench.start + days(10))));
    SlotFacts facts;
    facts.slot = bench.slot();
    facts.underWay = bench.parts.desk.open().front();
    const auto json = explain(facts, *bench.parts.desired.current(), bench.clock.now());
    CHECK(*json.find("verdict") == Json("paused"));
    CHECK(*json.find("why") == Json(told->reason));
    for (const auto& part :
        {std::string("100.5"), "resume " + facts.slot.id.text(), toRfc3339(bench.start + days(1))})
        CHECK(told->reason.find(part) != std::string::npos);
}

TEST_CASE(
    "resume accepts the template: the certificate that waits is installed, and no other asked")
{
    Changed bench;
    REQUIRE(bench.parts.desk.resume(bench.slot().id));
    CHECK(bench.count("slot.resumed") == 1);
    CHECK(bench.parts.desk.resume(bench.slot().id).error().kind == ErrorKind::NotFound);
    bench.work(hours(1));
    CHECK(bench.isDone());
    CHECK(bench.issued == 1);
    CHECK(bench.count("certificate.installing") == 1);
}

TEST_CASE("a policy that comes to tell lets it go on")
{
    Changed bench;
    bench.adopt({}, 2);
    bench.work(minutes(20));
    CHECK(bench.isDone());
    CHECK(bench.count("slot.resumed") == 0);
}

TEST_CASE("waiting gives way in the last tenth of the old certificate's life")
{
    Changed bench;
    bench.work(days(1) - hours(1) - minutes(1), minutes(1));
    CHECK(bench.waits());
    bench.work(minutes(2));
    CHECK(bench.isDone());
    const Changed late(pauses, 5, days(8));
    CHECK(late.isDone());
    CHECK(late.count("renewal.blocked") == 0);
}

// The agent was away, or the clock jumped: what was issued is not thrown away.
TEST_CASE("a certificate that waits is installed although the old one has expired meanwhile")
{
    Changed bench;
    bench.clock.advance(days(11));
    bench.advance();
    CHECK(bench.isDone());
    CHECK(bench.issued == 1);
    CHECK(bench.count("slot.enrollment_needed") == 0);
}

TEST_CASE("a restart waits on, and another certificate in the slot ends it")
{
    Changed bench;
    AgentParts restarted(bench.disk, "/state", bench.host, bench.enroller, bench.clock);
    REQUIRE(restarted.open());
    (void)restarted.desk.advance();
    CHECK(bench.waits());
    REQUIRE(restarted.desk.resume(bench.slot().id));
    (void)restarted.desk.advance();
    CHECK(bench.isDone());

    Changed outside;
    outside.host.install(outside.authority.issue(FakeAuthority::newKey().publicKeyDer(), [] {
        auto content = Changed::ofVersion(4);
        content.notBefore = AgentBench::start - days(1);
        content.notAfter = AgentBench::start + days(80);
        return content;
    }()));
    outside.scan();
    outside.work(hours(1));
    CHECK(outside.isAbandoned());
    CHECK(outside.count("certificate.changed_outside") == 1);
}
