#pragma once

#include "controller/storage/agent_store.h"
#include "shared/model/policy.h"

#include <vector>

namespace perennial::controller {

// The places at which policies want a certificate and whose agents have reported none. An agent
// that is revoked wants nothing.
struct EmptyPlaces {
    std::int64_t total = 0;
    std::int64_t pending = 0; // the CA waits for an approval
    std::int64_t failing = 0; // the last attempt that ended did so without one
};
Result<EmptyPlaces> countEmptyPlaces(
    sql::Session& session, const model::PolicySet& set, const std::vector<AgentRecord>& agents);

} // namespace perennial::controller
