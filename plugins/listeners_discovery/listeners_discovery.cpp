#include "plugins/listeners_discovery/listeners_discovery.h"

#include "shared/base/file_system.h"
#include "shared/tls/listener_probe.h"
#include "shared/tls/start_tls.h"

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

namespace perennial::plugins {

using namespace listeners;

namespace {

constexpr std::size_t tableLimit = 64U << 20U;

// Who begins without TLS there, by IANA's list of ports.
const PluginSettings usualPorts = {{"smtp", "*:25\n*:587"}, {"imap", "*:143"}, {"pop3", "*:110"},
    {"postgresql", "*:5432"}, {"ldap", "*:389"}, {"mysql", "*:3306"}};

// Root's sockets with every user's first, then every user's second: many of one user cost nobody
// else his look.
std::vector<ListeningSocket> inTurns(const std::set<ListeningSocket>& sockets)
{
    std::map<uid_t, std::size_t> before;
    std::vector<std::pair<std::size_t, ListeningSocket>> turns;
    for (auto socket = sockets.begin(); socket != sockets.end(); ++socket) {
        const auto next = std::next(socket);
        // Where two are reached by one address, who answers is not known: not the more trusted one.
        if (next != sockets.end() && next->host == socket->host && next->port == socket->port)
            continue;
        turns.emplace_back(socket->owner == 0 ? 0 : before[socket->owner]++, *socket);
    }
    std::sort(turns.begin(), turns.end());
    std::vector<ListeningSocket> sorted;
    for (auto& [turn, socket] : turns)
        sorted.push_back(std::move(socket));
    return sorted;
}

Result<std::vector<ListeningSocket>> socketsOfHost(const SocketChoice& choice)
{
    const PosixFileSystem files;
    std::set<ListeningSocket> sockets;
    // Not /proc/net: where only processes are to be seen in /proc, this still is.
    for (const auto* file : {"/proc/self/net/tcp", "/proc/self/net/tcp6"}) {
        const auto table = files.read(file, tableLimit);
        if (!table && table.error().kind == ErrorKind::NotFound) continue; // no IPv6
        if (!table) return table.error();
        for (const auto& socket : listeningSockets(*table)) {
            if (choice.takes(socket)) sockets.insert(reachable(socket));
        }
    }
    return inTurns(sockets);
}

} // namespace

std::string ListenersDiscovery::startTlsOf(const ListeningSocket& socket) const
{
    for (const auto& [protocol, choice] : startTls_) {
        if (choice.takes(socket)) return protocol;
    }
    return {};
}

Result<Discovery> ListenersDiscovery::discover()
{
    const auto sockets = socketsOfHost(choice_);
    if (!sockets) return sockets.error();
    const Deadline deadline(limits_.time);
    Discovery found;
    std::size_t looked = 0;
    std::size_t silent = 0;
    std::size_t counting = 0;
    for (const auto& socket : *sockets) {
        if (looked == limits_.sockets || deadline.over()) break;
        ++looked;
        auto startTls = startTlsOf(socket);
        if (tls::countsLooks(startTls, socket.host)) {
            ++counting;
            continue;
        }
        auto served =
            tls::probeListener({socket.host, socket.port, "", startTls}, limits_.handshake);
        if (!served && !startTls.empty()) {
            startTls.clear(); // somebody else may be at that port
            served = tls::probeListener({socket.host, socket.port, ""}, limits_.handshake);
        }
        if (served)
            found.listeners.push_back(
                {{socket.host, socket.port, "",
                     model::Fingerprint(served->chain.front().fingerprint()), startTls},
                    choice_.names(socket) ? std::nullopt : std::optional(socket.owner)});
        else
            ++silent;
    }
    if (silent > 0)
        found.skip("listeners: " + std::to_string(silent) +
                   " sockets show no certificate without a server name");
    if (counting > 0)
        found.skip(
            "listeners: " + std::to_string(counting) +
            " sockets were not looked at: MariaDB and MySQL count each look as an error of a "
            "client there");
    if (looked < sockets->size())
        found.skip("listeners: " + std::to_string(sockets->size() - looked) +
                   " sockets were not looked at: too many, or too slow");
    return found;
}

Result<std::unique_ptr<DiscoverySource>> makeListenersDiscovery(const PluginSettings& settings)
{
    PluginSettings known = usualPorts;
    known.insert({{"only", ""}, {"except", ""}});
    for (const auto& [key, value] : settings) {
        if (known.count(key) == 0)
            return Error{ErrorKind::InvalidInput, "unknown key \"" + key + "\""};
        known[key] = value;
    }
    auto choice = SocketChoice::from(known["only"], known["except"]);
    if (!choice) return choice.error();
    ListenersDiscovery::StartTlsChoices startTls;
    for (const auto& [protocol, usual] : usualPorts) {
        if (known[protocol].empty()) continue; // nowhere
        auto sockets = SocketChoice::among(known[protocol]);
        if (!sockets) return sockets.error().in(protocol);
        startTls.emplace(protocol, *std::move(sockets));
    }
    std::unique_ptr<DiscoverySource> source =
        std::make_unique<ListenersDiscovery>(*std::move(choice), std::move(startTls));
    return source;
}

} // namespace perennial::plugins
