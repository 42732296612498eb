#pragma once

#include "tests/support/agent_bench.h"
#include "tests/support/fake_controller.h"

namespace perennial::test {

inline http::Answer saying(int status, const std::string& body = "{}")
{
    return {status, "application/json", body, {}};
}

// An agent that has joined, its host and its controller.
struct Talk {
    Talk()
    {
        host.install(authority.issue(FakeAuthority::newKey().publicKeyDer(),
            {AgentBench::start - std::chrono::days(80),
                AgentBench::start + std::chrono::days(10)}));
        offer(1, testCommit);
        REQUIRE(agent.parts->slots.put(scanOf(host, AgentBench::start)));
    }
    void offer(std::int64_t version, const std::string& commit)
    {
        controller.documents = asSent(testDocuments(authority), version, clock.now(), commit);
        controller.checkin.policyVersion = version;
        controller.checkin.policyCommit = commit;
    }
    // As the agent's talking thread, once it is due.
    bool turn(Duration later = std::chrono::minutes(10))
    {
        clock.advance(later);
        const bool took = agent.talk->takeTurn();
        agent.talk->sendEvents();
        return took;
    }
    model::Order order(const std::string& id = "0198c6d2-1b2c-7abc-8def-0123456789ac") const
    {
        return orderFor(agent.parts->slots.inventory()->slots.front(), clock.now(), id);
    }
    std::int64_t version() const { return agent.parts->desired.current()->version; }

    FakeAuthority authority;
    FakeClock clock{AgentBench::start};
    TemporaryFolder folder{memoryFolder()};
    FakeHost host{folder.path() / "host"};
    FakeEnroller enroller{folder.path() / "ca", host, authority, clock};
    FakeController controller{authority, clock};
    JoinedAgent agent{authority, controller, host, enroller, clock};
};

} // namespace perennial::test
