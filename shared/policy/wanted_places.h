#pragma once

#include "shared/policy/policy_documents.h"

#include <vector>

namespace perennial::policy {

// What stands for the host's name in `place.names`: what it joined as, never what it says itself.
inline constexpr const char* hostWord = "{host}";

// The names that a policy wants at its place on this host; empty where it wants none.
std::vector<std::string> wantedNames(const model::CertificatePolicy& policy, const HostFacts& host);

// The places that policies of this host want a certificate at, as slots with nothing in them, by
// path. Only those whose policy would rule them: of two for one place, the higher priority.
std::vector<model::Slot> wantedSlots(const model::PolicySet& set, const HostFacts& host);

} // namespace perennial::policy
