#include "plugins/ces_issuer/endpoint_choice.h"

#include <algorithm>

namespace perennial::plugins {

namespace xcep = enrollment::xcep;

namespace {

const xcep::Policy* findPolicy(const xcep::PolicyAnswer& answer, const EndpointQuestion& question)
{
    const auto found = std::find_if(
        answer.policies.begin(), answer.policies.end(), [&](const xcep::Policy& policy) {
            return question.templateOid.empty() ? policy.commonName == question.templateName
                                                : policy.templateOid.value == question.templateOid;
        });
    return found == answer.policies.end() ? nullptr : &*found;
}

// What would make the CA refuse anyway, said before a request is made.
std::string problemOf(const xcep::Policy& policy, const EndpointQuestion& question)
{
    const auto keyFlags = policy.privateKeyFlags.value_or(0);
    const auto name = "template " + policy.commonName;
    if ((keyFlags & xcep::flag::keyAttestationRequired) != 0)
        return name + " requires key attestation, which is not supported";
    if ((keyFlags & xcep::flag::keyArchival) != 0)
        return name + " requires key archival: private keys never leave the host";
    if (!question.renewal) return "";
    if ((keyFlags & xcep::flag::keySameForRenewal) != 0)
        return name + " requires the same key at renewal (flag 0x80): clear it in the template";
    if ((policy.enrollmentFlags.value_or(0) & xcep::flag::enrollmentKeyBasedRenewal) == 0)
        return name + " does not allow key-based renewal (flag 0x10000): set it in the template";
    return "";
}

} // namespace

EndpointChoice chooseEndpoints(const xcep::PolicyAnswer& answer, const EndpointQuestion& question)
{
    EndpointChoice choice;
    choice.policy = findPolicy(answer, question);
    if (choice.policy == nullptr) {
        choice.problem =
            "the policy service does not offer template " +
            (question.templateOid.empty() ? question.templateName : question.templateOid) +
            " to this caller: check the template's rights and whether it allows key-based renewal";
        return choice;
    }
    choice.problem = problemOf(*choice.policy, question);
    if (!choice.problem.empty()) return choice;
    std::vector<const xcep::EnrollmentUri*> uris;
    for (const auto place : choice.policy->authorities) {
        for (const auto& uri : answer.authorities[place].uris) {
            const bool fits = uri.authentication == question.authentication &&
                              (question.renewal || !uri.renewalOnly.value_or(false));
            if (fits) uris.push_back(&uri);
        }
    }
    std::stable_sort(uris.begin(), uris.end(), [](const auto* a, const auto* b) {
        return a->priority.value_or(0) < b->priority.value_or(0);
    });
    for (const auto* uri : uris)
        choice.urls.push_back(uri->uri);
    if (choice.urls.empty())
        choice.problem =
            "the policy service names no enrolment address for this kind of authentication";
    return choice;
}

} // namespace perennial::plugins
