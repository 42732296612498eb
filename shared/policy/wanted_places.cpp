#include "shared/policy/wanted_places.h"

#include "shared/base/trusted_path.h"
#include "shared/policy/document_kinds.h"
#include "shared/policy/endpoint_url.h"
#include "shared/policy/policy_matching.h"

#include <algorithm>
#include <charconv>

namespace perennial::policy {

namespace {

constexpr std::size_t mostNames = 100;
constexpr std::size_t mostListeners = 20;
constexpr std::size_t pathLimit = 1024;

// "192.0.2.1:443", "[2001:db8::1]:443". Nothing when it is none.
std::optional<model::Listener> listenerIn(const std::string& text)
{
    const auto colon = text.rfind(':');
    if (colon == std::string::npos) return std::nullopt;
    std::string host = text.substr(0, colon);
    const bool bracketed = host.starts_with('[') && host.ends_with(']');
    if (bracketed) host = host.substr(1, host.size() - 2);
    if (!isIpAddress(host) || bracketed != (host.find(':') != std::string::npos))
        return std::nullopt;
    int port = 0;
    const auto* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data() + colon + 1, end, port);
    if (parsed.ec != std::errc() || parsed.ptr != end || port < 1 || port > 65535)
        return std::nullopt;
    return model::Listener{host, port, {}, {}};
}

std::string readPath(DocumentReader& in, const std::string& key)
{
    const auto path = in.text(key).value_or("");
    if (path.empty()) return path; // said already
    if (const auto status = checkSpelling(path); !status)
        in.problem(key, status.error().message);
    else if (path.size() > pathLimit)
        in.problem(key, "must be at most 1024 bytes");
    return path;
}

model::Slot slotOf(const model::CertificatePolicy& policy, const HostFacts& host)
{
    const auto& place = *policy.place;
    model::Slot slot;
    slot.place = {"pem", place.certificatePath, place.keyPath};
    slot.id = model::slotIdOf(slot.place);
    slot.service = place.service;
    const auto names = wantedNames(policy, host);
    for (const auto& text : place.listeners) {
        auto listener = listenerIn(text);
        if (!listener) continue; // a problem of the document
        listener->serverName = names.front();
        slot.listeners.push_back(*std::move(listener));
    }
    slot.certificate.displayName = names.front();
    return slot;
}

} // namespace

model::WantedPlace readPlace(DocumentReader& in)
{
    model::WantedPlace place;
    place.certificatePath = readPath(in, "certificate");
    place.keyPath = readPath(in, "key");
    for (const auto& [name, line] : in.texts("names")) {
        const bool good = name == hostWord || (checkNamePattern(name) && !isIpAddress(name));
        if (!good) in.problem("names", line, quoted(name) + " is no DNS name and not {host}");
        place.names.push_back(name);
    }
    if (place.names.empty() || place.names.size() > mostNames)
        in.problem("names", "must be 1 to 100 names");
    if (in.has("service")) place.service = in.identifier("service").value_or("");
    for (const auto& [text, line] : in.texts("listeners")) {
        if (!listenerIn(text))
            in.problem("listeners", line,
                quoted(text) + " is no address with a port (192.0.2.1:443, [2001:db8::1]:443)");
        place.listeners.push_back(text);
    }
    if (place.listeners.size() > mostListeners) in.problem("listeners", "are more than 20");
    return place;
}

void checkPlaced(DocumentReader& in, const model::CertificatePolicy& policy)
{
    if (!policy.issuers.empty() || !policy.names.empty() || !policy.services.empty())
        in.problem("match", "has labels only where `place` says which certificate is meant");
    if (!policy.enroll)
        in.problem(
            "place", "needs `enroll`: no key asks for a first certificate, or for new names");
    if (policy.keyType == "same")
        in.problem(
            "place", "needs `key.type`: where nothing is, there is no key to be the same as");
}

std::vector<std::string> wantedNames(const model::CertificatePolicy& policy, const HostFacts& host)
{
    std::vector<std::string> names;
    if (!policy.place) return names;
    for (const auto& name : policy.place->names) {
        const auto& wanted = name == hostWord ? host.hostName : name;
        if (std::find(names.begin(), names.end(), wanted) == names.end()) names.push_back(wanted);
    }
    return names;
}

std::vector<model::Slot> wantedSlots(const model::PolicySet& set, const HostFacts& host)
{
    std::vector<model::Slot> slots;
    for (const auto& policy : set.policies) {
        if (!policy.place) continue;
        auto slot = slotOf(policy, host);
        if (findPolicyFor(set, host, slot) == &policy) slots.push_back(std::move(slot));
    }
    std::sort(slots.begin(), slots.end(),
        [](const model::Slot& a, const model::Slot& b) { return a.place < b.place; });
    return slots;
}

} // namespace perennial::policy
