#pragma once

#include "agent/renewal/renewal_stage.h"
#include "shared/base/json.h"
#include "shared/model/audit_event.h"
#include "shared/model/order.h"
#include "shared/model/policy.h"
#include "shared/model/slot.h"

#include <vector>

namespace perennial::agent {

// The agent's work on one order: all it needs is in here, so a later scan or policy cannot change
// it midway.
struct Renewal {
    model::Order order;
    model::Place place;
    std::vector<model::Listener> listeners;
    std::string oldChainPem; // leaf first
    model::CertificatePolicy policy;
    model::EnrollmentService service;
    RenewalStage stage = Accepted{};
    PreciseTime acceptedAt;
    std::int64_t elapsedMilliseconds =
        0;             // accepted to verified, without waiting for a pending answer's poll
    int failures = 0;  // since the last step forward
    TimePoint nextTry; // not before
    std::string lastProblem;
    // Events of the last step. They are on disk together with the stage, and go to the queue from
    // here.
    std::vector<model::AuditEvent> events;
};

Result<Json> toJson(const Renewal& renewal);
Result<Renewal> renewalFromJson(const Json& json);

} // namespace perennial::agent
