#pragma once

#include "agent/renewal/hands.h"

namespace perennial::agent {

// Looks by TLS handshakes, again and again until all listeners show the certificate some times in a
// row or the time is up: a graceful reload takes a moment.
class ListenerEyes final : public Eyes {
public:
    ListenerEyes(const Clock& clock, Duration patience) : clock_(clock), patience_(patience) {}

    Result<std::string> seesServed(
        const std::vector<model::Listener>& listeners, const std::string& fingerprint) override;
    Result<std::string> seesUnchanged(const std::vector<model::Listener>& listeners) override;
    std::vector<model::Listener> answering(const std::vector<model::Listener>& listeners) override;
    bool anybodyListens(const std::vector<model::Listener>& listeners) override;

private:
    const Clock& clock_;
    Duration patience_;
};

} // namespace perennial::agent
