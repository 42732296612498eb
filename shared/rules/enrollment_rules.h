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
    std::vector<std::string> wanted = {}; // DNS names that the policy wants here; empty: any
    std::string refused = {};             // why these names could not be had lately; empty: nothing
};

struct NextEnrollment {
    Way way = Way::Key;
    std::vector<std::string> names; // Credential: DNS names to ask for, the first is the subject's
    // ByHand, and Key with other names than wanted: what stands in the way of the credential;
    // printable.
    std::string problem;
    bool forNames = false; // the certificate is valid, but for other names than wanted
};

// A certificate that is valid is renewed with its key, an expired one never, and where none is yet
// there is none. The names of an expired one count only where the policy wants none, and it leads
// to the service's issuerTrust, at its last moment: whoever can write the file must not choose
// them. One that is valid for other names than wanted is enrolled anew; what stands in the way of
// that lets it go on with its key.
NextEnrollment nextEnrollment(const NextInput& in);

} // namespace perennial::rules
