#include "controller/api/identity_authority.h"

#include "shared/base/secret_file.h"
#include "shared/x509/signing_request.h"

namespace perennial::controller {

namespace {

constexpr Duration authorityLife = std::chrono::hours(24 * 365 * 10);
constexpr Duration serverLife = std::chrono::hours(24 * 365);
constexpr Duration clockSkew = std::chrono::minutes(10);
constexpr std::string_view uriPrefix = "perennial://agent/";

x509::GeneralName nameOf(const std::string& text)
{
    const bool address = text.find(':') != std::string::npos ||
                         text.find_first_not_of("0123456789.") == std::string::npos;
    return {address ? x509::GeneralName::Type::Ip : x509::GeneralName::Type::Dns, text};
}

struct Wanted {
    std::string subject;
    std::vector<x509::GeneralName> names;
    std::string_view purpose;
    Bytes publicKey;
    Duration life;
};

Result<x509::Certificate> issue(const Wanted& wanted, const x509::Certificate& authority,
    const x509::PrivateKey& key, TimePoint now)
{
    const auto subject = x509::subjectDerFromText(wanted.subject);
    if (!subject) return subject.error();
    const auto names = x509::alternativeNameExtension(wanted.names);
    if (!names) return names.error();
    const auto purpose = x509::extendedKeyUsageExtension({std::string(wanted.purpose)});
    if (!purpose) return purpose.error();
    const auto usage = x509::keyUsageExtension({"digitalSignature"});
    if (!usage) return usage.error();
    return x509::issueCertificate({*subject, wanted.publicKey, now - clockSkew, now + wanted.life,
                                      {*names, *purpose, *usage}},
        authority, key);
}

} // namespace

Status IdentityAuthority::make(
    FileSystem& files, const std::string& folder, const std::string& name, TimePoint now)
{
    for (const auto* file : {"/authority.pem", "/authority.key"}) {
        if (files.inspect(folder + file))
            return Error{ErrorKind::Conflict, folder + file + " is there already"};
    }
    auto key = x509::PrivateKey::generate("ec-p256");
    if (!key) return key.error();
    const auto root = x509::makeRoot({name, now - clockSkew, now + authorityLife, 0}, *key);
    if (!root) return root.error();
    const auto secret = key->toPem();
    if (auto done = files.replace(folder + "/authority.key", secret.reveal(), {0600, {}, {}});
        !done)
        return done;
    return files.replace(folder + "/authority.pem", root->toPem(), {0644, {}, {}});
}

Result<IdentityAuthority> IdentityAuthority::open(const std::string& folder)
{
    const auto identity = tls::loadIdentity(folder + "/authority.pem", folder + "/authority.key");
    if (!identity) return identity.error().in("the controller's authority");
    const auto pem = readSecretFile(folder + "/authority.key", x509::PrivateKey::sizeLimit);
    if (!pem) return pem.error();
    auto key = x509::PrivateKey::fromPem(*pem);
    if (!key) return key.error();
    return IdentityAuthority(identity->chain.front(), *std::move(key));
}

Result<x509::Certificate> IdentityAuthority::issueIdentity(
    const std::string& requestPem, const model::AgentId& agent, TimePoint now) const
{
    const auto request = x509::SigningRequest::fromPem(requestPem);
    if (!request) return request.error();
    if (!request->isSelfSigned())
        return Error{ErrorKind::InvalidInput, "the request does not prove possession of its key"};
    if (!x509::isKnownKeyType(request->keyType()))
        return Error{ErrorKind::InvalidInput, "identities need an RSA or EC key of a known size"};
    return issue({agent.text(), {{x509::GeneralName::Type::Uri, identityUri(agent)}},
                     x509::oid::clientAuthentication, request->publicKeyDer(), identityLife},
        certificate_, key_, now);
}

Result<tls::Identity> IdentityAuthority::issueServer(
    const std::vector<std::string>& names, TimePoint now) const
{
    if (names.empty()) return Error{ErrorKind::InvalidInput, "a TLS certificate needs a name"};
    auto key = x509::PrivateKey::generate("ec-p256");
    if (!key) return key.error();
    std::vector<x509::GeneralName> general;
    for (const auto& name : names)
        general.push_back(nameOf(name));
    auto leaf = issue({names.front(), std::move(general), x509::oid::serverAuthentication,
                          key->publicKeyDer(), serverLife},
        certificate_, key_, now);
    if (!leaf) return leaf.error();
    // The authority is in the chain: a joining agent knows nothing but its pin.
    return tls::Identity{
        {*std::move(leaf), certificate_}, std::make_shared<x509::PrivateKey>(*std::move(key))};
}

std::string identityUri(const model::AgentId& agent)
{
    return std::string(uriPrefix) + agent.text();
}

Result<model::AgentId> agentOf(const x509::Certificate& identity)
{
    const auto names = identity.alternativeNames();
    const bool one = names.size() == 1 && names.front().type == x509::GeneralName::Type::Uri &&
                     names.front().value.rfind(uriPrefix, 0) == 0;
    if (identity.isAuthority() || !one)
        return Error{ErrorKind::PermissionDenied, "the client certificate is no agent identity"};
    const auto usages = identity.extendedKeyUsages();
    if (usages.size() != 1 || usages.front() != x509::oid::clientAuthentication)
        return Error{ErrorKind::PermissionDenied,
            "the client certificate is not for client authentication alone"};
    const auto id = names.front().value.substr(uriPrefix.size());
    if (!model::isSafeIdentifier(id))
        return Error{ErrorKind::PermissionDenied, "the client certificate names a strange agent"};
    return model::AgentId(id);
}

} // namespace perennial::controller
