#include "agent/renewal/listener_eyes.h"

#include "agent/listener_address.h"
#include "shared/base/periodic_task.h"
#include "shared/tls/reachability.h"

namespace perennial::agent {

namespace {

constexpr Duration handshakeLimit{5};
constexpr std::chrono::milliseconds shortPause{10};
constexpr std::chrono::milliseconds longPause{200};
// While a service reloads, its old workers may still take a connection after a new one has: the
// certificate must be seen this often in a row, at every listener, with a pause between.
constexpr int looksInARow = 3;
constexpr std::chrono::milliseconds pauseBetween{40};

Status look(const model::Listener& listener, const std::string& fingerprint, const char* otherwise)
{
    const auto served = tls::probeListener(addressOf(listener), handshakeLimit);
    if (!served) return Error{ErrorKind::Conflict, served.error().message};
    const auto& leaf = served->chain.front();
    if (leaf.fingerprint() == fingerprint) return {};
    return Error{ErrorKind::Conflict, tls::toText(addressOf(listener)) + otherwise +
                                          "the certificate with serial " + leaf.serial()};
}

} // namespace

Status ListenerEyes::seesServed(
    const std::vector<model::Listener>& listeners, const std::string& fingerprint)
{
    const auto lookAtAll = [&] {
        Status seen;
        for (auto listener = listeners.begin(); seen && listener != listeners.end(); ++listener)
            seen = look(*listener, fingerprint, " still shows ");
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

// One good look at each is enough: that the service has reloaded was seen at the slot's own
// listeners.
Status ListenerEyes::seesUnchanged(const std::vector<model::Listener>& listeners)
{
    const auto deadline = clock_.monotonic() + std::chrono::milliseconds(patience_);
    auto pause = shortPause;
    for (auto listener = listeners.begin(); listener != listeners.end();) {
        const auto seen = look(*listener, listener->served.text(), " now shows ");
        if (!seen && clock_.monotonic() >= deadline) return seen;
        if (seen) {
            ++listener;
            continue;
        }
        pauseFor(pause);
        pause = std::min(pause * 2, longPause);
    }
    return {};
}

std::vector<model::Listener> ListenerEyes::answering(const std::vector<model::Listener>& listeners)
{
    const auto deadline = clock_.monotonic() + std::chrono::milliseconds(patience_);
    std::vector<model::Listener> answering;
    for (auto listener : listeners) {
        if (clock_.monotonic() >= deadline) break; // some do not answer, and take their time
        const auto served = tls::probeListener(addressOf(listener), handshakeLimit);
        if (!served) continue;
        listener.served = model::Fingerprint(served->chain.front().fingerprint());
        answering.push_back(std::move(listener));
    }
    return answering;
}

bool ListenerEyes::anybodyListens(const std::vector<model::Listener>& listeners)
{
    for (const auto& listener : listeners) {
        const auto address = addressOf(listener);
        const auto reached = tls::reach(address.host, address.port, handshakeLimit);
        if (reached || reached.error().kind != ErrorKind::NotFound) return true;
    }
    return false;
}

} // namespace perennial::agent
