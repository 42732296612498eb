#pragma once

#include "agent/renewal/hands.h"
#include "agent/trust_desk.h"
#include "shared/model/installer_message.h"

#include <string>

namespace perennial::agent {

// perennial-installer over its socket: one connection a call.
class InstallerClient final : public InstallerHands, public AnchorHands {
public:
    explicit InstallerClient(std::string socket) : socket_(std::move(socket)) {}

    Status preflight(const Renewal& renewal) override;
    Result<Bytes> makeKey(const Renewal& renewal, const std::string& keyType) override;
    Status place(const Renewal& renewal, const std::string& chainPem) override;
    Status switchBack(const Renewal& renewal) override;
    Result<ActionResult> act(const Renewal& renewal) override;
    Status finish(const Renewal& renewal) override;
    Status discard(const Renewal& renewal) override;
    Result<AnchorChange> setAnchors(const std::string& store, const std::string& pem) override;

private:
    Result<model::InstallerMessage> ask(model::InstallerMessage message) const;

    std::string socket_;
};

} // namespace perennial::agent
