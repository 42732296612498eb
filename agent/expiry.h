#pragma once

#include "agent/desired_state.h"
#include "agent/slot_table.h"
#include "shared/rules/enrollment_rules.h"

namespace perennial::agent {

// What is said of a slot that no key renews, because its certificate has expired, is not there yet
// or is for other names than wanted: how it gets its next one, or what stands in the way and what
// the host's administrator types instead.
std::string expiryText(const model::Slot& slot, const model::CertificatePolicy& policy,
    const rules::NextEnrollment& next);

// The names that a policy wants and its host could not have lately, to be tried again later.
std::string refusedNames(const model::Slot& slot, const model::CertificatePolicy& policy,
    const SlotTable::Fortune& fortune, const std::vector<std::string>& wanted, TimePoint now);
std::string joined(const std::vector<std::string>& names); // a blank between

// How the next certificate of a slot is asked for, all known of it.
rules::NextEnrollment nextOf(const model::Slot& slot, const DesiredState& state,
    const model::CertificatePolicy& policy, const SlotTable::Fortune& fortune,
    const std::vector<rules::CredentialFacts>& credentials, TimePoint now);

// A slot that a policy rules and that no key renews.
struct Expiry {
    rules::NextEnrollment next;
    std::string say;  // expiryText()
    std::string word; // "expired", "empty", "names"
};
std::optional<Expiry> expiryOf(const model::Slot& slot, const DesiredState& state,
    const SlotTable::Fortune& fortune, const std::vector<rules::CredentialFacts>& credentials,
    TimePoint now);

// The places at which policies want a certificate and the last scan found none.
std::vector<model::Slot> emptySlots(
    const DesiredState& state, const model::InventoryReport& inventory);

} // namespace perennial::agent
