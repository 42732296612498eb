#pragma once

#include "agent/renewal/renewal.h"

namespace perennial::agent {

// An event of this renewal: order id, policy and commit, slot and the certificate meant are filled
// in.
model::AuditEvent renewalEvent(const Renewal& renewal, const std::string& kind, PreciseTime now,
    model::Outcome outcome = model::Outcome::Success, const std::string& reason = {});
Json::Object describeCertificate(const std::string& pem); // empty when it cannot be read

} // namespace perennial::agent
