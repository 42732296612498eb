#pragma once

#include "agent/desired_state.h"
#include "shared/rules/enrollment_rules.h"

namespace perennial::agent {

// What is said of a slot whose certificate has expired: how it gets its next one, or what stands in
// the way and what the host's administrator types instead.
std::string expiryText(const model::Slot& slot, const model::CertificatePolicy& policy,
    const rules::NextEnrollment& next);

// A slot that a policy rules and whose certificate has expired.
struct Expiry {
    rules::NextEnrollment next;
    std::string say; // expiryText()
};
std::optional<Expiry> expiryOf(const model::Slot& slot, const DesiredState& state,
    const std::vector<rules::CredentialFacts>& credentials, TimePoint now);

} // namespace perennial::agent
