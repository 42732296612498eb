#pragma once

#include "tests/support/agent_parts.h"
#include "tests/support/dying_file_system.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temporary_folder.h"

#include <map>

namespace perennial::test {

// One agent with one order, its host and its CA. The agent may die; the host and the CA live on.
class DyingAgent {
public:
    // The way the renewal goes: tells the host and the CA what to do.
    using Way = void (*)(FakeHost&, FakeEnroller&);

    // Expired: the certificate is, and the host's credential enrols anew.
    enum class Slot { Due, Expired };
    DyingAgent(const FakeAuthority& authority, Way way, Slot slot = Slot::Due);

    // The agent on this disk until the order is done with, or for an hour. Content: always; what a
    // full disk refuses is met again at the next start.
    bool work(FileSystem& disk);
    bool workUndisturbed()
    {
        PosixFileSystem disk;
        return work(disk);
    }
    // What a controller would have: every event, told as often as it was sent. Acknowledged, so
    // that what the agent tells again is seen.
    void listen();

    // After it all: what is on disk.
    Result<agent::Renewal> renewal() const;
    agent::SlotTable::Fortune fortune() const;
    bool nothingIsOpen() const;

    std::multiset<std::string> kindsHeard() const; // by different ids
    std::string contradictions;                    // events told again with another content

    FakeHost& host() { return *host_; }
    FakeEnroller& enroller() { return *enroller_; }
    std::string state() const { return folder_ / "state"; }
    const model::Order& order() const { return order_; }

private:
    TemporaryFolder folder_{memoryFolder()};
    FakeClock clock_;
    std::unique_ptr<FakeHost> host_;
    std::unique_ptr<FakeEnroller> enroller_;
    model::Order order_;
    std::map<std::string, model::AuditEvent> heard_; // by id
};

} // namespace perennial::test
