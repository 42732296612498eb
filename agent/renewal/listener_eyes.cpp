#include "agent/renewal/listener_eyes.h"

#include "shared/base/periodic_task.h"
#include "shared/tls/listener_probe.h"

namespace perennial::agent {

namespace {

constexpr Duration handshakeLimit{5};
constexpr std::chrono::milliseconds shortPause{10};
constexpr std::chrono::milliseconds longPause{200};
// While a service reloads, its old workers may still take a connection after a new one has: the
// certificate must be seen this often in a row, at every listener, with a pause between.
constexpr int looksInARow = 3;
constexpr std::chrono::milliseconds pauseBetween{40};

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
    const auto lookAtAll = [&] {
        Status seen;
        for (auto listener = listeners.begin(); seen && listener != listeners.end(); ++listener)
            seen = look(*listener, fingerprint);
        return seen;
    };
    const auto deadline = clock_.monotonic() + std::chrono::milliseconds(patience_);
    auto pause = shortPause;
    for (int inARow = 0; inARow < looksInARow && !listeners.empty();) {
        const auto seen = lookAtAll();
        if (!seen && clock_.monotonic() >= deadline) return seen;
        inARow = seen ? inARow + 1 : 0;
        if (inARow == looksInARow) break;
        pauseFor(seen ? pauseBetween : pause);
        if (!seen) pause = std::min(pause * 2, longPause);
    }
    return {};
}

} // namespace perennial::agent
