#pragma once

#include "agent/desired_state.h"
#include "agent/pauses.h"
#include "agent/renewal/renewal_runner.h"
#include "agent/slot_table.h"
#include "shared/rules/enrollment_rules.h"

#include <mutex>
#include <set>

namespace perennial::agent {

// Where renewals begin, whoever wants them, and go on: one per slot at a time.
class RenewalDesk {
public:
    struct Parts {
        RenewalJournal& journal;
        RenewalRunner& runner;
        DesiredStateKeeper& desired;
        SlotTable& slots;
        Pauses& pauses;
        const Clock& clock;
        std::function<Status(const std::vector<model::AuditEvent>&)> publish;
        std::vector<rules::CredentialFacts> credentials = {}; // of this host
    };
    explicit RenewalDesk(Parts parts) : parts_(std::move(parts)) {}

    // The renewals under way when the agent stopped. Corrupt when the journal cannot be read.
    Status load();

    // A controller's order. Known ones, and ones that must wait for an open renewal, change
    // nothing. `heardAll`: the controller has every event of ours. If it still asks for what has
    // ended, it was restored from a backup: it is told again, once an hour.
    Status take(const model::Order& order, bool heardAll = false);
    // What is due although nobody ordered it.
    enum class Alone {
        Planned,  // no controller is configured: at the planned moment
        Silence,  // the controller does not answer: once past the policy's autonomous point
        Patience, // it answers but places no order: past that point, after a while to order in
        Doubt,    // it answers with another time than ours: in the last tenth of a life, no sooner
        Quarantine, // it hears two of us: never
    };
    Status goAlone(Alone alone, Duration patience);
    // Tells once of each slot that no policy rules any more, and of one that a policy takes again.
    Status followRule();
    // The host admin's wish. Conflict when one is open, or the slot is paused.
    Result<model::OrderId> renewNow(const model::SlotId& slot);
    // No renewal of the slot begins, and one that has placed nothing yet waits, for so long;
    // agent/pauses.h says when a pause gives way. Told to the controller.
    Status pause(const model::SlotId& slot, Duration time, const std::string& reason);
    // Ends a pause, and accepts the changed template that a renewal waits for. NotFound when
    // neither is there.
    Status resume(const model::SlotId& slot);

    // Takes every open renewal as far as it can go now. True when one of them came to its end.
    // `problem`: what the disk refused, of the last one that met it; all of them were tried.
    struct Advance {
        bool ended = false;
        Status problem;
    };
    Advance advance(bool quarantined = false); // then only what has touched files

    std::vector<Renewal> open() const;
    // Of the last scan, or a place at which a policy wants a certificate and nothing is.
    std::optional<model::Slot> slotOf(const model::SlotId& id) const;

private:
    Result<bool> begin(const model::Order& order, const model::Slot& slot,
        const DesiredState& state, const model::CertificatePolicy& policy);
    Status refuse(const model::Order& order, const std::string& kind, const std::string& reason);
    Status tellAgain(const Renewal& ended);
    bool isOpen(const model::SlotId& slot) const;
    bool isPaused(const model::Slot& slot) const;
    bool isBeside(const Renewal& renewal) const;
    bool waits(const Renewal& renewal, bool quarantined) const;
    rules::NextEnrollment nextOf(const model::Slot& slot, const DesiredState& state,
        const model::CertificatePolicy& policy) const;
    Status tellOfExpiry(
        const model::Slot& slot, const DesiredState& state, const model::CertificatePolicy& policy);
    model::AuditEvent slotEvent(
        const std::string& kind, const model::Slot& slot, const std::string& reason) const;
    Status tellOfPause(const std::string& kind, const model::Slot& slot, const Pause& pause);
    bool mayTryAlone(const model::Slot& slot, TimePoint now) const;
    Status beginAlone(
        const model::Slot& slot, const DesiredState& state, Alone alone, Duration patience);
    std::optional<Renewal> givenUp(const Renewal& renewal) const;
    TimePoint momentAlone(const model::Slot& slot, const model::CertificatePolicy& policy,
        Alone alone, Duration patience);
    Result<bool> acceptTemplate(const model::SlotId& slot);
    Renewal takeUp(const model::OrderId& id);
    Renewal advanceOne(Renewal renewal);
    Status settle(const Renewal& finished);

    Parts parts_;
    std::mutex beginning_; // no two threads begin a renewal at once: both might choose one slot
    mutable std::mutex mutex_;
    std::map<model::OrderId, Renewal> open_;                       // until they are settled
    std::optional<model::OrderId> working_;                        // nobody else changes it
    std::map<model::OrderId, std::chrono::milliseconds> answered_; // refused when, monotonic
    std::map<model::SlotId, TimePoint>
        firstSeen_; // by this process: a new slot may get its order yet
    std::map<model::SlotId, std::string> lookedAtExpiry_; // certificate and commit
    std::shared_ptr<const DesiredState> ruledBy_;         // what followRule() saw last
    std::shared_ptr<const model::InventoryReport> ruled_;
};

// What is said of a slot that a policy ruled and none does now.
std::string leftAloneText(const model::Slot& slot, const SlotTable::Rule& rule);

} // namespace perennial::agent
