#pragma once

#include "shared/enrollment/xcep/policy_answer.h"
#include "shared/plugin_api/fault_cause.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace perennial::plugins {

struct EndpointQuestion {
    std::string templateOid;  // of the certificate to renew; or
    std::string templateName; // of a first enrolment, or of a schema 1 certificate
    enrollment::xcep::ClientAuthentication authentication; // the one we have credentials for
    bool renewal;
};

struct RankedUrl {
    std::string url;
    std::uint32_t priority = 0; // lower is tried first
    friend bool operator==(const RankedUrl&, const RankedUrl&) = default;
};

struct EndpointChoice {
    const enrollment::xcep::Policy* policy = nullptr; // nullptr: not offered to us
    std::vector<RankedUrl> urls;                      // CES, as they came
    std::string problem;                          // why there is nothing to try, and who mends it
    FaultCause cause = FaultCause::Configuration; // of the problem
};

// Which CES addresses may be used: those of an authority that issues the template, with our kind of
// authentication, renewal-only ones only for renewals. Rights to enrol are asked of first
// enrolments alone: a renewal by key does not need them (MS-WCCE 3.2.2.6.2.1.4.8).
EndpointChoice chooseEndpoints(
    const enrollment::xcep::PolicyAnswer& answer, const EndpointQuestion& question);

// What of the caller's own rights stands against a first enrolment, as the policy service told them
// (MS-XCEP: permission of a template, enrollPermission of a CA).
struct RightsProblem {
    std::string seen;
    std::string mend; // and who
    FaultCause cause;
};
std::optional<RightsProblem> rightsProblemOf(
    const enrollment::xcep::PolicyAnswer& answer, const enrollment::xcep::Policy& policy);

// The order to try them in: lower priority first; equal ones spread over hosts by the host's name,
// the same on this host each time. Each address once.
std::vector<std::string> ranked(std::vector<RankedUrl> urls, const std::string& host);

// What in a template stands against its use; one line each, with who mends it. docs/ad-cs.md.
std::vector<std::string> problemsOf(const enrollment::xcep::Policy& policy, bool renewal);

} // namespace perennial::plugins
