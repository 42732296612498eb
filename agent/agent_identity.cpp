#include "agent/agent_identity.h"

#include "shared/base/json.h"
#include "shared/x509/signing_request.h"

#include <array>
#include <unistd.h>

namespace perennial::agent {

TimePoint AgentIdentity::renewAt() const
{
    const auto& leaf = tls.chain.front();
    return leaf.notBefore() + (leaf.notAfter() - leaf.notBefore()) * 2 / 3;
}

Result<IdentityRequest> makeIdentityRequest(const std::string& hostName)
{
    auto key = x509::PrivateKey::generate("ec-p256");
    if (!key) return key.error();
    // The controller decides what the identity says; the name is for whoever reads the request.
    const auto subject = x509::subjectDerFromText(hostName);
    if (!subject) return subject.error();
    const auto request = x509::makeSigningRequest({*subject, {}, {}}, *key);
    if (!request) return request.error();
    return IdentityRequest{std::make_shared<x509::PrivateKey>(*std::move(key)), request->toPem()};
}

Result<AgentIdentity> loadIdentity(const FileSystem& files, const AgentConfig& config)
{
    const auto text = files.read(config.state + "/agent.json", 65536);
    if (!text) return text.error();
    const auto json = Json::parse(*text);
    if (!json) return json.error().in(config.state + "/agent.json");
    JsonReader in(*json, config.state + "/agent.json");
    AgentIdentity identity;
    identity.agent = model::AgentId(in.string("agent_id"));
    identity.hostName = in.string("host");
    identity.epoch = in.string("epoch");
    if (auto status = in.finish(); !status) return status.error();
    auto tls = tls::loadIdentity(config.identityFile(), config.identityFile());
    if (!tls) return tls.error().in("identity");
    identity.tls = *std::move(tls);
    const auto authority = files.read(config.authorityFile());
    if (!authority) return authority.error();
    auto anchors = x509::Certificate::allFromPem(*authority);
    if (!anchors) return anchors.error().in(config.authorityFile());
    identity.authority = *std::move(anchors);
    return identity;
}

Status storeIdentity(FileSystem& files, const AgentConfig& config, const x509::PrivateKey& key,
    const std::string& certificatePem)
{
    const auto leaf = x509::Certificate::fromPem(certificatePem);
    if (!leaf) return leaf.error().in("the identity that came");
    if (!key.matches(*leaf))
        return Error{ErrorKind::InvalidInput, "the identity that came is for another key"};
    const auto secret = key.toPem();
    if (secret.reveal().size() + certificatePem.size() > x509::PrivateKey::sizeLimit)
        return Error{ErrorKind::InvalidInput, "the identity that came is too long"};
    std::string both;
    both.reserve(secret.reveal().size() + certificatePem.size()); // no copy is left behind
    both += secret.reveal();
    both += certificatePem;
    const Secret content(std::move(both));
    return files.replace(config.identityFile(), content.reveal(), {0600, {}, {}});
}

Status storeJoining(FileSystem& files, const AgentConfig& config, const model::AgentId& agent,
    const std::string& hostName, const std::string& epoch, const std::string& authorityPem)
{
    if (auto done = files.replace(config.authorityFile(), authorityPem, {0644, {}, {}}); !done)
        return done;
    Json json;
    json["agent_id"] = agent.text();
    json["host"] = hostName;
    json["epoch"] = epoch;
    return files.replace(config.state + "/agent.json", json.canonical() + "\n");
}

std::string localHostName()
{
    std::array<char, 256> name{};
    if (::gethostname(name.data(), name.size() - 1) != 0) return "localhost";
    return name.data();
}

} // namespace perennial::agent
