#include "tests/crash/renewal/dying_agent.h"

namespace perennial::test {

namespace {

constexpr TimePoint start = std::chrono::sys_days(std::chrono::year(2026) / 11 / 21);

} // namespace

DyingAgent::DyingAgent(const FakeAuthority& authority, Way way, Slot slot) : clock_(start)
{
    const auto end = slot == Slot::Due ? start + std::chrono::days(10) : start - Duration(1);
    PolicyWords words;
    if (slot == Slot::Expired)
        words.enroll = "enroll: {credential: web-enroller, template: WebServer}\n";
    host_ = std::make_unique<FakeHost>(folder_.path() / "host");
    enroller_ = std::make_unique<FakeEnroller>(folder_.path() / "ca", *host_, authority, clock_);
    host_->install(authority.issue(
        FakeAuthority::newKey().publicKeyDer(), {start - std::chrono::days(80), end}));
    order_ = orderFor(scanOf(*host_, start).slots.front(), start);
    way(*host_, *enroller_);

    PosixFileSystem disk;
    AgentParts parts(disk, state(), *host_, *enroller_, clock_);
    REQUIRE(parts.open());
    REQUIRE(parts.desired.adopt(
        asSent(testDocuments(authority, words), 1, start), testAgent, "web1", start));
}

bool DyingAgent::work(FileSystem& disk)
{
    AgentParts parts(disk, state(), *host_, *enroller_, clock_);
    if (!parts.open()) return true;
    for (int minute = 0; minute < 60; ++minute) {
        (void)parts.slots.put(scanOf(*host_, clock_.now()));
        (void)parts.desk.take(order_); // as a controller repeats it
        (void)parts.desk.advance();
        const auto known = parts.journal.load(order_.id);
        if (known && known->settled && parts.desk.open().empty()) return true;
        clock_.advance(std::chrono::minutes(1));
    }
    return true;
}

void DyingAgent::listen()
{
    PosixFileSystem disk;
    const auto queue = agent::EventQueue::open(disk, state(), "epoch-1");
    REQUIRE_MESSAGE(queue, queue.error().message);
    std::int64_t last = 0;
    for (auto event : (*queue)->next(1000)) {
        CHECK(event.agentSequence > last);
        last = event.agentSequence;
        event.agentSequence = 0; // told again, it has a number of its own
        const auto [known, fresh] = heard_.emplace(event.id, event);
        if (!fresh && !(known->second == event)) contradictions += event.kind + "\n";
    }
    REQUIRE((*queue)->acknowledge(last));
}

Result<agent::Renewal> DyingAgent::renewal() const
{
    PosixFileSystem disk;
    return agent::RenewalJournal(disk, state() + "/renewals").load(order_.id);
}

agent::SlotTable::Fortune DyingAgent::fortune() const
{
    PosixFileSystem disk;
    agent::SlotTable slots(disk, state());
    REQUIRE(slots.load());
    return slots.fortuneOf(order_.slot);
}

bool DyingAgent::nothingIsOpen() const
{
    PosixFileSystem disk;
    const auto all = agent::RenewalJournal(disk, state() + "/renewals").all();
    return all && all->size() == 1 && all->front().settled;
}

std::multiset<std::string> DyingAgent::kindsHeard() const
{
    std::multiset<std::string> kinds;
    for (const auto& [id, event] : heard_)
        kinds.insert(event.kind);
    return kinds;
}

} // namespace perennial::test
