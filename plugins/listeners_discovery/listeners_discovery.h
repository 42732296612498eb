#pragma once

#include "plugins/listeners_discovery/socket_choice.h"
#include "shared/base/clock.h"
#include "shared/plugin_api/plugin_registry.h"

namespace perennial::plugins {

struct ListenersLimits {
    std::size_t sockets = 500;
    Duration handshake{2};
    Duration time{60}; // for all
};

// Shakes hands with the host's own listening TCP sockets, without a server name, and tells which
// certificate each shows; the scanner knows which file holds it. Kind: "listeners". Settings, both
// optional lists of "host:port": `only`, `except`.
class ListenersDiscovery final : public DiscoverySource {
public:
    explicit ListenersDiscovery(listeners::SocketChoice choice, ListenersLimits limits = {})
        : choice_(std::move(choice)), limits_(limits)
    {
    }

    Result<Discovery> discover() override;

private:
    listeners::SocketChoice choice_;
    ListenersLimits limits_;
};

Result<std::unique_ptr<DiscoverySource>> makeListenersDiscovery(const PluginSettings& settings);

} // namespace perennial::plugins
