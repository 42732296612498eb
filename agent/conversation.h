#pragma once

#include "agent/controller_client.h"
#include "agent/desired_state.h"
#include "agent/event_queue.h"
#include "agent/renewal_desk.h"
#include "shared/base/log.h"

#include <atomic>

namespace perennial::agent {

// One agent's talk with its controller: events out, documents and orders in. Everything in it may
// fail and is tried again at the next turn; nothing here is needed for a renewal to go on.
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

    // When the controller wants to hear from us again.
    TimePoint nextCheckin() const { return nextCheckin_.load(); }
    TimePoint lastAnswer() const { return lastAnswer_.load(); }
    // True when an order was taken.
    bool takeTurn();
    // Only what is in the queue; cheap when it is empty.
    void sendEvents();

private:
    Result<bool> checkIn();
    Status fetchDocuments();
    Status sendInventoryIfChanged(bool wanted);
    void renewIdentityIfDue();
    void reportPolicy(const std::string& kind, model::Outcome outcome, const std::string& reason);

    Parts parts_;
    AgentIdentity identity_;
    std::unique_ptr<ControllerClient> client_;
    std::atomic<TimePoint> nextCheckin_{TimePoint()};
    std::atomic<TimePoint> lastAnswer_;
    std::string inventorySent_; // digest
    std::string refusedCommit_;
    std::string lastProblem_;
    int failures_ = 0;
};

} // namespace perennial::agent
