#include "agent/scanner/place_merging.h"

#include "agent/listener_address.h"
#include "shared/base/encoding.h"
#include "shared/model/token_uri.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace perennial::scanner {

using agent::addressOf;

namespace {

constexpr std::size_t pathLimit = 4096;
constexpr std::size_t mostWarnings = 20;    // of one place, by its sources
constexpr std::size_t mostListeners = 1000; // of one slot, as the report's reader has it

std::string textOf(const model::Listener& listener) { return tls::toText(addressOf(listener)); }

// "" when a report can carry it.
std::string findFault(const std::string& path)
{
    if (!path.starts_with('/') && !model::isTokenUri(path)) return "not an absolute path";
    if (path.size() > pathLimit) return "a path over 4096 bytes";
    if (!isValidUtf8(path)) return "a path that is not UTF-8";
    if (path.find('\0') != std::string::npos) return "a path with a zero byte";
    return {};
}

std::string findFault(const model::Place& place, bool needsKey = true)
{
    for (const auto* path : {&place.certificatePath, &place.keyPath}) {
        if (!needsKey && path == &place.keyPath && path->empty()) continue;
        if (auto fault = findFault(*path); !fault.empty()) return fault;
    }
    return {};
}

int rankOf(const DiscoveredPlace& place)
{
    if (!place.foundOwner) return 0;
    return *place.foundOwner == 0 ? 1 : 2;
}

void addListeners(DiscoveredPlace& place, const std::vector<model::Listener>& more)
{
    auto& all = place.listeners;
    all.insert(all.end(), more.begin(), more.end());
    // The one that was looked at sorts behind the one that was not: keep it.
    std::sort(all.begin(), all.end(), std::greater<>());
    all.erase(std::unique(all.begin(), all.end(),
                  [](const auto& a, const auto& b) { return addressOf(a) == addressOf(b); }),
        all.end());
    std::sort(all.begin(), all.end());
}

void addWarnings(DiscoveredPlace& place, const std::vector<std::string>& more)
{
    for (const auto& warning : more) {
        auto& all = place.warnings;
        const bool known = std::find(all.begin(), all.end(), warning) != all.end();
        if (!known && all.size() < mostWarnings) all.push_back(warning);
    }
}

bool claims(const model::Slot& slot, const tls::ListenerAddress& address)
{
    return std::any_of(slot.listeners.begin(), slot.listeners.end(),
        [&](const auto& listener) { return addressOf(listener) == address; });
}

bool hasPort(const model::Slot& slot, const model::Listener& listener)
{
    return std::any_of(slot.listeners.begin(), slot.listeners.end(), [&](const auto& known) {
        return known.host == listener.host && known.port == listener.port;
    });
}

bool liesBesideItsKey(const model::Slot& slot)
{
    const auto folderOf = [](const std::string& path) { return path.substr(0, path.rfind('/')); };
    return folderOf(slot.place.certificatePath) == folderOf(slot.place.keyPath);
}

// Copies of one certificate: those that are known to be used at this port, if there are such. Of
// several with the same key, those beside it.
std::vector<model::Slot*> bestOf(
    const std::vector<model::Slot*>& holders, const model::Listener& listener)
{
    std::vector<model::Slot*> users;
    std::copy_if(holders.begin(), holders.end(), std::back_inserter(users),
        [&](const model::Slot* slot) { return hasPort(*slot, listener); });
    if (!users.empty()) return users;
    std::set<std::string> besides;
    for (const auto* slot : holders) {
        if (liesBesideItsKey(*slot)) besides.insert(slot->place.keyPath);
    }
    std::copy_if(
        holders.begin(), holders.end(), std::back_inserter(users), [&](const model::Slot* slot) {
            return liesBesideItsKey(*slot) || !besides.contains(slot->place.keyPath);
        });
    return users;
}

// Everything but the certificate's facts, and of those the fingerprint.
auto orderOf(const model::FoundCertificate& one)
{
    return std::tie(one.place, one.entry, one.kind, one.reason);
}

model::Fingerprint fingerprintOf(const model::FoundCertificate& one)
{
    return one.certificate ? one.certificate->fingerprint : model::Fingerprint();
}

void mergeFound(
    std::vector<Discovery>& discoveries, const std::set<std::string>& inPlaces, Discovery& merged)
{
    for (auto& discovery : discoveries) {
        for (auto& found : discovery.found) {
            if (const auto fault = findFault(found.place, false); !fault.empty())
                merged.skip(found.place.certificatePath.substr(0, pathLimit) + ": " + fault);
            else if (inPlaces.count(found.place.certificatePath) == 0)
                merged.found.push_back(std::move(found));
        }
    }
    auto& all = merged.found;
    // Stable: certificates of one file stay in its order.
    std::stable_sort(all.begin(), all.end(),
        [](const auto& a, const auto& b) { return orderOf(a) < orderOf(b); });
    all.erase(std::unique(all.begin(), all.end(),
                  [](const auto& a, const auto& b) {
                      return orderOf(a) == orderOf(b) && fingerprintOf(a) == fingerprintOf(b);
                  }),
        all.end());
}

} // namespace

Discovery mergeDiscoveries(std::vector<Discovery> discoveries)
{
    Discovery merged;
    std::map<model::Place, DiscoveredPlace> places;
    std::set<SeenListener> listeners;
    std::set<std::string> reasons;
    std::set<std::string> configuration;
    for (auto& discovery : discoveries) {
        for (auto& found : discovery.places) {
            if (const auto fault = findFault(found.place); !fault.empty()) {
                merged.skip(found.place.certificatePath.substr(0, pathLimit) + ": " + fault);
                continue;
            }
            const auto known = places.find(found.place);
            const bool named =
                !found.foundOwner || (known != places.end() && !known->second.foundOwner);
            auto& place = places[found.place];
            place.foundOwner = named ? std::nullopt : found.foundOwner;
            place.place = found.place;
            if (place.service.empty()) place.service = found.service;
            if (place.passwordFile.empty()) place.passwordFile = found.passwordFile;
            if (place.certificatePem.empty()) place.certificatePem = found.certificatePem;
            addListeners(place, found.listeners);
            addWarnings(place, found.warnings);
        }
        listeners.insert(discovery.listeners.begin(), discovery.listeners.end());
        for (auto& reason : discovery.skipped) {
            if (reasons.insert(reason).second) merged.skip(std::move(reason));
        }
        merged.skippedMore += discovery.skippedMore;
        for (auto& path : discovery.configuration) {
            if (findFault(path).empty()) configuration.insert(std::move(path));
        }
    }
    for (auto& [key, place] : places) {
        if (place.listeners.size() > mostListeners) {
            merged.skip(key.certificatePath + ": of its " + std::to_string(place.listeners.size()) +
                        " listeners only " + std::to_string(mostListeners) + " are looked at");
            place.listeners.resize(mostListeners);
        }
        merged.places.push_back(std::move(place));
    }
    std::stable_sort(merged.places.begin(), merged.places.end(),
        [](const auto& a, const auto& b) { return rankOf(a) < rankOf(b); });
    merged.listeners.assign(listeners.begin(), listeners.end());
    merged.configuration.assign(configuration.begin(), configuration.end());
    std::set<std::string> inPlaces;
    for (const auto& place : merged.places)
        inPlaces.insert(place.place.certificatePath);
    mergeFound(discoveries, inPlaces, merged);
    return merged;
}

void attachListeners(std::vector<model::Slot>& slots, const std::vector<SeenListener>& listeners,
    const MayServe& mayServe, Discovery& skipped)
{
    std::map<model::Fingerprint, std::vector<model::Slot*>> holdersOf;
    for (auto& slot : slots)
        holdersOf[slot.certificate.fingerprint].push_back(&slot);
    std::set<std::pair<uid_t, model::Fingerprint>> refused; // one line each
    for (const auto& [listener, owner] : listeners) {
        const auto found = holdersOf.find(listener.served);
        if (found == holdersOf.end()) {
            skipped.skip(textOf(listener) + ": listens with a certificate from no known file");
            continue;
        }
        std::vector<model::Slot*> holders;
        for (auto* slot : found->second) {
            if (!owner || hasPort(*slot, listener) || mayServe(*slot, *owner))
                holders.push_back(slot);
        }
        if (holders.empty() && refused.emplace(*owner, listener.served).second)
            skipped.skip(textOf(listener) + ": shows the certificate of " +
                         found->second.front()->place.certificatePath +
                         ", but its socket is of user " + std::to_string(*owner) +
                         ", who is not seen to have the key: it proves nothing");
        for (auto* slot : bestOf(holders, listener)) {
            if (claims(*slot, addressOf(listener)) || slot->listeners.size() >= mostListeners)
                continue;
            auto attached = listener;
            attached.observed = owner.has_value() && !hasPort(*slot, listener);
            slot->listeners.push_back(std::move(attached));
            std::sort(slot->listeners.begin(), slot->listeners.end());
        }
    }
}

void settleListeners(std::vector<model::Slot>& slots)
{
    // Who claims an address, and which certificates they hold.
    std::map<tls::ListenerAddress, std::set<model::Fingerprint>> claimed;
    for (const auto& slot : slots) {
        for (const auto& listener : slot.listeners)
            claimed[addressOf(listener)].insert(slot.certificate.fingerprint);
    }
    for (auto& slot : slots) {
        std::vector<model::Listener> kept;
        for (auto& listener : slot.listeners) {
            const bool showsOther =
                !listener.served.empty() && listener.served != slot.certificate.fingerprint;
            if (showsOther && claimed[addressOf(listener)].count(listener.served) > 0) {
                slot.warnings.push_back(textOf(listener) +
                                        " shows the other certificate of the same server, so "
                                        "whether it serves this one is not seen");
                continue;
            }
            if (showsOther)
                slot.warnings.push_back(textOf(listener) + " shows another certificate: SHA-256 " +
                                        listener.served.text());
            kept.push_back(std::move(listener));
        }
        slot.listeners = std::move(kept);
    }
}

} // namespace perennial::scanner
