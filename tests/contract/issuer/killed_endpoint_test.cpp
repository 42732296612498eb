// Two endpoints of a CES, one of which is killed in the middle of the load.

#include "plugins/ces_issuer/ces_issuer.h"
#include "tests/contract/issuer/enrollment_world.h"
#include "tests/support/test_pki.h"

#include <atomic>
#include <thread>

using namespace perennial;
using namespace perennial::test;

namespace {

constexpr http::ClientLimits limits{Duration(10), Duration(5), 200'000};
constexpr int callers = 4;
constexpr int renewalsEach = 8;

struct Load {
    std::atomic<int> issued{0};
    std::atomic<int> failed{0};
    std::atomic<long> slowest{0}; // milliseconds
};

// As the agent does: each renewal is a process of its own, told what the one before noted.
void renew(const model::EnrollmentService& service, RenewalMaterial material, Load& load)
{
    const SystemClock clock;
    std::string memory;
    for (int number = 0; number < renewalsEach; ++number) {
        const auto issuer = plugins::makeCesIssuerWithin(service, limits);
        (*issuer)->begin({clock.now(), "web1.example.test", memory});
        material.newKey = std::make_shared<x509::PrivateKey>(FakeAuthority::newKey());
        const auto prepared = (*issuer)->prepareRenewal(material);
        const auto begun = clock.monotonic();
        const auto outcome = (*issuer)->submit(*prepared, material);
        const auto took = (clock.monotonic() - begun).count();
        if (took > load.slowest) load.slowest = took;
        const bool good = outcome.ok() && std::holds_alternative<Issued>(*outcome);
        ++(good ? load.issued : load.failed);
        memory = (*issuer)->notes().memory;
    }
}

} // namespace

TEST_CASE("of two endpoints one is killed under load: no renewal fails, each moves on in time")
{
    EnrollmentWorld world;
    const auto material = world.material("web1.example.test");
    world.start();
    auto service = world.byAddress();
    const auto real = service.enrollmentEndpoints.front();
    const auto colon = real.find(':', 8);
    const auto slash = real.find('/', colon);
    const int way = freePort();
    std::optional<ChildProcess> forward(
        std::in_place, std::vector<std::string>{"/usr/bin/python3",
                           std::string(PERENNIAL_SOURCE_DIR) + "/tests/contract/issuer/forward.py",
                           std::to_string(way), real.substr(colon + 1, slash - colon - 1)});
    forward->waitForPort(way);
    service.enrollmentEndpoints = {
        real.substr(0, colon + 1) + std::to_string(way) + real.substr(slash), real};

    Load load;
    std::vector<std::jthread> threads;
    for (int caller = 0; caller < callers; ++caller)
        threads.emplace_back([&] { renew(service, material, load); });
    while (load.issued + load.failed < callers) // in the middle of it
        std::this_thread::yield();
    forward.reset();
    threads.clear();
    CHECK(load.failed == 0);
    CHECK(load.issued == callers * renewalsEach);
    CHECK(load.slowest < 1000 * limits.total.count());
}
