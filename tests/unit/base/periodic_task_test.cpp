#include "shared/base/periodic_task.h"

#include <atomic>
#include <doctest/doctest.h>

using namespace perennial;
using namespace std::chrono_literals;

TEST_CASE("a task runs at once, runs again when woken, and stops without waiting its interval")
{
    std::atomic<int> runs = 0;
    {
        PeriodicTask task(24h, [&] {
            ++runs;
            runs.notify_one();
        });
        runs.wait(0);
        task.wakeUp();
        runs.wait(1);
    }
    CHECK(runs == 2);
}

TEST_CASE("a task runs again after each interval without being woken")
{
    std::atomic<int> runs = 0;
    const PeriodicTask task(1ms, [&] {
        ++runs;
        runs.notify_one();
    });
    for (int seen = 0; seen < 5; seen = runs)
        runs.wait(seen);
    CHECK(runs >= 5);
}
