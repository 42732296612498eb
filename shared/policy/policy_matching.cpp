#include "shared/policy/policy_matching.h"

#include "shared/base/encoding.h"
#include "shared/policy/endpoint_url.h"

#include <algorithm>
#include <array>

namespace perennial::policy {

namespace {

bool contains(const std::vector<std::string>& list, const std::string& text)
{
    return std::find(list.begin(), list.end(), text) != list.end();
}

std::string listed(const std::vector<std::string>& list)
{
    std::string text;
    for (const auto& element : list)
        text += (text.empty() ? "" : ", ") + toPrintable(element, 200);
    return text;
}

// Each says why the policy does not match; nothing when it does.
using Why = std::optional<std::string>;

Why otherLabels(const model::CertificatePolicy& policy, const HostFacts& host, const model::Slot&)
{
    for (const auto& [name, value] : policy.agentLabels) {
        const auto found = host.labels.find(name);
        if (found != host.labels.end() && found->second == value) continue;
        std::string why = "label " + name;
        why +=
            found == host.labels.end() ? " is not there" : " is " + toPrintable(found->second, 200);
        why += ", wanted is " + value;
        return why;
    }
    return std::nullopt;
}

Why otherPlace(const model::CertificatePolicy& policy, const HostFacts&, const model::Slot& slot)
{
    if (!policy.place || (policy.place->certificatePath == slot.place.certificatePath &&
                             policy.place->keyPath == slot.place.keyPath))
        return std::nullopt;
    return "it is for the place " + toPrintable(policy.place->certificatePath, 200);
}

Why otherIssuer(const model::CertificatePolicy& policy, const HostFacts&, const model::Slot& slot)
{
    if (policy.issuers.empty() || contains(policy.issuers, slot.certificate.issuer))
        return std::nullopt;
    return "issued by " + toPrintable(slot.certificate.issuer, 200) + ", wanted is " +
           listed(policy.issuers);
}

Why otherNames(const model::CertificatePolicy& policy, const HostFacts&, const model::Slot& slot)
{
    if (policy.names.empty()) return std::nullopt;
    for (const auto& name : namesToMatch(slot.certificate)) {
        const bool matches = std::any_of(policy.names.begin(), policy.names.end(),
            [&](const std::string& pattern) { return nameMatches(pattern, name); });
        if (!matches)
            return "the name " + toPrintable(name, 200) + " matches none of " +
                   listed(policy.names);
    }
    return std::nullopt;
}

Why otherService(const model::CertificatePolicy& policy, const HostFacts&, const model::Slot& slot)
{
    if (policy.services.empty() || contains(policy.services, slot.service)) return std::nullopt;
    const std::string service =
        slot.service.empty() ? "no service uses it" : "used by " + toPrintable(slot.service, 200);
    return service + ", wanted is " + listed(policy.services);
}

constexpr std::array<Why (*)(const model::CertificatePolicy&, const HostFacts&, const model::Slot&),
    5>
    conditions = {otherLabels, otherPlace, otherIssuer, otherNames, otherService};

Why whyNot(const model::CertificatePolicy& policy, const HostFacts& host, const model::Slot& slot)
{
    for (const auto condition : conditions) {
        if (auto why = condition(policy, host, slot)) return why;
    }
    return std::nullopt;
}

bool haveCommon(const std::vector<std::string>& a, const std::vector<std::string>& b)
{
    if (a.empty() || b.empty()) return true; // empty is any
    return std::any_of(
        a.begin(), a.end(), [&](const std::string& element) { return contains(b, element); });
}

bool namesOverlap(const std::vector<std::string>& a, const std::vector<std::string>& b)
{
    if (a.empty() || b.empty()) return true;
    for (const auto& one : a) {
        for (const auto& other : b) {
            // A pattern is itself a name that a certificate can have: "*.example.test".
            if (nameMatches(one, other) || nameMatches(other, one)) return true;
        }
    }
    return false;
}

} // namespace

Status checkNamePattern(const std::string& pattern)
{
    const auto refusal = [](const std::string& what) {
        return Error{ErrorKind::InvalidInput, what};
    };
    if (isIpAddress(pattern)) return {};
    std::string_view name = pattern;
    if (name.starts_with("*.")) {
        name.remove_prefix(2);
        if (name.find('.') == std::string_view::npos)
            return refusal("is too wide: a '*.' needs two labels after it");
    }
    if (name.find('*') != std::string_view::npos)
        return refusal("may have one '*', alone in the first label");
    const auto last = name.substr(name.rfind('.') + 1);
    if (!isHostName(name) || last.find_first_not_of("0123456789") == std::string_view::npos)
        return refusal("is no DNS name (other than ASCII is written xn--...) and no address");
    return {};
}

std::vector<std::string> namesToMatch(const model::CertificateFacts& certificate)
{
    if (certificate.names.empty()) return {certificate.displayName};
    std::vector<std::string> names;
    for (const auto& name : certificate.names) {
        // Others keep their type in front and so match no pattern.
        if (name.starts_with("dns:")) {
            names.push_back(name.substr(4));
        } else if (name.starts_with("ip:")) {
            names.push_back(name.substr(3));
        } else {
            names.push_back(name);
        }
    }
    return names;
}

bool canMatchTheSame(const model::CertificatePolicy& a, const model::CertificatePolicy& b)
{
    for (const auto& [name, value] : a.agentLabels) {
        const auto found = b.agentLabels.find(name);
        if (found != b.agentLabels.end() && found->second != value) return false;
    }
    const auto placeOf = [](const model::CertificatePolicy& policy) {
        return std::pair(policy.place->certificatePath, policy.place->keyPath);
    };
    if (a.place && b.place && placeOf(a) != placeOf(b)) return false;
    return haveCommon(a.issuers, b.issuers) && haveCommon(a.services, b.services) &&
           namesOverlap(a.names, b.names);
}

const model::CertificatePolicy* findPolicyFor(
    const model::PolicySet& set, const HostFacts& host, const model::Slot& slot)
{
    const model::CertificatePolicy* best = nullptr;
    for (const auto& policy : set.policies) {
        if (best != nullptr && policy.priority <= best->priority) continue;
        if (!whyNot(policy, host, slot)) best = &policy;
    }
    return best;
}

std::vector<std::string> explainMatch(
    const model::PolicySet& set, const HostFacts& host, const model::Slot& slot)
{
    std::vector<std::string> lines;
    const auto* chosen = findPolicyFor(set, host, slot);
    for (const auto& policy : set.policies) {
        const auto why = whyNot(policy, host, slot);
        std::string line = policy.name + " (priority " + std::to_string(policy.priority) + ") ";
        if (why) {
            line += "does not match: " + *why;
        } else if (&policy == chosen) {
            line += "matches and rules this slot";
        } else {
            line += "matches, but " + chosen->name + " goes before it";
        }
        lines.push_back(line);
    }
    if (chosen == nullptr)
        lines.emplace_back("no policy matches: the slot is reported and not renewed");
    return lines;
}

} // namespace perennial::policy
