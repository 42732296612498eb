#pragma once

#include "agent/renewal/renewal_stage.h"
#include "shared/base/json.h"
#include "shared/model/audit_event.h"
#include "shared/model/order.h"
#include "shared/model/policy.h"
#include "shared/model/slot.h"

#include <optional>
#include <vector>

namespace perennial::agent {

// The certificate is asked for anew, by a credential of the host's own: the old one's key has no
// part in it.
struct Enrollment {
    std::string credential; // of agent.yaml
    std::string templateName;
    std::vector<std::string> names; // DNS; the first is the subject's
    std::string keyType;
    bool forNames = false; // the old certificate is valid, for other names than the policy wants
};

// The agent's work on one order: all it needs is in here, so a later scan or policy cannot change
// it midway. Only `service` follows the policies, and only after a failure: a mended address must
// reach a renewal that waits for it; and, until something is placed, whether a changed template
// pauses it.
struct Renewal {
    model::Order order;
    model::Place place;
    std::vector<model::Listener> listeners; // with what each served when the renewal began
    // Of the same service, with other certificates: what each showed just before the new one was
    // placed (until then: at the last scan). They must show it afterwards too.
    std::vector<model::Listener> neighbours = {};
    bool serviceWasDown = false; // nobody listened just before: nobody starts it for a certificate
    std::string oldChainPem;     // leaf first
    model::CertificatePolicy policy;
    model::EnrollmentService service;
    std::optional<Enrollment> enrollment = {}; // unset: by the old certificate's key
    RenewalStage stage = Accepted{};
    PreciseTime acceptedAt;
    std::int64_t elapsedMilliseconds = 0; // accepted to verified
    int failures = 0;                     // since the last step forward
    TimePoint nextTry;                    // not before
    std::string lastProblem;
    // Events of the last step. They are on disk together with the stage, and go to the queue from
    // here.
    std::vector<model::AuditEvent> events;
    // It has ended, and the installer keeps nothing for it any more: nothing is left to do.
    bool settled = false;
    bool isDoneWith() const { return settled && events.empty(); }
    bool isFirst() const { return order.replaces.empty(); } // nothing is at the place
    bool isForNames() const { return enrollment && enrollment->forNames; }

    // Not in the journal: the disk does not have the last step yet, and is asked again later. The
    // step itself is not done again: the CA would be asked again.
    struct Unsaved {
        std::string why;
        TimePoint tryAgain;
    };
    std::optional<Unsaved> unsaved = {};
};

std::string problemOf(const Renewal& renewal); // why it does not go on; empty: it does

Result<Json> toJson(const Renewal& renewal);
Result<Renewal> renewalFromJson(const Json& json);

} // namespace perennial::agent
