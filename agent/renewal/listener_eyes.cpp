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

// Conflict: a certificate that should not be there. Of a listener that was only observed that is
// the one it showed before alone: whoever has its address now may be somebody else. Unavailable:
// nothing was seen that counts.
Status look(const model::Listener& listener, const std::string& fingerprint, const char* otherwise)
{
    const auto served = tls::probeListener(addressOf(listener), handshakeLimit);
    if (!served) return Error{ErrorKind::Unavailable, served.error().message};
    const auto& leaf = served->chain.front();
    if (leaf.fingerprint() == fingerprint) return {};
    const auto& before = listener.served.text();
    const bool counts = !listener.observed || leaf.fingerprint() == before || fingerprint == before;
    return Error{counts ? ErrorKind::Conflict : ErrorKind::Unavailable,
        tls::toText(addressOf(listener)) + otherwise + "the certificate with serial " +
            leaf.serial()};
}

bool isOnlyGone(const model::Listener& listener, const Status& seen)
{
    return listener.observed && !seen && seen.error().kind == ErrorKind::Unavailable;
}

Error asConflict(const Status& seen) { return {ErrorKind::Conflict, seen.error().message}; }

// One look at all of them.
struct LookAround {
    Status failed; // the first that counts
    Status gone;   // one that was only observed, and is silent
    bool anyShows = false;
};

LookAround lookAround(const std::vector<model::Listener>& listeners, const std::string& fingerprint)
{
    LookAround around;
    for (const auto& listener : listeners) {
        const auto seen = look(listener, fingerprint, " still shows ");
        around.anyShows = around.anyShows || seen.ok();
        if (isOnlyGone(listener, seen))
            around.gone = seen;
        else
            around.failed = seen;
        if (!around.failed) break;
    }
    return around;
}

} // namespace

// Until the time is up, one that was only observed must show it like all others.
Result<std::string> ListenerEyes::seesServed(
    const std::vector<model::Listener>& listeners, const std::string& fingerprint)
{
    const auto deadline = clock_.monotonic() + std::chrono::milliseconds(patience_);
    auto pause = shortPause;
    for (int inARow = 0; inARow < looksInARow && !listeners.empty();) {
        const auto around = lookAround(listeners, fingerprint);
        const bool seen = around.failed.ok() && around.gone.ok();
        if (!seen && clock_.monotonic() >= deadline) {
            if (!around.failed) return asConflict(around.failed);
            if (!around.anyShows) return asConflict(around.gone);
            return around.gone.error().message;
        }
        inARow = seen ? inARow + 1 : 0;
        if (inARow == looksInARow) break;
        pauseFor(seen ? pauseBetween : pause);
        if (!seen) pause = std::min(pause * 2, longPause);
    }
    return std::string();
}

// One good look at each is enough: that the service has reloaded was seen at the slot's own
// listeners.
Result<std::string> ListenerEyes::seesUnchanged(const std::vector<model::Listener>& listeners)
{
    const auto deadline = clock_.monotonic() + std::chrono::milliseconds(patience_);
    auto pause = shortPause;
    std::string remark;
    for (auto listener = listeners.begin(); listener != listeners.end();) {
        const auto seen = look(*listener, listener->served.text(), " now shows ");
        const bool late = clock_.monotonic() >= deadline;
        const bool gone = late && isOnlyGone(*listener, seen);
        if (!seen && late && !gone) return asConflict(seen);
        if (gone) remark = seen.error().message;
        if (seen || gone) {
            ++listener;
            continue;
        }
        pauseFor(pause);
        pause = std::min(pause * 2, longPause);
    }
    return remark;
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
