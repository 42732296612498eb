#pragma once

#include "shared/model/slot.h"
#include "shared/tls/listener_probe.h"

namespace perennial::agent {

// Where a look at a listener goes; what it showed is no part of it.
inline tls::ListenerAddress addressOf(const model::Listener& listener)
{
    return {listener.host, listener.port, listener.serverName, listener.startTls};
}

} // namespace perennial::agent
