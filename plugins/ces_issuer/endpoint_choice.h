#pragma once

#include "shared/enrollment/xcep/policy_answer.h"

#include <string>
#include <vector>

namespace perennial::plugins {

struct EndpointQuestion {
    std::string templateOid;  // of the certificate to renew; or
    std::string templateName; // of a first enrolment
    enrollment::xcep::ClientAuthentication authentication;
    bool renewal;
};

struct EndpointChoice {
    const enrollment::xcep::Policy* policy = nullptr; // nullptr: not offered to us
    std::vector<std::string> urls;                    // CES, in the order to try
    std::string problem; // why there is nothing to try, and who mends it
};

// Which CES addresses may be used: those of an authority that issues the template, with our kind of
// authentication, renewal-only ones only for renewals; lower priority first.
EndpointChoice chooseEndpoints(
    const enrollment::xcep::PolicyAnswer& answer, const EndpointQuestion& question);

} // namespace perennial::plugins
