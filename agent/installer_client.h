#pragma once

#include "agent/renewal/hands.h"
#include "agent/trust_desk.h"
#include "shared/base/clock.h"
#include "shared/base/unix_socket.h"
#include "shared/model/installer_message.h"

#include <optional>
#include <string>

namespace perennial::agent {

// perennial-installer over its socket. Each connection costs it a process that reads the guard, so
// one serves the calls that follow each other, until hangUp(). For one thread.
class InstallerClient final : public InstallerHands, public AnchorHands {
public:
    explicit InstallerClient(std::string socket) : socket_(std::move(socket)) {}

    Status preflight(const Renewal& renewal) override;
    Result<Bytes> makeKey(const Renewal& renewal, const std::string& keyType) override;
    Status place(const Renewal& renewal, const std::string& chainPem) override;
    Status switchBack(const Renewal& renewal) override;
    Result<ActionResult> act(const Renewal& renewal) override;
    Result<std::string> finish(const Renewal& renewal) override;
    Status discard(const Renewal& renewal) override;
    Result<AnchorChange> setAnchors(const std::string& store, const std::string& pem) override;

    void hangUp() { connection_.reset(); } // the next call connects anew

private:
    Result<model::InstallerMessage> ask(model::InstallerMessage message);
    Result<SocketMessage> exchange(const std::string& message);

    std::string socket_;
    std::optional<UnixSocket> connection_;
    Deadline fresh_{Duration(0)}; // of the connection
};

} // namespace perennial::agent
