#pragma once

#include "controller/enrollment/ces/request_service.h"
#include "controller/enrollment/relay/relay_settings.h"
#include "shared/base/secret.h"
#include "shared/http/client/http_client.h"

#include <memory>
#include <mutex>
#include <vector>

namespace perennial::enrollment::server {

// The CES that a relay asks. A fault is an answer; errors are Unavailable (not reached, no SOAP),
// PermissionDenied (TLS) and InvalidInput (what came is no answer to this question).
class Upstream {
public:
    virtual ~Upstream() = default;
    virtual Result<ServiceAnswer> ask(const wstep::TokenRequest& request) = 0;
    // What it is shown at TLS, where that is the service's credential.
    virtual std::optional<x509::Certificate> ownCertificate() const = 0;
};

// The certificates of trust_file.
Result<std::vector<x509::Certificate>> readTrust(const RelaySettings& settings);

// Over HTTPS, under the service's own credential. Keeps connections between questions, as many as
// there were at once.
class CesUpstream final : public Upstream {
public:
    // Reads the credential; a password file that others can read is refused.
    static Result<std::unique_ptr<CesUpstream>> open(const RelaySettings& settings);

    Result<ServiceAnswer> ask(const wstep::TokenRequest& request) override;
    std::optional<x509::Certificate> ownCertificate() const override;

private:
    CesUpstream(RelaySettings settings, tls::ClientSettings tls, Secret password)
        : settings_(std::move(settings)), tls_(std::move(tls)), password_(std::move(password))
    {
    }
    std::unique_ptr<http::Client> take();
    void giveBack(std::unique_ptr<http::Client> client);
    Result<ServiceAnswer> askWith(http::Client& client, const wstep::TokenRequest& request) const;

    const RelaySettings settings_;
    const tls::ClientSettings tls_;
    const Secret password_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<http::Client>> idle_;
};

} // namespace perennial::enrollment::server
