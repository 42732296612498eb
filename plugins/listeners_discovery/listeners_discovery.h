#pragma once

#include "plugins/listeners_discovery/socket_choice.h"
#include "shared/base/clock.h"
#include "shared/plugin_api/plugin_registry.h"

#include <map>
#include <string>

namespace perennial::plugins {

struct ListenersLimits {
    std::size_t sockets = 500;
    Duration handshake{2};
    Duration time{60}; // for all
};

// Shakes hands with the host's own listening TCP sockets, without a server name, and tells which
// certificate each shows; the scanner knows which file holds it. Kind: "listeners". Settings, all
// optional lists of "host:port": `only`, `except`; and `smtp`, `imap`, `pop3`, `postgresql`,
// `ldap`, `mysql`, where TLS is asked for in that language first (by default at its usual ports).
class ListenersDiscovery final : public DiscoverySource {
public:
    using StartTlsChoices = std::map<std::string, listeners::SocketChoice>; // by protocol
    ListenersDiscovery(
        listeners::SocketChoice choice, StartTlsChoices startTls, ListenersLimits limits = {})
        : choice_(std::move(choice)), startTls_(std::move(startTls)), limits_(limits)
    {
    }

    Result<Discovery> discover() override;

private:
    std::string startTlsOf(const listeners::ListeningSocket& socket) const;

    listeners::SocketChoice choice_;
    StartTlsChoices startTls_;
    ListenersLimits limits_;
};

Result<std::unique_ptr<DiscoverySource>> makeListenersDiscovery(const PluginSettings& settings);

} // namespace perennial::plugins
