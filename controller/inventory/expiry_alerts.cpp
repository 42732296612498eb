#include "controller/inventory/expiry_alerts.h"

#include <array>

namespace perennial::controller {

namespace {

constexpr std::array thresholds = {0, 1, 3, 7, 14, 30}; // days, the most urgent first

} // namespace

std::optional<int> expiryAlertFor(const SlotRecord& record, TimePoint now)
{
    const auto left = record.slot.certificate.notAfter - now;
    for (const int days : thresholds) {
        if (left > std::chrono::hours(24) * days) continue;
        if (days >= record.toldDays)
            return std::nullopt; // this one, or a more urgent one, was told
        return days;
    }
    return std::nullopt;
}

std::vector<slots::Threshold> expiryThresholds(TimePoint now)
{
    std::vector<slots::Threshold> reached;
    for (const int days : thresholds)
        reached.push_back({now + std::chrono::hours(24) * days, days});
    return reached;
}

} // namespace perennial::controller
