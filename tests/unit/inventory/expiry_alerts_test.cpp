// When the end of a certificate is told of.

#include "controller/inventory/expiry_alerts.h"
#include "tests/support/controller_nouns.h"

#include <numeric>

using namespace perennial;
using namespace perennial::test;
using controller::expiryAlertFor;

TEST_CASE("the most urgent threshold that was reached is told, and each once")
{
    struct Case {
        Duration left;
        int told;
        std::optional<int> alert;
    };
    constexpr Duration second{1};
    const Case cases[] = {
        {oneDay * 90, 1000, std::nullopt}, {oneDay * 30 + second, 1000, std::nullopt},
        {oneDay * 30, 1000, 30}, {oneDay * 30, 30, std::nullopt},
        {oneDay * 14 + second, 30, std::nullopt}, {oneDay * 14, 30, 14},
        {oneDay * 14, 14, std::nullopt}, {oneDay * 7, 14, 7}, {oneDay * 3, 7, 3},
        {oneDay * 1, 3, 1}, {second, 1, std::nullopt}, {Duration(0), 1, 0}, {-oneDay * 400, 1, 0},
        {-oneDay * 400, 0, std::nullopt},
        // After an outage only the last one counts.
        {oneDay * 2, 1000, 3}, {oneDay * 2, 30, 3}, {-second, 1000, 0},
        // Those that were jumped over are not told afterwards.
        {oneDay * 2, 3, std::nullopt}, {oneDay * 20, 7, std::nullopt}, // the clock went back
    };
    for (const auto& one : cases) {
        INFO(one.left.count(), " seconds left, told ", one.told);
        const auto record = slotRecord(slotWith("slot-a", one.left), "agent-1", one.told);
        CHECK(expiryAlertFor(record, today) == one.alert);
    }
}

TEST_CASE("over a whole life each threshold is told at its time")
{
    auto record = slotRecord(slotWith("slot-a", oneDay * 40));
    std::vector<std::pair<int, int>> told; // day, threshold
    for (int hour = 0; hour <= 50 * 24; ++hour) {
        if (const auto days = expiryAlertFor(record, today + std::chrono::hours(hour))) {
            told.emplace_back(hour / 24, *days);
            record.toldDays = *days;
        }
    }
    using Pairs = std::vector<std::pair<int, int>>;
    CHECK(told == Pairs{{10, 30}, {26, 14}, {33, 7}, {37, 3}, {39, 1}, {40, 0}});
}

TEST_CASE("the database is asked for exactly those that have something to tell")
{
    TemporaryFolder folder(memoryFolder());
    const auto database = openControllerDatabase(folder / "c.db");
    std::vector<std::string> due;
    must(database->transaction([&](sql::Session& session) -> Status {
        must(controller::agents::insert(session, agentRecord()));
        for (const int told : {1000, 30, 14, 7, 3, 1, 0}) {
            for (int hours = -30; hours <= 31 * 24; hours += 6) {
                const auto id = "slot-" + std::to_string(told) + "-" + std::to_string(hours + 100);
                const auto record =
                    slotRecord(slotWith(id, std::chrono::hours(hours)), "agent-1", told);
                must(controller::slots::put(session, record));
                if (expiryAlertFor(record, today)) due.push_back(id);
            }
        }
        return {};
    }));
    std::vector<std::string> found;
    must(database->read([&](sql::Session& session) -> Status {
        const auto records =
            must(controller::slots::notToldOf(session, controller::expiryThresholds(today)));
        for (const auto& record : records)
            found.push_back(record.slot.id.text());
        return {};
    }));
    std::sort(due.begin(), due.end());
    std::sort(found.begin(), found.end());
    CHECK(found == due);
    CHECK(due.size() > 100);
}
