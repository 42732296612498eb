#include "plugins/nginx_discovery/tls_listeners.h"

#include "plugins/nginx_discovery/server_choice.h"

#include <algorithm>
#include <map>
#include <optional>

namespace perennial::plugins::nginx {

namespace {

constexpr std::size_t mostAddresses = 50'000; // named by all `listen` of a group
constexpr std::size_t mostNames = 500'000;    // of all servers at all addresses

// What may still be written into the tables: hostile configurations multiply names by addresses.
struct Budget {
    std::size_t addresses = mostAddresses;
    std::size_t names = mostNames;
};

// One address as nginx merges it from every server that names it.
struct Socket {
    ServerChoice choice;
    bool tls = false;
    bool proxyProtocol = false;
    std::vector<std::size_t> servers;
};
using Sockets = std::map<ListenAddress, Socket>;

void addServer(
    Sockets& sockets, const Server& server, std::size_t index, Budget& left, Discovery& found)
{
    for (const auto& listen : server.listens) {
        for (const auto& address : listen.addresses) {
            if (left.addresses == 0 || left.names < server.names.size())
                return found.skip(placeOf(*server.block) + ": too many addresses or names");
            --left.addresses;
            left.names -= server.names.size();
            auto& socket = sockets[address];
            socket.tls = socket.tls || listen.tls;
            socket.proxyProtocol = socket.proxyProtocol || listen.proxyProtocol;
            socket.choice.add(index, server.names, listen.isDefault);
            if (socket.servers.empty() || socket.servers.back() != index)
                socket.servers.push_back(index);
        }
    }
}

} // namespace

std::vector<std::vector<model::Listener>> listenersOf(
    const std::vector<Server>& group, Discovery& found)
{
    Sockets sockets;
    Budget left;
    for (std::size_t i = 0; i < group.size(); ++i)
        addServer(sockets, group[i], i, left, found);

    std::vector<std::vector<model::Listener>> listeners(group.size());
    for (const auto& [address, socket] : sockets) {
        const auto first = socket.choice.defaultServer();
        if (!socket.tls && !(first && group[*first].legacyTls)) continue;
        const auto host = service_config::reachableHost(
            address.host, [&, port = address.port](const auto& other) {
                return sockets.count({other, port}) > 0;
            });
        for (const auto index : socket.servers) {
            const auto& server = group[index];
            const auto name = socket.choice.nameFor(index);
            std::string why;
            if (!host) why = "more specific addresses hide it";
            if (!name) why = "no name that can be asked for leads to this server";
            if (socket.proxyProtocol) why = "it expects the PROXY protocol before TLS";
            if (server.startTls) why = "TLS begins after STARTTLS";
            if (why.empty())
                listeners[index].push_back({*host, address.port, *name, {}});
            else if (!server.pairs.empty())
                found.skip(
                    placeOf(*server.block) + ": " + toText(address) + " is not looked at: " + why);
        }
    }
    return listeners;
}

} // namespace perennial::plugins::nginx
