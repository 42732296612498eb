#pragma once

#include "shared/base/clock.h"
#include "shared/base/file_system.h"
#include "shared/model/identifiers.h"
#include "shared/tls/tls_settings.h"
#include "shared/x509/authority.h"

#include <string>
#include <vector>

namespace perennial::controller {

// The controller's own authority: it signs the agents' identities and the controller's TLS
// certificates, and nothing that an agent manages.
class IdentityAuthority {
public:
    static constexpr Duration identityLife = std::chrono::hours(24 * 7);

    // Makes <folder>/authority.pem and authority.key. Conflict when they are there.
    static Status make(
        FileSystem& files, const std::string& folder, const std::string& name, TimePoint now);
    static Result<IdentityAuthority> open(const std::string& folder);

    // An identity: client authentication only, and the agent's URI as its one name.
    Result<x509::Certificate> issueIdentity(
        const std::string& requestPem, const model::AgentId& agent, TimePoint now) const;
    // A TLS certificate for the controller itself; a new key each time the controller starts.
    Result<tls::Identity> issueServer(const std::vector<std::string>& names, TimePoint now) const;

    const x509::Certificate& certificate() const { return certificate_; }

private:
    IdentityAuthority(x509::Certificate certificate, x509::PrivateKey key)
        : certificate_(std::move(certificate)), key_(std::move(key))
    {
    }

    x509::Certificate certificate_;
    x509::PrivateKey key_;
};

// "perennial://agent/<agent id>", the one name of an identity.
std::string identityUri(const model::AgentId& agent);
// The agent that a verified TLS client certificate is: exactly one name, this URI; not an
// authority.
Result<model::AgentId> agentOf(const x509::Certificate& identity);

} // namespace perennial::controller
