#include "plugins/dovecot_discovery/tls_sites.h"

#include "plugins/dovecot_discovery/login_sockets.h"
#include "shared/service_config/server_name.h"

#include <algorithm>
#include <optional>
#include <set>

namespace perennial::plugins::dovecot {

using service_config::isEveryAddress;
using service_config::isV6;
using service_config::ListenAddress;
using service_config::NamedPair;

namespace {

constexpr std::size_t mostSites = 5'000;
constexpr std::size_t mostListeners = 100'000; // of all sites

bool isAround(const Filter& outer, const Filter& inner)
{
    const auto holds = [](const std::string& condition, const std::string& value) {
        return condition.empty() || condition == value;
    };
    return holds(outer.protocol, inner.protocol) && holds(outer.local, inner.local) &&
           holds(outer.localName, inner.localName);
}

// What holds under a filter: of all that say something, the one with the most conditions.
const Value* valueFor(
    const Configuration& configuration, const Filter& filter, const std::string& key)
{
    const Value* value = nullptr;
    int conditions = -1;
    for (const auto& [other, values] : configuration.settings) {
        const auto written = values.find(key);
        if (written == values.end() || !isAround(other, filter) || other.conditions() <= conditions)
            continue;
        value = &written->second;
        conditions = other.conditions();
    }
    return value;
}

std::optional<NamedPair> pairOf(const Configuration& configuration, const Filter& filter,
    const std::string& kind, Discovery& found)
{
    const auto& values = configuration.settings.at(filter);
    const auto written = values.find("ssl_" + kind + "cert");
    if (written == values.end() || written->second.text.empty()) return std::nullopt;
    const auto& certificate = written->second;
    const auto* key = valueFor(configuration, filter, "ssl_" + kind + "key");
    if (key == nullptr || !certificate.isFile || !key->isFile) {
        found.skip(certificate.at + ": ssl_" + kind + "cert: not a file, with a key in a file");
        return std::nullopt;
    }
    auto path = [&](const Value& value) {
        return value.text.starts_with('/') ? value.text : value.folder + "/" + value.text;
    };
    return NamedPair{certificate.at, "/", {"ssl_" + kind + "cert", path(certificate)},
        {"ssl_" + kind + "key", path(*key)}};
}

// Who answers is told apart by address, port and name; a site with more conditions takes them from
// one with fewer.
class Answers {
public:
    explicit Answers(const Configuration& configuration)
    {
        for (const auto& [filter, values] : configuration.settings) {
            if (!filter.local.empty()) locals_.insert(filter.local);
        }
    }

    void claim(const Site& site, std::size_t index, const LoginSocket& socket)
    {
        if (!site.filter.protocol.empty() && site.filter.protocol != socket.protocol) return;
        const auto host = hostFor(site.filter, socket.address);
        if (!host) return;
        const model::Listener listener{
            *host, socket.address.port, site.filter.localName, {}, socket.startTls};
        const auto known = answers_.find(listener);
        if (known == answers_.end() && answers_.size() == mostListeners) return;
        auto& answer = answers_[listener];
        if (known != answers_.end() && answer.conditions > site.filter.conditions()) return;
        answer = {index, site.filter.conditions()};
    }
    void giveTo(std::vector<Site>& sites) const
    {
        for (const auto& [listener, answer] : answers_)
            sites[answer.site].listeners.push_back(listener);
    }

private:
    struct Answer {
        std::size_t site = 0;
        int conditions = 0;
    };

    // An address of this host where the filter holds.
    std::optional<std::string> hostFor(const Filter& filter, const ListenAddress& address) const
    {
        if (filter.local.empty())
            return service_config::reachableHost(
                address.host, [&](const std::string& other) { return locals_.count(other) > 0; });
        const bool reached =
            address.host == filter.local ||
            (isEveryAddress(address.host) && isV6(address.host) == isV6(filter.local));
        return reached ? std::optional(filter.local) : std::nullopt;
    }

    std::set<std::string> locals_;
    std::map<model::Listener, Answer> answers_;
};

// Dovecot refuses a connection for which two blocks hold of which neither is within the other: one
// of a protocol, and one of an address or a name.
bool isContested(const Site& site, const std::string& protocol, const Configuration& configuration)
{
    if (!site.filter.protocol.empty() || site.filter.conditions() == 0) return false;
    return std::any_of(
        configuration.settings.begin(), configuration.settings.end(), [&](const auto& other) {
            const auto& [filter, values] = other;
            auto within = site.filter;
            within.protocol = filter.protocol;
            return filter.protocol == protocol && values.count("ssl_cert") > 0 &&
                   filter != within && isAround(filter, within);
        });
}

// Why a site's filter cannot be looked at.
std::string findFault(const Filter& filter)
{
    if (!filter.local.empty() && service_config::numericHost(filter.local) != filter.local)
        return "local is no single address";
    if (!filter.localName.empty() && !service_config::canBeSent(filter.localName))
        return "local_name is no name that can be asked for";
    return {};
}

} // namespace

std::vector<Site> sitesOf(const Configuration& configuration, Discovery& found)
{
    std::vector<Site> sites;
    for (const auto& [filter, values] : configuration.settings) {
        for (const std::string kind : {"", "alt_", "client_"}) {
            auto pair = pairOf(configuration, filter, kind, found);
            if (!pair) continue;
            if (sites.size() == mostSites) {
                found.skip(pair->at + ": too many certificates");
                break;
            }
            sites.push_back({*std::move(pair), filter, kind == "client_", {}});
        }
    }
    Answers answers(configuration);
    const auto sockets = loginSocketsOf(configuration, found);
    // IPv6 is looked at where nothing else is: every host has the loopback address of IPv4.
    const auto twin = [&](const LoginSocket& socket) {
        return socket.address.host == "::" &&
               std::any_of(sockets.begin(), sockets.end(), [&](const LoginSocket& other) {
                   return other.address == ListenAddress{"0.0.0.0", socket.address.port};
               });
    };
    for (std::size_t i = 0; i < sites.size(); ++i) {
        if (sites[i].isClient) continue;
        if (const auto fault = findFault(sites[i].filter); !fault.empty()) {
            found.skip(sites[i].pair.at + " is not looked at: " + fault);
            continue;
        }
        for (const auto& socket : sockets) {
            if (sites[i].filter.local.empty() && twin(socket)) continue;
            if (isContested(sites[i], socket.protocol, configuration)) {
                found.skip(sites[i].pair.at + " is not looked at by " + socket.protocol +
                           ": a block of this protocol has another certificate");
                continue;
            }
            answers.claim(sites[i], i, socket);
        }
    }
    answers.giveTo(sites);
    return sites;
}

} // namespace perennial::plugins::dovecot
