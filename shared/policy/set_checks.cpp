#include "shared/policy/set_checks.h"

#include "shared/policy/policy_matching.h"
#include "shared/x509/certificate.h"

#include <algorithm>
#include <map>

namespace perennial::policy {

namespace {

template <class Noun>
void findRepeatedNames(const std::vector<Placed<Noun>>& placed, const std::string& kind,
    std::vector<Problem>& problems)
{
    std::map<std::string, const Placed<Noun>*> seen;
    for (const auto& one : placed) {
        if (one.noun.name.empty()) continue;
        const auto [first, isNew] = seen.emplace(one.noun.name, &one);
        if (isNew) continue;
        problems.push_back({one.file, one.line,
            "name: the " + kind + " " + one.noun.name + " is in " + first->second->file + ":" +
                std::to_string(first->second->line) + " already"});
    }
}

const model::EnrollmentService* findService(const SetContent& content, const std::string& name)
{
    for (const auto& service : content.services) {
        if (service.noun.name == name) return &service.noun;
    }
    return nullptr;
}

void findBrokenReferences(const SetContent& content, std::vector<Problem>& problems)
{
    for (const auto& [policy, file, line] : content.policies) {
        if (policy.enrollmentService.empty()) continue;
        const auto* service = findService(content, policy.enrollmentService);
        if (service == nullptr) {
            problems.push_back({file, line,
                "enrollment_service: no document of kind enrollment-service is called " +
                    policy.enrollmentService});
        } else if (service->issuer == "ces" && !policy.extendedKeyUsages.empty() &&
                   std::find(policy.extendedKeyUsages.begin(), policy.extendedKeyUsages.end(),
                       x509::oid::clientAuthentication) == policy.extendedKeyUsages.end()) {
            problems.push_back({file, line,
                "extended_key_usages: clientAuth is missing; a renewal by key presents the old "
                "certificate as TLS client, so this renewal would be the last"});
        }
    }
}

// Pairs are compared: a set of nonsense must not cost hours.
constexpr std::size_t nounLimit = 2000;
constexpr std::size_t problemLimit = 200;

// With equal priorities the choice would be an accident.
void findUndecided(const SetContent& content, std::vector<Problem>& problems)
{
    const auto& policies = content.policies;
    for (std::size_t later = 0; later < policies.size(); ++later) {
        for (std::size_t earlier = 0; earlier < later; ++earlier) {
            const auto& one = policies[earlier].noun;
            const auto& other = policies[later].noun;
            if (one.name == other.name || one.priority != other.priority) continue;
            if (!canMatchTheSame(one, other)) continue;
            if (problems.size() >= problemLimit) return;
            problems.push_back({policies[later].file, policies[later].line,
                "priority: " + std::to_string(other.priority) + " is also that of " + one.name +
                    " (" + policies[earlier].file + ":" + std::to_string(policies[earlier].line) +
                    "), and both can match the same certificate; give one a higher priority"});
        }
    }
}

void findUndecidedAnchors(const SetContent& content, std::vector<Problem>& problems)
{
    std::map<std::pair<std::string, int>, const Placed<model::TrustAnchors>*> seen;
    for (const auto& one : content.anchors) {
        const auto [first, isNew] =
            seen.emplace(std::pair(one.noun.store, one.noun.priority), &one);
        if (isNew || one.noun.store.empty()) continue;
        problems.push_back({one.file, one.line,
            "priority: " + std::to_string(one.noun.priority) + " is also that of " +
                first->second->noun.name + " (" + first->second->file + ":" +
                std::to_string(first->second->line) + ") for the trust store " + one.noun.store +
                "; give one a higher priority"});
    }
}

} // namespace

std::vector<Problem> findProblemsInSet(const SetContent& content)
{
    std::vector<Problem> problems;
    if (content.policies.size() + content.services.size() + content.anchors.size() > nounLimit) {
        problems.push_back({"(all)", 0,
            "there are more than " + std::to_string(nounLimit) + " policies and services"});
        return problems;
    }
    findRepeatedNames(content.policies, "certificate-policy", problems);
    findRepeatedNames(content.services, "enrollment-service", problems);
    findBrokenReferences(content, problems);
    findUndecided(content, problems);
    findRepeatedNames(content.anchors, "trust-anchors", problems);
    findUndecidedAnchors(content, problems);
    return problems;
}

} // namespace perennial::policy
