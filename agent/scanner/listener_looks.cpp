#include "agent/scanner/listener_looks.h"

#include "agent/listener_address.h"

#include <map>
#include <string>
#include <utility>

namespace perennial::scanner {

namespace {

constexpr int patience = 3;

// One scan's looks: what was seen is not looked at twice.
class Looks {
public:
    Looks(const Look& look, const Clock& clock, Duration time)
        : look_(look), clock_(clock), end_(clock.monotonic() + time)
    {
    }

    Result<model::Fingerprint> at(const model::Listener& listener)
    {
        const auto known = seen_.find(listener);
        if (known != seen_.end()) return known->second;
        return seen_.emplace(listener, seeNow(listener)).first->second;
    }

private:
    Result<model::Fingerprint> seeNow(const model::Listener& listener)
    {
        auto& failures = failures_[{listener.host, listener.port}];
        if (failures >= patience)
            return Error{ErrorKind::Unavailable, "not looked at: the address does not answer"};
        if (clock_.monotonic() >= end_)
            return Error{ErrorKind::Unavailable, "not looked at: no time was left"};
        auto served = look_(listener);
        failures = served ? 0 : failures + 1;
        return served;
    }

    const Look& look_;
    const Clock& clock_;
    std::chrono::milliseconds end_;
    std::map<model::Listener, Result<model::Fingerprint>> seen_;
    std::map<std::pair<std::string, int>, int> failures_; // in a row
};

} // namespace

Look handshakeLook(Duration limit)
{
    return [limit](const model::Listener& listener) -> Result<model::Fingerprint> {
        const auto served = tls::probeListener(agent::addressOf(listener), limit);
        if (!served) return served.error();
        return model::Fingerprint(served->chain.front().fingerprint());
    };
}

void lookAtListeners(
    std::vector<model::Slot>& slots, const Look& look, const Clock& clock, Duration time)
{
    Looks looks(look, clock, time);
    for (auto& slot : slots) {
        for (auto& listener : slot.listeners) {
            if (!listener.served.empty()) continue;
            const auto served = looks.at(listener);
            if (served)
                listener.served = *served;
            else
                slot.warnings.push_back(served.error().message);
        }
    }
}

} // namespace perennial::scanner
