// What the journal remembers of a renewal, and what it makes of a damaged one.

#include "tests/support/agent_bench.h"

using namespace perennial;
using namespace perennial::agent;
using namespace perennial::test;
using std::chrono::days;

namespace {

const std::string file = "/state/renewals/0198c6d2-1b2c-7abc-8def-0123456789ac.renewal";

std::string asText(const Renewal& renewal)
{
    const auto json = toJson(renewal);
    REQUIRE_MESSAGE(json.ok(), (json ? "" : json.error().message));
    return json->canonical();
}

} // namespace

TEST_CASE("each stage is read as it was written")
{
    AgentBench bench;
    bench.take();
    auto renewal = bench.parts.desk.open().front();
    const PreparedRequest request{Bytes("\0\xff\n", 3), "cms-renewal", "client-certificate"};
    const std::vector<RenewalStage> stages = {Accepted{}, KeyReady{Bytes("key"), request},
        AwaitingIssuer{Bytes("key"), "{\"url\":\"\\\"\"}"}, AwaitingAcceptance{"chain", "why"},
        CertificateReady{"chain"}, Installed{"chain", std::nullopt}, Installed{"chain", "because"},
        Completed{"chain"}, Abandoned{"reason", true, false}, Abandoned{"reason", false, true}};
    for (const auto& stage : stages) {
        CAPTURE(nameOf(stage));
        renewal.stage = stage;
        renewal.failures = 7;
        renewal.nextTry = AgentBench::start + days(3);
        renewal.lastProblem = "problem";
        renewal.elapsedMilliseconds = 1234;
        REQUIRE(bench.parts.journal.save(renewal));
        const auto read = bench.renewal();
        CHECK(asText(read) == asText(renewal));
        CHECK(read.stage.index() == stage.index());
        CHECK(read.nextTry == renewal.nextTry);
        CHECK(read.order == renewal.order);
        CHECK(read.listeners == renewal.listeners);
        CHECK(read.policy == renewal.policy);
        CHECK(read.service == renewal.service);
    }
    // Bytes that are no text come back as they were.
    renewal.stage = KeyReady{Bytes("key"), request};
    REQUIRE(bench.parts.journal.save(renewal));
    CHECK(std::get<KeyReady>(bench.renewal().stage).request.request == request.request);
}

TEST_CASE("nothing in the journal is a private key")
{
    AgentBench bench;
    bench.enroller.onSubmit = [](const Bytes&) {
        return Result<IssueOutcome>(Error{ErrorKind::Unavailable, "no answer"});
    };
    bench.take();
    bench.advance();
    REQUIRE(bench.disk.content.count(file) == 1);
    for (const auto& [path, text] : bench.disk.content)
        CHECK_MESSAGE(text.find("PRIVATE KEY") == std::string::npos, path);
}

TEST_CASE("a damaged file is named, and put aside whole so that it stops no other renewal")
{
    AgentBench bench;
    bench.take();
    bench.advance();
    const auto whole = bench.disk.content[file];
    REQUIRE(!whole.empty());
    const auto unknown = "{\"unknown\":1," + whole.substr(1);
    auto stage = whole;
    stage.replace(stage.find("\"completed\""), 11, "\"compleated\"");
    for (const auto& text :
        {std::string(), std::string("{}"), whole.substr(0, whole.size() / 2), unknown, stage}) {
        bench.disk.content[file] = text;
        const auto all = bench.parts.journal.all();
        REQUIRE_FALSE(all.ok());
        CHECK(all.error().kind == ErrorKind::Corrupt);
        CHECK(all.error().message.find(file) != std::string::npos);
        RenewalDesk restarted(
            {bench.parts.journal, bench.parts.runner, bench.parts.desired, bench.parts.slots,
                bench.parts.pauses, bench.clock, [](const auto&) { return Status(); }});
        CHECK_FALSE(restarted.load().ok());
        const auto damaged = bench.parts.journal.setAsideDamaged();
        REQUIRE(damaged);
        REQUIRE(damaged->size() == 1);
        CHECK(damaged->front().find(file) != std::string::npos);
        CHECK(bench.disk.content[file + ".damaged"] == text);
        CHECK(bench.disk.content.count(file) == 0);
        CHECK(restarted.load().ok());
        CHECK(bench.parts.journal.setAsideDamaged()->empty());
    }
    bench.disk.content[file] = whole;
    CHECK(bench.parts.journal.all().ok());
}

TEST_CASE("an order id that is no file name reaches no file")
{
    AgentBench bench;
    bench.take();
    auto renewal = bench.parts.desk.open().front();
    const auto files = bench.disk.content;
    const std::vector<std::string> ids = {
        "../documents", "", ".", "a/b", "a b", std::string("a\0b", 3)};
    for (const auto& id : ids) {
        CAPTURE(id);
        renewal.order.id = model::OrderId(id);
        CHECK_FALSE(bench.parts.journal.save(renewal).ok());
        CHECK(bench.parts.journal.load(renewal.order.id).error().kind == ErrorKind::NotFound);
    }
    CHECK(bench.disk.content == files);
}

TEST_CASE("what is done with is forgotten after its time, what is open never")
{
    AgentBench bench;
    bench.take();
    bench.advance();
    REQUIRE(bench.parts.journal.forgetFinishedBefore(AgentBench::start));
    CHECK(bench.disk.content.count(file) == 1);
    REQUIRE(bench.parts.journal.forgetFinishedBefore(AgentBench::start + days(1)));
    CHECK(bench.disk.content.count(file) == 0);

    AgentBench open;
    open.enroller.onSubmit = [](const Bytes&) {
        return Result<IssueOutcome>(Error{ErrorKind::Unavailable, "no answer"});
    };
    open.take();
    open.advance();
    REQUIRE(open.parts.journal.forgetFinishedBefore(AgentBench::start + days(1000)));
    CHECK(open.disk.content.count(file) == 1);
}

TEST_CASE("an order is begun once, whatever is asked again")
{
    AgentBench bench;
    const auto order = bench.take();
    bench.advance();
    for (int time = 0; time < 3; ++time) {
        REQUIRE(bench.parts.desk.take(order));
        bench.work(Duration(600));
    }
    CHECK(bench.enroller.asked().size() == 1);
    CHECK(bench.count("renewal.accepted") == 1);
    auto again = bench.renewal();
    CHECK(bench.parts.runner.begin(again).error().kind == ErrorKind::Conflict);
}
