#pragma once

#include "agent/change_watch.h"
#include "agent/conversation.h"
#include "agent/renewal/renewal_journal.h"
#include "agent/slot_explanation.h"
#include "agent/superseded.h"

#include <functional>

namespace perennial::agent {

// What the running agent answers to the host's admin; docs/agent_programs.md lists the commands.
class HostAnswers {
public:
    struct Parts {
        const AgentConfig& config;
        const Clock& clock;
        const DesiredStateKeeper& desired;
        const SlotTable& slots;
        const ChangeWatch& changes;
        const Pauses& pauses;
        const SupersededArchive& superseded;
        const RenewalJournal& journal;
        RenewalDesk& desk;
        const EventQueue& events;
        const std::optional<AgentIdentity>& identity;
        const Conversation* conversation; // null without a controller
        std::function<RenewalDesk::Alone()> howAlone;
        std::function<void()> work;                      // at once
        std::function<void()> scan;                      // at once
        std::function<Status(const Renewal&)> preflight; // of the installer; changes nothing
    };
    explicit HostAnswers(Parts parts) : parts_(std::move(parts)) {}

    Json answer(const Json& command); // {"error": ...} where it cannot be done

private:
    Result<Json> status() const;
    void addUnrenewable(
        Json& json, const DesiredState& state, const std::vector<model::Slot>& slots) const;
    std::string pausedUntil(const model::Slot& slot) const;
    Json unmanaged(const DesiredState& state, const model::InventoryReport& inventory) const;
    Json signatures(const DesiredState& state) const;
    Result<Json> slots() const;
    Result<Json> superseded(const Json& command) const;
    Result<Json> explainSlot(const Json& command) const;
    Result<Json> renew(const Json& command);
    Result<Json> pause(const Json& command);
    Result<Json> resume(const Json& command);
    Result<Json> doctor(const Json& command) const;
    Result<Json> examinePlaces() const;

    Parts parts_;
};

} // namespace perennial::agent
