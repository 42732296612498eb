#include "controller/enrollment/authentication/authenticator.h"

#include "shared/enrollment/soap/credentials.h"

namespace perennial::enrollment::server {

namespace {

constexpr Duration clockSkew = std::chrono::minutes(5);

} // namespace

Error Authenticator::refused(const http::Call& call, const std::string& why) const
{
    parts_.log.warning(call.remoteAddress + " at " + call.path + ": " + why);
    return Error{ErrorKind::PermissionDenied, why};
}

Error Authenticator::cannotTell(const std::string& why) const
{
    parts_.log.error(why);
    return Error{ErrorKind::Unavailable, why};
}

// Ten times a quarter of an hour of each address, and a hundred times of all.
bool Authenticator::isWorthTelling(const std::string& what, const http::Call& call, TimePoint now)
{
    const AttemptLimits::Attempt attempt{what, call.remoteAddress};
    if (!told_.admit(attempt, now)) return false;
    if (const auto silence = told_.failed(attempt, now))
        parts_.log.warning(call.remoteAddress + " at " + call.path + ": " + what +
                           " is not told again until " + toRfc3339(silence->until));
    return true;
}

Result<Caller> Authenticator::byMessage(const AuthenticationSettings& settings,
    const http::Call& call, const soap::Envelope& envelope, TimePoint now)
{
    if (settings.method == xcep::ClientAuthentication::Certificate)
        return byCertificate(settings, call, now);
    if (settings.method != xcep::ClientAuthentication::UsernamePassword)
        return refused(call, "the endpoint's method is not in the message");
    auto credentials = soap::readCredentials(envelope);
    if (!credentials) return refused(call, credentials.error().message);
    if (!credentials->usernameToken) return refused(call, "no user name and password");
    // Only a Timestamp says when a message was made; Created of the token is local time in cepces.
    if (const auto& stamp = credentials->timestamp;
        stamp && (stamp->created > now + clockSkew || stamp->expires < now - clockSkew))
        return refused(call, "the message's Timestamp is over 5 minutes off");
    const auto& token = *credentials->usernameToken;
    return byPassword(settings, token.username, token.password, call, now);
}

Result<Caller> Authenticator::byCertificate(
    const AuthenticationSettings& settings, const http::Call& call, TimePoint now)
{
    // TLS has verified the chain up to our own authority; the rest is asked here.
    if (!call.peer) return refused(call, "no TLS client certificate");
    const auto& certificate = *call.peer;
    if (now < certificate.notBefore() || now >= certificate.notAfter())
        return refused(call, "the TLS client certificate is not valid now");
    if (!certificate.allowsExtendedKeyUsage(x509::oid::clientAuthentication))
        return refused(call, "the certificate is not for client authentication");
    const auto known = parts_.store.findCertificate(certificate.serial());
    if (!known) return cannotTell("the certificates cannot be read: " + known.error().message);
    const bool unknown = !*known || (*known)->fingerprint != certificate.fingerprint();
    if (unknown && parts_.remote == nullptr)
        return refused(call, "the certificate was not issued here");
    if (auto good = checkRemote(settings, call, now); !good) return good.error();
    if (!unknown && (*known)->revoked) return refused(call, "the certificate is revoked");
    auto caller = settings.keyBasedRenewal
                      ? Result(Caller{"certificate " + certificate.serial(), {}, certificate})
                      : callerOf(parts_.mappings, certificate);
    if (!caller) return refused(call, caller.error().message);
    if (!unknown) caller->record = *known;
    caller->issuer = call.peerIssuer;
    return caller;
}

// A relay learns of revocations from the authority's CRLs. Where they cannot be had nobody's
// certificate speaks for its account; a renewal by key goes on to the authority, which looks at its
// own records.
Status Authenticator::checkRemote(
    const AuthenticationSettings& settings, const http::Call& call, TimePoint now) const
{
    if (parts_.remote == nullptr) return {};
    switch (parts_.remote->standingOf(*call.peer, now)) {
    case RemoteAuthority::Standing::Foreign:
        return refused(call, "the certificate was issued by another authority");
    case RemoteAuthority::Standing::Revoked: return refused(call, "the certificate is revoked");
    case RemoteAuthority::Standing::Good: return {};
    case RemoteAuthority::Standing::Unknown: break;
    }
    if (settings.keyBasedRenewal) return {};
    return cannotTell("no CRL of the authority counts: nobody comes in by certificate");
}

} // namespace perennial::enrollment::server
