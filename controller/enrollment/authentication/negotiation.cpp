#include "controller/enrollment/authentication/authenticator.h"

#include <algorithm>
#include <cctype>

namespace perennial::enrollment::server {

namespace {

constexpr std::string_view scheme = "negotiate ";

// The token of "Authorization: Negotiate <base64>"; the scheme in any letter case (RFC 9110 11.1).
std::optional<std::string> sentToken(const http::Call& call)
{
    const auto header = call.headers.find("authorization");
    if (header == call.headers.end() || header->second.size() < scheme.size()) return std::nullopt;
    const auto& value = header->second;
    const bool ours = std::equal(scheme.begin(), scheme.end(), value.begin(),
        [](char a, char b) { return a == std::tolower(static_cast<unsigned char>(b)); });
    if (!ours) return std::nullopt;
    return value.substr(scheme.size());
}

} // namespace

http::Answer Authenticator::challenge()
{
    http::Answer answer{401, "text/plain", "Kerberos credentials are needed\n", {}};
    answer.headers["WWW-Authenticate"] = "Negotiate";
    return answer;
}

Result<Authenticator::Negotiated> Authenticator::byNegotiation(
    const AuthenticationSettings& settings, const http::Call& call, TimePoint now)
{
    // Without a token it is how every client begins: nothing to log.
    const auto token = sentToken(call);
    if (!token) return Error{ErrorKind::PermissionDenied, "no Negotiate token"};
    auto negotiated = acceptToken(settings, call, *token, now);
    if (negotiated) return negotiated;
    // A ticket is not guessed, so nobody is locked out; but a log is not to be filled either.
    if (isWorthTelling("a refused Negotiate token", call, now))
        (void)refused(call, negotiated.error().message);
    return negotiated.error();
}

Result<Authenticator::Negotiated> Authenticator::acceptToken(const AuthenticationSettings& settings,
    const http::Call& call, std::string_view base64, TimePoint now)
{
    const auto denied = [](const std::string& why) {
        return Error{ErrorKind::PermissionDenied, why};
    };
    if (parts_.acceptor == nullptr || parts_.kerberos == nullptr)
        return denied("Kerberos is not configured");
    if (settings.channelBindingRequired && call.serverEndPoint.empty())
        return denied("the TLS certificate has no channel binding (RFC 5929): use RSA or ECDSA");
    const auto token = fromBase64(base64);
    if (!token) return denied("the Negotiate token is not base64");
    const auto accepted = parts_.acceptor->accept(*token, call.serverEndPoint);
    if (!accepted) return accepted.error();
    const auto principal = toPrintable(accepted->principal, 200);
    if (settings.channelBindingRequired && !accepted->channelBound)
        return denied(principal + ": the client did not bind to the TLS channel "
                                  "(tls-server-end-point), and channel_binding is required");
    auto known = callerOf(parts_.kerberos->names, accepted->principal);
    if (!known) return denied(principal + ": neither the principal nor its realm is configured");
    auto caller = known->directory ? inDirectory(known->caller, accepted->principal, now)
                                   : Result(known->caller);
    if (!caller) return caller.error().in(principal);
    return Negotiated{*std::move(caller),
        accepted->answer.empty() ? "Negotiate" : "Negotiate " + toBase64(accepted->answer)};
}

Result<Caller> Authenticator::inDirectory(
    const Caller& proven, const std::string& principal, TimePoint now)
{
    if (parts_.directory == nullptr)
        return Error{ErrorKind::Unavailable, "no directory is configured"};
    const auto turn = asking_.take();
    if (!turn) return Error{ErrorKind::Unavailable, "too many questions to the directory at once"};
    return parts_.directory->describe(proven, principal, now);
}

} // namespace perennial::enrollment::server
