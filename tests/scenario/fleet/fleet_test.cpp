// A thousand agents over a year, with what decides on both sides, and a clock that goes by the
// hour.

#include "tests/scenario/fleet/fleet.h"

using namespace perennial;
using namespace perennial::test;
using std::chrono::days;
using std::chrono::hours;

namespace {

std::size_t busiest(const std::map<std::int64_t, std::size_t>& byHour)
{
    std::size_t most = 0;
    for (const auto& [hour, count] : byHour)
        most = std::max(most, count);
    return most;
}

// Two hundred certificates of ninety days, due from day 45 to 60, and what may happen to them.
struct Incident : Fleet {
    Incident() : Fleet(200, days(90), {"30d", "  spread: 15d\n"}) {}
};

// What holds whatever happened.
void checkNothingWasLostOrDoubled(Fleet& fleet)
{
    CHECK(fleet.expired == 0);
    for (const auto& [order, requests] : fleet.ca().requestsOf)
        CHECK(requests.size() == 1); // one request and one key an order, however often it is sent
    // Nothing is renewed in the first half of its life.
    CHECK(fleet.shortestLife() >= fleet.ca().life / 2);
    CHECK(fleet.ca().issued.size() == fleet.size());
    CHECK(fleet.told["certificate.changed_outside"] == 0);
    CHECK(fleet.told["renewal.rolled_back"] == 0);
    CHECK(fleet.told["renewal.abandoned"] == 0);
    CHECK(fleet.told["renewal.completed"] == fleet.issued());
}

} // namespace

TEST_CASE("a thousand agents over a year: none expires, and no hour has over 2 % of the orders")
{
    Fleet fleet(1000, days(365), {"30d", "  spread: 60d\n"});
    fleet.run(days(366));
    checkNothingWasLostOrDoubled(fleet);
    CHECK(fleet.issued() == fleet.size());
    CHECK(fleet.told["renewal.autonomous"] == 0);
    CHECK(fleet.told["renewal.failed"] == 0);
    CHECK(busiest(fleet.orderedByHour) <= fleet.size() / 50);
    CHECK(busiest(fleet.ca().issuedByHour) <= fleet.size() / 50);
    CHECK(fleet.leastLeft > days(29));
}

TEST_CASE("a CA that is away for five days in the middle of it costs no certificate")
{
    Incident fleet;
    fleet.run(days(50));
    const auto before = fleet.issued();
    fleet.ca().away = true;
    fleet.run(days(5));
    CHECK(fleet.issued() == before);
    const auto waiting = fleet.controller().openOrders();
    CHECK(waiting > fleet.size() / 5);
    fleet.ca().away = false;
    fleet.run(hours(3));
    CHECK(fleet.issued() >= before + waiting); // all of them, within the longest pause
    fleet.run(days(10));
    checkNothingWasLostOrDoubled(fleet);
    CHECK(fleet.told["renewal.failed"] <= 8 * waiting); // hourly tries, told as they double
    CHECK(fleet.told["renewal.autonomous"] == 0);
    CHECK(fleet.leastLeft > days(25));
}

TEST_CASE("a controller that is away for a month: the fleet goes alone, spread, and is believed")
{
    Incident fleet;
    fleet.run(days(48));
    fleet.controllerIsAway = true;
    fleet.run(days(30));
    CHECK(fleet.issued() == fleet.size());
    fleet.controllerIsAway = false;
    fleet.run(days(5));
    checkNothingWasLostOrDoubled(fleet);
    CHECK(fleet.told["renewal.autonomous"] > fleet.size() / 2);
    CHECK(fleet.leastLeft > days(10));
    CHECK(busiest(fleet.ca().issuedByHour) <= fleet.size() / 20);
    CHECK(fleet.controller().openOrders() == 0);
}

TEST_CASE("a controller restored from a backup renews nothing twice and hangs on no order")
{
    for (const auto age : {days(14), days(3)}) {
        CAPTURE(age.count());
        Incident fleet;
        fleet.run(days(58) - age);
        const auto backup = fleet.controller().backup();
        fleet.run(age);
        const auto before = fleet.issued();
        fleet.controller().restore(backup);
        fleet.run(days(1));
        CHECK(fleet.told["renewal.already_done"] > 0);
        CHECK(fleet.issued() < before + fleet.size() / 5); // those that were due anyway
        fleet.run(days(30));
        CHECK(fleet.controller().openOrders() == 0);
        CHECK(fleet.told["renewal.autonomous"] == 0);
        CHECK(fleet.leastLeft > days(25));
        checkNothingWasLostOrDoubled(fleet);
    }
}
