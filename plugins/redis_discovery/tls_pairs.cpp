#include "plugins/redis_discovery/tls_pairs.h"

#include "shared/service_config/listen_address.h"
#include "shared/service_config/named_pair.h"

#include <algorithm>
#include <optional>

namespace perennial::plugins::redis {

namespace {

constexpr std::size_t mostAddresses = 16; // Redis's own limit

// "*" and "::*" are every address; a "-" before one says that it may be missing.
std::optional<std::string> hostOf(std::string text)
{
    if (text.starts_with('-')) text.erase(0, 1);
    if (text == "*" || text == "localhost") return "127.0.0.1";
    if (text == "::*") return "::1";
    const auto host = service_config::numericHost(text);
    if (!host) return std::nullopt;
    return service_config::reachableHost(*host, [](const auto&) { return false; });
}

std::vector<model::Listener> listenersOf(const Settings& settings, Discovery& found)
{
    std::vector<model::Listener> listeners;
    const auto port = settings.find("tls-port");
    if (port == settings.end() || port->second.words.front() == "0") return listeners;
    const auto number = service_config::portFrom(port->second.words.front());
    if (!number) {
        found.skip(port->second.at + ": tls-port is none");
        return listeners;
    }
    const auto bind = settings.find("bind");
    const Value every{{"*"}, {}}; // on IPv6 too, and one is enough to see it
    const auto& addresses = bind == settings.end() ? every : bind->second;
    for (const auto& word : addresses.words) {
        if (word.empty()) continue; // bind "": on none
        const auto host = hostOf(word);
        if (!host) {
            found.skip(addresses.at + ": a name in bind is not looked up");
            continue;
        }
        if (listeners.size() == mostAddresses) {
            found.skip(addresses.at + ": too many addresses");
            break;
        }
        const model::Listener listener{*host, *number, "", {}};
        if (std::find(listeners.begin(), listeners.end(), listener) == listeners.end())
            listeners.push_back(listener);
    }
    return listeners;
}

void addPair(const Settings& settings, const std::string& kind,
    const std::vector<model::Listener>& listeners, Discovery& found)
{
    const auto valueOf = [&](const std::string& name) -> const Value* {
        const auto written = settings.find(kind + name);
        const bool isSet = written != settings.end() && !written->second.words.front().empty();
        return isSet ? &written->second : nullptr;
    };
    const auto* certificate = valueOf("cert-file");
    const auto* key = valueOf("key-file");
    if (certificate == nullptr && key == nullptr) return;
    if (certificate == nullptr || key == nullptr) {
        const bool keyIsThere = certificate == nullptr;
        return found.skip((keyIsThere ? key : certificate)->at + ": " + kind +
                          (keyIsThere ? "key-file" : "cert-file") + " without its other half");
    }
    for (const auto* value : {certificate, key}) {
        if (!value->words.front().starts_with('/'))
            return found.skip(value->at + ": " + kind + (value == key ? "key-file" : "cert-file") +
                              " is relative to where Redis is started");
    }
    std::vector<std::string> warnings;
    if (const auto* password = valueOf("key-file-pass"))
        warnings.push_back(password->at + ": keys made here are not encrypted");
    service_config::addPlace(
        {certificate->at, "/", {kind + "cert-file", certificate->words.front()},
            {kind + "key-file", key->words.front()}},
        "redis", listeners, warnings, found);
}

} // namespace

void addPairs(const Settings& settings, Discovery& found)
{
    addPair(settings, "tls-", listenersOf(settings, found), found);
    addPair(settings, "tls-client-", {}, found);
}

} // namespace perennial::plugins::redis
