#pragma once

#include "tests/support/agent_parts.h"
#include "tests/support/fake_clock.h"
#include "tests/support/memory_files.h"
#include "tests/support/temporary_folder.h"

namespace perennial::test {

// One agent with one slot whose certificate has ten days left, on a disk in memory.
struct AgentBench {
    static constexpr TimePoint start = std::chrono::sys_days(std::chrono::year(2026) / 11 / 21);

    explicit AgentBench(const PolicyWords& words = {}, FakeAuthority::Content content = {},
        Duration left = std::chrono::days(10))
        : host(folder.path() / "host"), enroller(folder.path() / "ca", host, authority, clock),
          parts(disk, "/state", host, enroller, clock)
    {
        content.notAfter = start + left;
        content.notBefore = content.notAfter - std::chrono::days(90);
        host.install(authority.issue(FakeAuthority::newKey().publicKeyDer(), content));
        old = fingerprintOf(host.live());
        REQUIRE(parts.open());
        adopt(words, 1);
        scan();
    }

    void adopt(
        const PolicyWords& words, std::int64_t version, const std::string& commit = testCommit)
    {
        const auto adopted = parts.desired.adopt(
            asSent(testDocuments(authority, words), version, clock.now(), commit), testAgent,
            "web1.example.test", clock.now());
        REQUIRE_MESSAGE(adopted.ok(), (adopted ? "" : adopted.error().message));
    }
    void scan() { REQUIRE(parts.slots.put(scanOf(host, clock.now()))); }
    model::Slot slot() const { return parts.slots.inventory()->slots.front(); }
    model::Order order(const std::string& id = "0198c6d2-1b2c-7abc-8def-0123456789ac") const
    {
        return orderFor(slot(), clock.now(), id);
    }
    model::Order take(const std::string& id = "0198c6d2-1b2c-7abc-8def-0123456789ac")
    {
        const auto ordered = order(id);
        REQUIRE(parts.desk.take(ordered));
        return ordered;
    }
    void advance() { (void)parts.desk.advance(); }
    // As the agent's loop: a look every minute.
    void work(Duration time, Duration step = Duration(60))
    {
        for (const auto end = clock.now() + time; clock.now() < end;) {
            advance();
            clock.advance(step);
        }
        advance();
    }
    agent::Renewal renewal(const std::string& id = "0198c6d2-1b2c-7abc-8def-0123456789ac") const
    {
        const auto loaded = parts.journal.load(model::OrderId(id));
        REQUIRE_MESSAGE(loaded.ok(), (loaded ? "" : loaded.error().message));
        return *loaded;
    }
    bool isAbandoned() const { return std::holds_alternative<agent::Abandoned>(renewal().stage); }
    std::vector<model::AuditEvent> events() const { return parts.events->next(10'000); }
    std::vector<std::string> kinds() const
    {
        std::vector<std::string> all;
        for (const auto& event : events())
            all.push_back(event.kind);
        return all;
    }
    std::size_t count(const std::string& kind) const
    {
        const auto all = kinds();
        return static_cast<std::size_t>(std::count(all.begin(), all.end(), kind));
    }
    std::string reasonOf(const std::string& kind) const // of the last one
    {
        std::string reason;
        for (const auto& event : events()) {
            if (event.kind == kind) reason = event.reason;
        }
        return reason;
    }
    bool holdsTheOld() const { return fingerprintOf(host.live()) == old; }

    TemporaryFolder folder{memoryFolder()};
    FakeClock clock{start};
    FakeAuthority authority;
    FakeHost host;
    FakeEnroller enroller;
    MemoryFiles disk;
    AgentParts parts;
    std::string old; // fingerprint
};

} // namespace perennial::test
