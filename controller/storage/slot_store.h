#pragma once

#include "shared/model/slot.h"
#include "shared/sql/database.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace perennial::controller {

// A slot of an agent, as its last report had it.
struct SlotRecord {
    model::AgentId agent;
    model::Slot slot;
    int toldDays = 1000; // the smallest threshold of certificate.expiring told for this certificate
    std::string formerPolicy = {}; // that ruled it, as its host said when none did any more
};

// Every call works inside the caller's transaction.
namespace slots {

// InvalidInput for a slot that could not be read again.
Status put(sql::Session& session, const SlotRecord& record);
Status remove(sql::Session& session, const model::AgentId& agent, const model::SlotId& slot);
Status setToldDays(
    sql::Session& session, const model::AgentId& agent, const model::SlotId& slot, int days);
// Nothing happens to a slot that is not there; `put` leaves it as it is.
Status setFormerPolicy(sql::Session& session, const model::AgentId& agent,
    const model::SlotId& slot, const std::string& policy);
Result<std::optional<SlotRecord>> find(
    sql::Session& session, const model::AgentId& agent, const model::SlotId& slot);
Result<std::vector<SlotRecord>> ofAgent(sql::Session& session, const model::AgentId& agent);
Result<std::vector<SlotRecord>> all(sql::Session& session); // by expiry
// A part of all of them, in the same order.
struct Position {
    std::int64_t notAfter = INT64_MIN; // seconds since 1970
    std::string agent;
    std::string slot;
};
Position positionOf(const SlotRecord& record);
struct Range {
    Position after;
    std::optional<TimePoint> until; // expiring then or before
    std::string agent;              // empty: any
    std::int64_t limit = 1000;
};
Result<std::vector<SlotRecord>> inRange(sql::Session& session, const Range& range);
// Those that end at `by` or before and were not yet told of as having `days` left, or fewer.
struct Threshold {
    TimePoint by;
    int days;
};
Result<std::vector<SlotRecord>> notToldOf(
    sql::Session& session, const std::vector<Threshold>& thresholds);
// Of agents that joined as this host before and were revoked.
Status removeOfRevoked(sql::Session& session, const std::string& host);

} // namespace slots

} // namespace perennial::controller
