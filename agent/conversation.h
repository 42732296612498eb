#pragma once

#include "agent/controller_client.h"
#include "agent/desired_state.h"
#include "agent/event_queue.h"
#include "agent/renewal_desk.h"
#include "shared/base/log.h"

#include <atomic>
#include <map>

namespace perennial::agent {

// One agent's talk with its controller: events out, documents and orders in. Everything in it may
// fail and is tried again at the next turn; nothing here is needed for a renewal to go on. One
// thread talks; any may ask how it went. Waiting is by the monotonic clock: a clock that was set
// must not silence the agent.
class Conversation {
public:
    struct Parts {
        const AgentConfig& config;
        FileSystem& files;
        const Clock& clock;
        DesiredStateKeeper& desired;
        SlotTable& slots;
        EventQueue& events;
        RenewalDesk& desk;
        const Log& log;
    };
    Conversation(Parts parts, AgentIdentity identity);

    // Whether the controller wants to hear from us again.
    bool isDue() const { return parts_.clock.monotonic() >= nextCheckin_.load(); }
    TimePoint lastAnswer() const { return lastAnswer_.load(); }
    std::chrono::milliseconds silentFor() const { return parts_.clock.monotonic() - heard_.load(); }
    // The controller's time is another than ours, or ours has jumped since the last turn.
    bool clockIsInDoubt() const;
    TimePoint identityEnds() const { return identityEnds_.load(); }

    // Two copies of this agent were heard: nothing begins, until an operator ends it.
    bool isQuarantined() const { return quarantined_.load(); }

    // True when an order was taken.
    bool takeTurn();
    // Only what is in the queue; cheap when it is empty or the controller is known not to answer.
    void sendEvents();

private:
    Result<bool> checkIn();
    bool takeOrders(const std::vector<model::Order>& orders);
    void tellRefused(const std::string& what);
    void learnTime(TimePoint controllerTime);
    void learnQuarantine(bool quarantined);
    void fetchDocumentsIfDue(const protocol::CheckinAnswer& answer, const DesiredState& held);
    Status fetchDocuments(const DesiredState& held);
    void sendInventoryIfChanged(bool wanted);
    Status sendInventory(const model::InventoryReport& inventory, bool whole);
    void tellExpiredPolicy();
    void tellExpiredIdentity();
    std::string quarantineFile() const { return parts_.config.state + "/quarantined"; }
    std::string expiryFile() const { return parts_.config.state + "/policy.expired"; }
    void renewIdentityIfDue();
    Status report(model::AuditEvent event);
    model::AuditEvent newEvent(const std::string& kind, model::Outcome outcome) const;

    Parts parts_;
    AgentIdentity identity_;
    std::unique_ptr<ControllerClient> client_;
    std::atomic<TimePoint> identityEnds_;
    std::atomic<TimePoint> lastAnswer_;
    std::atomic<std::chrono::milliseconds> heard_; // monotonic, as all that follow
    std::atomic<std::chrono::milliseconds> nextCheckin_{};
    std::atomic<std::chrono::milliseconds> offset_; // wall clock less monotonic, last turn
    std::atomic<bool> timesDiffer_{false};
    std::atomic<bool> quarantined_; // on disk too
    std::string instance_;          // of this process
    std::chrono::milliseconds nextEvents_{};
    std::chrono::milliseconds refetch_{}; // before then the held manifest is fresh
    std::chrono::milliseconds refusedUntil_{};
    std::string refusedCommit_;
    std::map<std::string, std::chrono::milliseconds> refusals_; // what, and when
    protocol::SentInventory inventory_; // that the controller holds, as far as is known here
    std::string expiryTold_;            // of which manifest; on disk too
    TimePoint identityEndTold_;
    std::string lastProblem_;
    int failures_ = 0;
    int eventFailures_ = 0;
};

} // namespace perennial::agent
