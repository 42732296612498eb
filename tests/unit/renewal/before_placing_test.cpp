// What a renewal decides before it touches the host: preflight, the request, the CA's answers.

#include "tests/support/agent_bench.h"

using namespace perennial;
using namespace perennial::agent;
using namespace perennial::test;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

namespace {

FakeEnroller::Answer failing(ErrorKind kind)
{
    return [kind](const Bytes&) { return Result<IssueOutcome>(Error{kind, "no answer"}); };
}

} // namespace

TEST_CASE("an undisturbed renewal tells its stages in the order of its life")
{
    AgentBench bench;
    const auto order = bench.take();
    bench.advance();
    CHECK(bench.kinds() == std::vector<std::string>{"renewal.accepted", "key.generated",
                               "request.submitting", "request.submitted", "certificate.issued",
                               "certificate.installing", "certificate.installed",
                               "renewal.completed", "key.destroyed", "certificate.superseded"});
    for (const auto& event : bench.events()) {
        CHECK(event.correlationId == order.id.text());
        CHECK(event.policy == testCommit + ":web-servers");
        CHECK(event.agentId == testAgent.text());
    }
    // By it the controller knows the certificate again in the authority's own account.
    const auto installed = x509::Certificate::fromPem(bench.host.live());
    REQUIRE(installed);
    CHECK(bench.events()[1].details.at("public_key_sha256") == Json(installed->publicKeyPin()));
    CHECK(std::holds_alternative<Completed>(bench.renewal().stage));
    CHECK(bench.renewal().settled);
    CHECK_FALSE(bench.holdsTheOld());
}

TEST_CASE("preflight that can never succeed ends the renewal before a key is made")
{
    for (const auto kind : {ErrorKind::PermissionDenied, ErrorKind::InvalidInput,
             ErrorKind::NotFound, ErrorKind::Corrupt}) {
        CAPTURE(nameOf(kind));
        AgentBench bench;
        bench.host.failing.emplace("preflight", Error{kind, "the guard forbids it"});
        bench.take();
        bench.work(hours(3));
        REQUIRE(bench.isAbandoned());
        CHECK(bench.reasonOf("renewal.abandoned") == "the guard forbids it");
        CHECK(bench.count("renewal.preflight_failed") == 1);
        CHECK(bench.host.keysMade() == 0);
        CHECK(bench.enroller.asked().empty());
        CHECK(bench.host.calls("preflight") == 1);
    }
}

TEST_CASE("preflight that may succeed later is tried again, and told more and more rarely")
{
    AgentBench bench;
    bench.host.failing.emplace("preflight", Error{ErrorKind::Unavailable, "the disk is full"});
    bench.take();
    bench.work(hours(20));
    CHECK(std::holds_alternative<Accepted>(bench.renewal().stage));
    const auto tries = bench.host.calls("preflight");
    CHECK(tries >= 20);
    CHECK(bench.count("renewal.preflight_failed") == 5); // 1, 2, 4, 8, 16
    CHECK(bench.count("renewal.failed") == 5);
    CHECK(bench.renewal().failures == static_cast<int>(tries));
    CHECK(bench.host.keysMade() == 0);
    bench.host.failing.clear();
    bench.work(hours(1));
    CHECK(std::holds_alternative<Completed>(bench.renewal().stage));
    CHECK(bench.renewal().failures == 0);
}

TEST_CASE("a certificate not good for client authentication is said so, and no CA is asked")
{
    AgentBench bench;
    bench.enroller.onPrepare = [](const PreparedRequest&) {
        return Result<PreparedRequest>(Error{ErrorKind::InvalidInput,
            "the certificate to renew is not good for client authentication"});
    };
    bench.take();
    bench.advance(); // at once: no waiting mends it
    REQUIRE(bench.isAbandoned());
    CHECK(bench.reasonOf("renewal.abandoned").find("not good for client authentication") !=
          std::string::npos);
    CHECK(bench.enroller.asked().empty());
    CHECK(bench.host.stageOf(bench.renewal().order.id.text()) == "discarded"); // its new key too
    CHECK(bench.holdsTheOld());
}

TEST_CASE("a key that may not be made ends the renewal; an installer that is away does not")
{
    for (const auto kind : {ErrorKind::PermissionDenied, ErrorKind::InvalidInput}) {
        AgentBench bench;
        bench.host.failing.emplace("make_key", Error{kind, "key type not allowed"});
        bench.take();
        bench.advance();
        CHECK(bench.isAbandoned());
    }
    AgentBench bench;
    bench.host.failing.emplace("make_key", Error{ErrorKind::Unavailable, "away"});
    bench.take();
    bench.work(days(2));
    CHECK(std::holds_alternative<Accepted>(bench.renewal().stage));
    bench.host.failing.clear();
    bench.work(hours(1));
    CHECK(std::holds_alternative<Completed>(bench.renewal().stage));
}

TEST_CASE("an outcome nobody knows is asked for with the same request until the CA answers")
{
    AgentBench bench;
    bench.enroller.onSubmit = failing(ErrorKind::Unavailable);
    bench.take();
    bench.work(days(5), minutes(10));
    CHECK(std::holds_alternative<KeyReady>(bench.renewal().stage));
    CHECK(bench.enroller.asked().size() > 100); // hourly at least
    CHECK(bench.enroller.asked().size() < 150);
    CHECK(bench.count("renewal.failed") == 7); // 1, 2, 4 ... 64
    bench.enroller.onSubmit = bench.enroller.onPoll;
    bench.work(hours(1));
    CHECK(std::holds_alternative<Completed>(bench.renewal().stage));
    for (const auto& asked : bench.enroller.asked())
        CHECK(asked == bench.enroller.asked().front());
    CHECK(bench.host.keysMade() == 1);
    CHECK(bench.count("request.submitted") == 1);
}

TEST_CASE("an answer that stays wrong is given up after eight tries, with the same request")
{
    for (const auto kind : {ErrorKind::InvalidInput, ErrorKind::PermissionDenied}) {
        CAPTURE(nameOf(kind));
        AgentBench bench;
        bench.enroller.onSubmit = failing(kind);
        bench.take();
        bench.work(hours(6));
        REQUIRE(bench.isAbandoned());
        CHECK(bench.enroller.asked().size() == 8);
        CHECK(bench.enroller.asked().front() == bench.enroller.asked().back());
        CHECK(bench.reasonOf("renewal.abandoned") == "given up after 8 failures: no answer");
        CHECK(bench.count("key.destroyed") == 1);
    }
}

TEST_CASE("a denial ends the renewal with its reason, and the CA is not asked again at once")
{
    AgentBench bench;
    bench.enroller.onSubmit = [](const Bytes&) {
        return Result<IssueOutcome>(IssueOutcome(Denied{"not for\nyou [0x80094012]"}));
    };
    bench.take();
    bench.work(days(1));
    REQUIRE(bench.isAbandoned());
    CHECK(bench.enroller.asked().size() == 1);
    CHECK(bench.reasonOf("request.denied").find("0x80094012") != std::string::npos);
    CHECK(bench.reasonOf("request.denied").find('\n') == std::string::npos);
    CHECK(bench.parts.slots.fortuneOf(bench.slot().id).failures == 1);
}

TEST_CASE("a pending request is polled by its ticket, and never asked for anew")
{
    AgentBench bench;
    bench.enroller.onSubmit = bench.enroller.onPoll = [](const Bytes&) {
        return Result<IssueOutcome>(IssueOutcome(Pending{"ticket-1", minutes(5)}));
    };
    bench.take();
    bench.work(days(7), minutes(5));
    CHECK(std::holds_alternative<AwaitingIssuer>(bench.renewal().stage));
    CHECK(bench.enroller.asked().size() == 1);
    CHECK(bench.count("request.pending") == 1);
    CHECK(bench.count("renewal.failed") == 0);
    const auto polls = bench.enroller.polls();
    CHECK(polls > 7 * 24 - 10);
    CHECK(polls < 7 * 24 + 30);
    bench.enroller.onPoll = [&](const Bytes& key) { return bench.enroller.issue(key); };
    bench.work(hours(1));
    CHECK(std::holds_alternative<Completed>(bench.renewal().stage));
    CHECK(bench.enroller.asked().size() == 1);
}

TEST_CASE("a refused poll is given up after a day, a service that is away never")
{
    const auto pending = [](const Bytes&) {
        return Result<IssueOutcome>(IssueOutcome(Pending{"ticket-1", minutes(5)}));
    };
    AgentBench refused;
    refused.enroller.onSubmit = pending;
    refused.enroller.onPoll = failing(ErrorKind::PermissionDenied);
    refused.take();
    refused.work(days(2), minutes(5));
    CHECK(refused.isAbandoned());
    CHECK(refused.enroller.polls() == 30);

    AgentBench away;
    away.enroller.onSubmit = pending;
    away.enroller.onPoll = failing(ErrorKind::Unavailable);
    away.take();
    away.work(days(8), minutes(10));
    CHECK(std::holds_alternative<AwaitingIssuer>(away.renewal().stage));
}

TEST_CASE("a mended address of the service reaches a renewal that waits, everything else does not")
{
    AgentBench bench;
    bench.enroller.onSubmit = failing(ErrorKind::Unavailable);
    bench.take();
    bench.advance();
    PolicyWords mended;
    mended.endpoint = "https://new.example.test/cep";
    mended.action = "another-action";
    bench.adopt(mended, 2, std::string(40, 'b'));
    bench.work(hours(1));
    const auto renewal = bench.renewal();
    CHECK(renewal.service.policyEndpoints == std::vector<std::string>{mended.endpoint});
    CHECK(renewal.policy.action == "reload-nginx");
    CHECK(renewal.order.policyCommit == testCommit);
}

TEST_CASE("a certificate that was changed by somebody else ends the renewal untouched")
{
    AgentBench bench;
    bench.enroller.onSubmit = failing(ErrorKind::Unavailable);
    bench.take();
    bench.advance();
    bench.host.install(bench.authority.issue(
        FakeAuthority::newKey().publicKeyDer(), {AgentBench::start, AgentBench::start + days(90)}));
    const auto theirs = bench.host.live();
    bench.scan();
    bench.work(hours(2));
    CHECK(bench.isAbandoned());
    CHECK(bench.count("certificate.changed_outside") == 1);
    CHECK(bench.host.live() == theirs);
    CHECK(bench.enroller.asked().size() == 1);
}

TEST_CASE("a clock that is put back does not put a try off")
{
    AgentBench bench;
    bench.enroller.onSubmit = failing(ErrorKind::Unavailable);
    bench.take();
    bench.advance();
    CHECK(bench.enroller.asked().size() == 1);
    bench.clock.jump(-days(2));
    bench.advance();
    CHECK(bench.enroller.asked().size() == 2);
    bench.advance();
    CHECK(bench.enroller.asked().size() == 2);
}
