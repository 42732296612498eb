// An agent dies before, during and after every change it makes to its disk, and meets a full disk
// at each. Started again, it comes to the same end: nothing is asked twice that need not be, no
// event is lost, and the host is as if nothing had happened.

#include "tests/crash/renewal/dying_agent.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::agent;
using perennial::test::diesOrEnds;
using perennial::test::DyingAgent;
using perennial::test::DyingFileSystem;
using perennial::test::FakeAuthority;
using perennial::test::FakeEnroller;
using perennial::test::FakeHost;

namespace {

using Fault = DyingFileSystem::Fault;

struct Path {
    std::string name;
    DyingAgent::Way way;
    bool completes;
    std::multiset<std::string> kinds; // of an undisturbed run
    DyingAgent::Slot slot = DyingAgent::Slot::Due;
};

Result<IssueOutcome> pending(const Bytes&)
{
    return IssueOutcome(Pending{"ticket-1", std::chrono::minutes(5)});
}

const std::multiset<std::string> untilPlaced = {"renewal.accepted", "key.generated",
    "request.submitting", "request.submitted", "certificate.issued", "certificate.installing",
    "certificate.installed"};

std::multiset<std::string> withMore(
    std::multiset<std::string> kinds, std::initializer_list<std::string> more)
{
    kinds.insert(more);
    return kinds;
}

void approve(FakeHost&, FakeEnroller& enroller)
{
    enroller.onSubmit = &pending;
    enroller.onPoll = [&enroller](const Bytes& key) {
        return enroller.polls() < 3 ? pending(key) : Result<IssueOutcome>(enroller.issue(key));
    };
}

const std::vector<Path> paths = {
    {"issued at once", [](FakeHost&, FakeEnroller&) {}, true,
        withMore(untilPlaced, {"renewal.completed", "key.destroyed", "certificate.superseded"})},
    {"issued after an approval", &approve, true,
        withMore(untilPlaced,
            {"request.pending", "renewal.completed", "key.destroyed", "certificate.superseded"})},
    {"expired, enrolled anew after an approval", &approve, true,
        withMore(untilPlaced,
            {"request.pending", "renewal.completed", "key.destroyed", "certificate.superseded"}),
        DyingAgent::Slot::Expired},
    {"the reload fails", [](FakeHost& host, FakeEnroller&) { host.reloadStatus = 1; }, false,
        withMore(untilPlaced, {"renewal.rolled_back", "key.destroyed"})},
    {"the new one is not served",
        [](FakeHost& host, FakeEnroller&) { host.reloadChangesNothing = true; }, false,
        withMore(untilPlaced, {"renewal.failed", "renewal.rolled_back", "key.destroyed"})},
    {"denied",
        [](FakeHost&, FakeEnroller& enroller) {
            enroller.onSubmit = [](const Bytes&) {
                return Result<IssueOutcome>(IssueOutcome(Denied{"not for you"}));
            };
        },
        false,
        {"renewal.accepted", "key.generated", "request.submitting", "request.submitted",
            "request.denied", "renewal.abandoned", "key.destroyed"}},
};

std::string asText(const std::multiset<std::string>& kinds)
{
    std::string text;
    for (const auto& kind : kinds)
        text += kind + " ";
    return text;
}

void checkTheEnd(DyingAgent& agent, const Path& path)
{
    CHECK(agent.contradictions == "");
    CHECK(asText(agent.kindsHeard()) == asText(path.kinds));
    CHECK(agent.nothingIsOpen());
    CHECK(agent.host().keysMade() == 1);
    // Again only when the answer was lost, and then with the same request and the same key.
    const auto asked = agent.enroller().asked();
    REQUIRE(!asked.empty());
    CHECK(asked.size() <= 2);
    CHECK(asked.front() == asked.back());

    const auto renewal = agent.renewal();
    REQUIRE(renewal);
    const bool isOld = test::fingerprintOf(agent.host().live()) == agent.order().replaces.text();
    CHECK(agent.host().served() == test::fingerprintOf(agent.host().live()));
    CHECK(isOld != path.completes);
    CHECK(std::holds_alternative<Completed>(renewal->stage) == path.completes);
    CHECK(agent.host().stageOf(agent.order().id.text()) ==
          (path.completes ? "finished" : "discarded"));
    CHECK(agent.fortune().generation == (path.completes ? 1 : 0));
    CHECK(agent.fortune().failures == (path.completes ? 0 : 1));
}

int changesOfAnUndisturbedRun(const FakeAuthority& authority, const Path& path)
{
    DyingAgent agent(authority, path.way, path.slot);
    PosixFileSystem disk;
    DyingFileSystem counting(disk);
    REQUIRE(agent.work(counting));
    agent.listen();
    checkTheEnd(agent, path);
    CHECK(agent.enroller().asked().size() == 1);
    return counting.changes();
}

void dieEverywhere(const FakeAuthority& authority, const Path& path, Fault fault)
{
    const int changes = changesOfAnUndisturbedRun(authority, path);
    CHECK(changes > 10); // a run that changes nothing tests nothing
    int twice = 0;
    for (int change = 1; change <= changes; ++change) {
        if (!DyingFileSystem::isTried(change, fault)) continue;
        CAPTURE(change);
        DyingAgent agent(authority, path.way, path.slot);
        const bool died = diesOrEnds([&] {
            PosixFileSystem disk;
            DyingFileSystem dying(disk, {change, fault});
            return agent.work(dying);
        });
        CHECK(died == (fault != Fault::Fail && fault != Fault::FailForGood));
        agent.listen();
        // A disk that failed once and an agent that goes on: all is done without a new start.
        if (fault == Fault::Fail && change > 1)
            CHECK(asText(agent.kindsHeard()) == asText(path.kinds));
        REQUIRE(agent.workUndisturbed());
        agent.listen();
        checkTheEnd(agent, path);
        twice += agent.enroller().asked().size() == 2 ? 1 : 0;
    }
    // The answer is lost with the one change that would have recorded it.
    CHECK(twice <= (fault == Fault::DieAfter || fault == Fault::Fail ? 0 : 1));
}

} // namespace

TEST_CASE("an agent that dies at any change of its disk comes to the same end")
{
    const FakeAuthority authority;
    for (const auto& path : paths) {
        for (const auto fault : {Fault::DieBefore, Fault::DieDuring, Fault::DieAfter}) {
            CAPTURE(path.name);
            CAPTURE(static_cast<int>(fault));
            dieEverywhere(authority, path, fault);
        }
    }
}

TEST_CASE("a disk that is full at any change costs no event and no second request")
{
    const FakeAuthority authority;
    for (const auto& path : paths) {
        CAPTURE(path.name);
        dieEverywhere(authority, path, Fault::Fail);
    }
}

TEST_CASE("a disk that stays full from any change on keeps what was reached until there is room")
{
    const FakeAuthority authority;
    for (const auto& path : paths) {
        CAPTURE(path.name);
        dieEverywhere(authority, path, Fault::FailForGood);
    }
}
