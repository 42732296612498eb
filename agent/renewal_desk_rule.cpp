// Which slots policies rule, and what is said when that changes.

#include "agent/renewal_desk.h"

namespace perennial::agent {

std::string leftAloneText(const model::Slot& slot, const SlotTable::Rule& rule)
{
    return "policy " + toPrintable(rule.policy, 128) + " ruled it until " +
           toRfc3339(rule.unruledSince) +
           " and none does now: it is left as it is, and nobody renews it; its certificate ends "
           "at " +
           toRfc3339(slot.certificate.notAfter);
}

// Told before it is remembered: after a crash rather twice than never.
Status RenewalDesk::followRule()
{
    const auto state = parts_.desired.current();
    const auto inventory = parts_.slots.inventory();
    if (state == ruledBy_ && inventory == ruled_) return {};
    if (!state->held || inventory->scannedAt == TimePoint()) return {};
    std::map<model::SlotId, SlotTable::Rule> changed;
    std::vector<model::AuditEvent> events;
    for (const auto& slot : inventory->slots) {
        const auto* policy = state->policyFor(slot);
        const auto before = parts_.slots.ruleOf(slot.id);
        if (policy == nullptr ? !before.isRuled()
                              : before.policy == policy->name && before.isRuled())
            continue;
        auto& after = changed[slot.id];
        after = policy == nullptr ? SlotTable::Rule{before.policy, parts_.clock.now()}
                                  : SlotTable::Rule{policy->name, {}};
        if (policy == nullptr) {
            auto event = slotEvent("slot.unmanaged", slot, leftAloneText(slot, after));
            event.outcome = model::Outcome::Unknown;
            event.details = {{"former_policy", before.policy},
                {"not_after", toRfc3339(slot.certificate.notAfter)}};
            events.push_back(std::move(event));
        } else if (before.isLeftAlone()) {
            auto event = slotEvent("slot.managed", slot,
                "policy " + policy->name + " rules it, after none did since " +
                    toRfc3339(before.unruledSince));
            event.details = {
                {"former_policy", before.policy}, {"since", toRfc3339(before.unruledSince)}};
            events.push_back(std::move(event));
        }
    }
    if (!events.empty()) {
        if (auto told = parts_.publish(events); !told) return told;
    }
    if (!changed.empty()) {
        if (auto kept = parts_.slots.ruled(changed); !kept) return kept;
    }
    ruledBy_ = state;
    ruled_ = inventory;
    return {};
}

} // namespace perennial::agent
