#pragma once

#include "agent/renewal/hands.h"
#include "shared/model/installer_message.h"

#include <string>

namespace perennial::agent {

// perennial-installer over its socket: one connection a call.
class InstallerClient final : public InstallerHands {
public:
    explicit InstallerClient(std::string socket) : socket_(std::move(socket)) {}

    Status preflight(const Renewal& renewal) override;
    Result<Bytes> makeKey(const Renewal& renewal, const std::string& keyType) override;
    Status place(const Renewal& renewal, const std::string& chainPem) override;
    Status switchBack(const Renewal& renewal) override;
    Result<ActionResult> act(const Renewal& renewal) override;
    Result<std::string> finish(const Renewal& renewal) override;
    Status discard(const Renewal& renewal) override;

private:
    Result<model::InstallerMessage> ask(model::InstallerMessage message) const;

    std::string socket_;
};

} // namespace perennial::agent
