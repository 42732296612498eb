#include "plugins/ces_issuer/endpoint_choice.h"

#include "shared/x509/digest.h"

#include <algorithm>
#include <set>

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

void findKeyProblems(const xcep::Policy& policy, bool renewal, std::vector<std::string>& problems)
{
    const auto flags = policy.privateKeyFlags.value_or(0);
    if ((flags & xcep::flag::keyAttestationRequired) != 0)
        problems.push_back("it requires key attestation (privateKeyFlags 0x2000), which is not "
                           "supported: clear it in the template");
    if ((flags & xcep::flag::keyArchival) != 0)
        problems.push_back("it requires key archival (privateKeyFlags 0x1): private keys never "
                           "leave the host; clear it in the template");
    if (renewal && (flags & xcep::flag::keySameForRenewal) != 0)
        problems.push_back("it requires the same key at renewal (privateKeyFlags 0x80): clear it "
                           "in the template");
}

} // namespace

std::vector<std::string> problemsOf(const xcep::Policy& policy, bool renewal)
{
    std::vector<std::string> problems;
    findKeyProblems(policy, renewal, problems);
    const auto flags = policy.enrollmentFlags.value_or(0);
    const bool previous = (flags & xcep::flag::enrollmentPreviousApproval) != 0;
    if (renewal && (flags & xcep::flag::enrollmentKeyBasedRenewal) == 0)
        problems.push_back("it does not allow key-based renewal (enrollmentFlags 0x10000): set it "
                           "in the template");
    const bool signatures =
        policy.registrationAuthority && policy.registrationAuthority->signatures > 0;
    if (signatures && !(renewal && previous))
        problems.push_back(
            "it wants signatures of a registration authority: enrol by other means, and for "
            "renewals set \"valid existing certificate\" (enrollmentFlags 0x40) in the template");
    return problems;
}

std::optional<RightsProblem> rightsProblemOf(
    const xcep::PolicyAnswer& answer, const xcep::Policy& policy)
{
    if (!policy.mayEnroll)
        return RightsProblem{"the caller has no right to enrol (permission/enroll is false)",
            "give it the right to enrol: the CA's template administrator", FaultCause::Template};
    const bool somewhere =
        policy.authorities.empty() ||
        std::any_of(policy.authorities.begin(), policy.authorities.end(),
            [&](std::size_t place) { return answer.authorities[place].enrollPermission; });
    if (somewhere) return std::nullopt;
    return RightsProblem{
        "the caller may ask none of the template's CAs (enrollPermission is false)",
        "give it the right to request certificates: the CA's administrator", FaultCause::Identity};
}

EndpointChoice chooseEndpoints(const xcep::PolicyAnswer& answer, const EndpointQuestion& question)
{
    EndpointChoice choice;
    choice.policy = findPolicy(answer, question);
    choice.cause = FaultCause::Template;
    if (choice.policy == nullptr) {
        choice.problem =
            "the policy service does not offer template " +
            (question.templateOid.empty() ? question.templateName : question.templateOid) +
            " to this caller: check the template's rights and whether it allows key-based renewal";
        return choice;
    }
    if (const auto problems = problemsOf(*choice.policy, question.renewal); !problems.empty()) {
        choice.problem = "template " + choice.policy->commonName + ": " + problems.front();
        return choice;
    }
    const auto rights = question.renewal ? std::nullopt : rightsProblemOf(answer, *choice.policy);
    if (rights) {
        choice.problem =
            "template " + choice.policy->commonName + ": " + rights->seen + ": " + rights->mend;
        choice.cause = rights->cause;
        return choice;
    }
    for (const auto place : choice.policy->authorities) {
        if (!question.renewal && !answer.authorities[place].enrollPermission) continue;
        for (const auto& uri : answer.authorities[place].uris) {
            const bool fits = uri.authentication == question.authentication &&
                              (question.renewal || !uri.renewalOnly.value_or(false));
            if (fits) choice.urls.push_back({uri.uri, uri.priority.value_or(0)});
        }
    }
    if (choice.urls.empty()) {
        choice.problem =
            "the policy service names no enrolment address for this kind of authentication";
        choice.cause = FaultCause::Configuration;
    }
    return choice;
}

std::vector<std::string> ranked(std::vector<RankedUrl> urls, const std::string& host)
{
    const auto place = [&](const RankedUrl& url) {
        return std::make_pair(url.priority, x509::sha256Hex(host + "\n" + url.url));
    };
    std::stable_sort(urls.begin(), urls.end(),
        [&](const auto& a, const auto& b) { return place(a) < place(b); });
    std::vector<std::string> order;
    std::set<std::string> seen;
    for (const auto& url : urls) {
        if (seen.insert(url.url).second) order.push_back(url.url);
    }
    return order;
}

} // namespace perennial::plugins
