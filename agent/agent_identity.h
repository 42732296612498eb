#pragma once

#include "agent/agent_config.h"
#include "shared/base/file_system.h"
#include "shared/model/identifiers.h"
#include "shared/tls/tls_settings.h"

#include <map>

namespace perennial::agent {

// Who this agent is to its controller. Never one of the certificates it manages.
struct AgentIdentity {
    model::AgentId agent;
    std::string hostName;
    std::string epoch; // of the event numbering
    tls::Identity tls;
    std::vector<x509::Certificate> authority; // the controller's, from the joining

    TimePoint renewAt() const; // two thirds of its life
};

// A new key and the request for its certificate.
struct IdentityRequest {
    std::shared_ptr<const x509::PrivateKey> key;
    std::string requestPem;
};
Result<IdentityRequest> makeIdentityRequest(const std::string& hostName);

// NotFound before the joining.
Result<AgentIdentity> loadIdentity(const FileSystem& files, const AgentConfig& config);
// Both in one file, so that a crash leaves the old pair or the new one. Refuses (InvalidInput) what
// is not this key's certificate: what came must not cost the identity that there is.
Status storeIdentity(FileSystem& files, const AgentConfig& config, const x509::PrivateKey& key,
    const std::string& certificatePem);
Status storeJoining(FileSystem& files, const AgentConfig& config, const model::AgentId& agent,
    const std::string& hostName, const std::string& epoch, const std::string& authorityPem);

std::string localHostName();

} // namespace perennial::agent
