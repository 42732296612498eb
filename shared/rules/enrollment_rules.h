#pragma once

#include "shared/model/policy.h"
#include "shared/model/slot.h"

#include <string>
#include <vector>

namespace perennial::rules {

// How the next certificate of a slot is asked for: with its key; by a credential of the host's own;
// by a person.
enum class Way { Key, Credential, ByHand };
std::string nameOf(Way way); // "key", "credential", "by-hand"

// What a host's administrator allows a credential, in agent.yaml.
struct CredentialFacts {
    std::string name;
    std::vector<std::string> templates; // names
};

struct NextInput {
    const model::Slot& slot;
    const model::CertificatePolicy& policy;  // that rules it
    const model::EnrollmentService& service; // that the policy names
    const std::vector<CredentialFacts>& credentials;
    TimePoint now;
};

struct NextEnrollment {
    Way way = Way::Key;
    std::vector<std::string> names; // Credential: DNS names to ask for, the first is the subject's
    std::string problem;            // ByHand: what stands in the way of the credential; printable
};

// A certificate that is valid is renewed with its key, an expired one never. The names of an
// expired one count only where it leads to the service's issuerTrust, at its last moment: whoever
// can write the file must not choose them.
NextEnrollment nextEnrollment(const NextInput& in);

} // namespace perennial::rules
