#include "controller/enrollment/authentication/caller.h"

namespace perennial::enrollment::server {

namespace {

constexpr int attemptLimit = 10;
constexpr Duration attemptPeriod = std::chrono::minutes(15);
constexpr Duration clockSkew = std::chrono::minutes(5);
constexpr std::size_t rememberedKeys = 10'000;

} // namespace

bool FailedAttempts::mustWait(const std::string& key, TimePoint now)
{
    const std::lock_guard lock(mutex_);
    const auto found = counts_.find(key);
    if (found == counts_.end()) return false;
    if (now - found->second.since > attemptPeriod) {
        counts_.erase(found);
        return false;
    }
    return found->second.failures >= attemptLimit;
}

void FailedAttempts::failed(const std::string& key, TimePoint now)
{
    const std::lock_guard lock(mutex_);
    if (counts_.size() >= rememberedKeys)
        std::erase_if(
            counts_, [&](const auto& entry) { return now - entry.second.since > attemptPeriod; });
    if (counts_.size() >= rememberedKeys) counts_.erase(counts_.begin());
    auto& count = counts_[key];
    if (count.failures == 0) count.since = now;
    ++count.failures;
}

void FailedAttempts::succeeded(const std::string& key)
{
    const std::lock_guard lock(mutex_);
    counts_.erase(key);
}

Result<Caller> Authenticator::authenticate(xcep::ClientAuthentication method,
    const http::Call& call, const soap::Envelope& envelope, TimePoint now)
{
    return method == xcep::ClientAuthentication::Certificate ? byCertificate(call, now)
                                                             : byPassword(call, envelope, now);
}

Result<Caller> Authenticator::byPassword(
    const http::Call& call, const soap::Envelope& envelope, TimePoint now)
{
    auto credentials = soap::readCredentials(envelope);
    if (!credentials) return Error{ErrorKind::PermissionDenied, credentials.error().message};
    if (!credentials->usernameToken)
        return Error{ErrorKind::PermissionDenied, "no user name and password"};
    // Only a Timestamp says when a message was made; Created of the token is local time in cepces.
    if (const auto& stamp = credentials->timestamp;
        stamp && (stamp->created > now + clockSkew || stamp->expires < now - clockSkew))
        return Error{ErrorKind::PermissionDenied, "the message's Timestamp is over 5 minutes off"};

    auto name = credentials->usernameToken->username;
    if (const auto slash = name.find('\\'); slash != std::string::npos) name.erase(0, slash + 1);
    const auto byName = "user " + name;
    const auto byAddress = "address " + call.remoteAddress;
    if (attempts_.mustWait(byName, now) || attempts_.mustWait(byAddress, now))
        return Error{ErrorKind::PermissionDenied,
            toPrintable(name) + ": too many wrong passwords, locked out"};
    if (!users_.authenticate(name, credentials->usernameToken->password)) {
        attempts_.failed(byName, now);
        attempts_.failed(byAddress, now);
        return Error{
            ErrorKind::PermissionDenied, toPrintable(name) + ": wrong user name or password"};
    }
    attempts_.succeeded(byName);
    return Caller{name, users_.groupsOf(name), {}};
}

Result<Caller> Authenticator::byCertificate(const http::Call& call, TimePoint now)
{
    // TLS has verified the chain up to our own authority; the rest is asked here.
    if (!call.peer) return Error{ErrorKind::PermissionDenied, "no TLS client certificate"};
    const auto& certificate = *call.peer;
    if (now < certificate.notBefore() || now >= certificate.notAfter())
        return Error{ErrorKind::PermissionDenied, "the TLS client certificate is not valid now"};
    if (!certificate.allowsExtendedKeyUsage(x509::oid::clientAuthentication))
        return Error{
            ErrorKind::PermissionDenied, "the certificate is not for client authentication"};
    const auto known = store_.findCertificate(certificate.serial());
    if (!known) return known.error();
    if (!*known || (*known)->fingerprint != certificate.fingerprint())
        return Error{ErrorKind::PermissionDenied, "the certificate was not issued here"};
    if ((*known)->revoked) return Error{ErrorKind::PermissionDenied, "the certificate is revoked"};
    return Caller{"certificate " + certificate.serial(), {}, certificate};
}

} // namespace perennial::enrollment::server
