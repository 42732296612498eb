#include "plugins/apache_discovery/tls_listeners.h"

#include "plugins/apache_discovery/name_choice.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

namespace perennial::plugins::apache {

using service_config::isEveryAddress;
using service_config::isV6;

namespace {

constexpr std::size_t mostLooks = 50'000;  // addresses that are asked about
constexpr std::size_t mostNames = 200'000; // of all hosts at all addresses

// The virtual hosts that share one written address.
struct Group {
    NameChoice choice;
    std::vector<std::size_t> hosts;
};
using Groups = std::map<ListenAddress, Group>;

Groups groupsOf(const std::vector<VirtualHost>& hosts, Discovery& found)
{
    Groups groups;
    std::size_t names = mostNames;
    for (std::size_t i = 1; i < hosts.size(); ++i) {
        for (const auto& address : hosts[i].addresses) {
            const auto cost = hosts[i].names.size() + 1;
            if (names < cost) {
                found.skip(placeOf(hosts[i].server->section) + ": too many addresses or names");
                return groups;
            }
            names -= cost;
            auto& group = groups[address];
            group.choice.add(i, hosts[i].names);
            if (group.hosts.empty() || group.hosts.back() != i) group.hosts.push_back(i);
        }
    }
    return groups;
}

// Whose virtual hosts answer there: the address itself counts before every address, a port before
// any port.
Group* groupAt(Groups& groups, const ListenAddress& there)
{
    for (const auto& address : {there, ListenAddress{there.host, 0},
             ListenAddress{"0.0.0.0", there.port}, ListenAddress{"0.0.0.0", 0}}) {
        const auto found = groups.find(address);
        if (found != groups.end()) return &found->second;
    }
    return nullptr;
}

// Addresses of this host that reach a `Listen`, so that each group is reached by one of them.
std::vector<ListenAddress> waysTo(
    const ListenAddress& listen, const std::set<ListenAddress>& listens, const Groups& groups)
{
    if (!isEveryAddress(listen.host)) return {listen};
    std::vector<ListenAddress> ways;
    std::set<std::string> written;
    for (const auto& [address, group] : groups) {
        const bool mayReach = address.port == 0 || address.port == listen.port;
        if (!mayReach || isEveryAddress(address.host)) continue;
        // One that is listened at by itself is asked there.
        if (listens.count({address.host, listen.port}) > 0) continue;
        if (isV6(address.host) == isV6(listen.host) && written.insert(address.host).second)
            ways.push_back({address.host, listen.port});
    }
    const auto common = service_config::reachableHost(listen.host, [&](const auto& host) {
        return written.count(host) > 0 || listens.count({host, listen.port}) > 0;
    });
    if (common) ways.push_back({*common, listen.port});
    return ways;
}

} // namespace

std::vector<std::vector<model::Listener>> listenersOf(const std::vector<VirtualHost>& hosts,
    const std::vector<ListenAddress>& listens, Discovery& found)
{
    auto groups = groupsOf(hosts, found);
    const std::set<ListenAddress> known(listens.begin(), listens.end());
    std::vector<std::vector<model::Listener>> listeners(hosts.size());
    std::size_t looks = mostLooks;
    for (const auto& listen : listens) {
        for (const auto& way : waysTo(listen, known, groups)) {
            auto* group = groupAt(groups, way);
            // Whether TLS is spoken is decided before any name is heard, by the first.
            const auto first = group == nullptr ? 0 : group->choice.first();
            if (!hosts[first].tls) continue;
            if (group == nullptr) {
                listeners[0].push_back({way.host, way.port, "", {}});
                continue;
            }
            for (const auto index : group->hosts) {
                if (hosts[index].pairs.empty() || !hosts[index].tls) continue;
                const auto place = placeOf(hosts[index].server->section);
                if (looks == 0) {
                    found.skip(place + ": too many addresses");
                    return listeners;
                }
                --looks;
                if (const auto name = group->choice.nameFor(index))
                    listeners[index].push_back({way.host, way.port, *name, {}});
                else
                    found.skip(place + ": " + toText(way) +
                               " is not looked at: no name that can be asked for leads to this "
                               "virtual host");
            }
        }
    }
    return listeners;
}

} // namespace perennial::plugins::apache
