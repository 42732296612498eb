#include "agent/renewal/listener_eyes.h"

#include "shared/base/periodic_task.h"
#include "shared/tls/listener_probe.h"

namespace perennial::agent {

namespace {

constexpr Duration handshakeLimit{5};
constexpr std::chrono::milliseconds shortPause{10};
constexpr std::chrono::milliseconds longPause{200};

Status look(const model::Listener& listener, const std::string& fingerprint)
{
    const tls::ListenerAddress address{listener.host, listener.port, listener.serverName};
    const auto served = tls::probeListener(address, handshakeLimit);
    if (!served) return Error{ErrorKind::Conflict, served.error().message};
    const auto& leaf = served->chain.front();
    if (leaf.fingerprint() == fingerprint) return {};
    return Error{ErrorKind::Conflict,
        tls::toText(address) + " still shows the certificate with serial " + leaf.serial()};
}

} // namespace

Status ListenerEyes::seesServed(
    const std::vector<model::Listener>& listeners, const std::string& fingerprint)
{
    const auto deadline = clock_.monotonic() + std::chrono::milliseconds(patience_);
    auto pause = shortPause;
    for (const auto& listener : listeners) {
        for (;;) {
            const auto seen = look(listener, fingerprint);
            if (seen) break;
            if (clock_.monotonic() >= deadline) return seen;
            pauseFor(pause);
            pause = std::min(pause * 2, longPause);
        }
    }
    return {};
}

} // namespace perennial::agent
