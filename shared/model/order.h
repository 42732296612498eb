#pragma once

#include "shared/base/clock.h"
#include "shared/model/identifiers.h"

#include <optional>
#include <string>
#include <string_view>

namespace perennial::model {

// Who started a renewal. One renewal per slot at a time, whatever its origin.
enum class Origin { Controller, AgentAlone, HostAdmin, Emergency };
std::string nameOf(Origin origin); // "controller", "agent-alone", "host-admin", "emergency"
std::optional<Origin> originOf(std::string_view name);

// The decision that one certificate on one agent is renewed.
struct Order {
    OrderId id;
    AgentId agent; // empty when made on a host that has not joined
    SlotId slot;
    std::int64_t generation = 0; // of the slot: how many renewals of it were completed before
    Fingerprint replaces;        // the certificate to replace; another one there: "already done"
    std::string policy;          // name
    std::string policyCommit;
    std::string reason; // for people and the audit log: "the renewal window has opened"
    Origin origin = Origin::Controller;
    TimePoint orderedAt;
    friend bool operator==(const Order&, const Order&) = default;
};

} // namespace perennial::model
