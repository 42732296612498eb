#include "controller/enrollment/authentication/turns.h"

#include <atomic>
#include <doctest/doctest.h>
#include <thread>
#include <vector>

using perennial::enrollment::server::Turns;

TEST_CASE("so many at once, so many behind them, and the others are sent away at once")
{
    Turns turns(2, 1);
    std::optional<Turns::Turn> first = turns.take();
    std::optional<Turns::Turn> second = turns.take();
    REQUIRE(first);
    REQUIRE(second);
    // One of these waits in the queue; the other finds it full. Which one is not said.
    std::atomic<int> turnedAway{0};
    std::atomic<int> served{0};
    const auto come = [&] {
        if (turns.take())
            ++served;
        else
            ++turnedAway;
    };
    std::thread one(come);
    std::thread other(come);
    while (turnedAway == 0)
        std::this_thread::yield();
    CHECK(served == 0);
    first.reset();
    one.join();
    other.join();
    CHECK(served == 1);
    CHECK(turnedAway == 1);
    CHECK(turns.take());
}

TEST_CASE("under load never more run than are allowed")
{
    Turns turns(2, 100);
    std::atomic<int> running{0};
    std::atomic<int> most{0};
    std::atomic<int> done{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&] {
            for (int j = 0; j < 200; ++j) {
                const auto turn = turns.take();
                if (!turn) continue;
                const int now = ++running;
                for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {}
                --running;
                ++done;
            }
        });
    }
    for (auto& thread : threads)
        thread.join();
    CHECK(most <= 2);
    CHECK(done == 1600);
}
