#pragma once

#include "tests/scenario/fleet/fleet_controller.h"
#include "tests/scenario/fleet/fleet_host.h"

namespace perennial::test {

// Agents, their hosts, their controller and their CA over a clock that goes by the hour. What
// decides is the product's; what it acts on is in memory.
class Fleet {
public:
    static constexpr TimePoint start = std::chrono::sys_days(std::chrono::year(2026) / 11 / 21);

    // All certificates are issued at once: the worst case for spreading.
    Fleet(std::size_t size, Duration life, const PolicyWords& words);

    void run(Duration time);
    FleetCa& ca() { return ca_; }
    FleetController& controller() { return *controller_; }
    std::size_t size() const { return agents_.size(); }
    TimePoint now() const { return clock_.now(); }

    bool controllerIsAway = false;
    std::size_t expired = 0;                      // looks at a certificate past its end
    Duration leastLeft = std::chrono::days(3650); // of any certificate, at the least
    std::map<std::int64_t, std::size_t> orderedByHour;
    std::map<std::string, std::size_t> told; // events by kind

    // The shortest time between two certificates that the CA issued for one host.
    Duration shortestLife() const;
    std::size_t issued() const;

private:
    struct Member {
        Member(FleetCa& ca, const Clock& clock, std::size_t number);
        void scan(TimePoint now);

        model::AgentId id;
        MemoryFiles disk;
        FleetHost host;
        AgentParts parts;
        std::string digest;
        TimePoint ends;  // of the certificate in place
        TimePoint alone; // from then on the agent may go alone
        bool busy = false;
    };
    void talk(Member& member);
    void work(Member& member);

    FakeClock clock_{start};
    FleetCa ca_;
    std::unique_ptr<FleetController> controller_;
    std::vector<std::unique_ptr<Member>> agents_;
    std::map<model::AgentId, std::size_t> members_;
    TimePoint heard_ = start; // of the controller
    model::CertificatePolicy policy_;
};

} // namespace perennial::test
