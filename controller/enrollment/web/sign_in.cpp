#include "controller/enrollment/web/sign_in.h"

#include "controller/enrollment/web/basic_credentials.h"

namespace perennial::enrollment::server::web {

Result<SignIn::Known> SignIn::whoCalls(const http::Call& call, TimePoint now) const
{
    const auto header = call.headers.find("authorization");
    if (header != call.headers.end()) return byHeader(header->second, call, now);
    // Without anything it is how every client begins: nothing to log.
    if (!settings_.certificate || !call.peer)
        return Error{ErrorKind::PermissionDenied, "no credentials"};
    auto caller = authenticator_.byCertificate(*settings_.certificate, call, now);
    if (!caller) return caller.error();
    return Known{*std::move(caller), ""};
}

Result<SignIn::Known> SignIn::byHeader(
    const std::string& authorization, const http::Call& call, TimePoint now) const
{
    const auto scheme = schemeOf(authorization);
    if (scheme == "negotiate" && settings_.kerberos) {
        auto negotiated = authenticator_.byNegotiation(*settings_.kerberos, call, now);
        if (!negotiated) return negotiated.error();
        return Known{std::move(negotiated->caller), std::move(negotiated->header)};
    }
    if (scheme == "basic" && settings_.password) {
        const auto sent = readBasicCredentials(authorization);
        if (!sent) return Error{ErrorKind::PermissionDenied, "malformed Basic credentials"};
        auto caller =
            authenticator_.byPassword(*settings_.password, sent->name, sent->password, call, now);
        if (!caller) return caller.error();
        return Known{*std::move(caller), ""};
    }
    return Error{ErrorKind::PermissionDenied, "the authentication scheme is not offered"};
}

std::vector<std::string> SignIn::challenges() const
{
    std::vector<std::string> all;
    if (settings_.kerberos) all.push_back("Negotiate");
    if (settings_.password) all.push_back(R"(Basic realm="certsrv", charset="UTF-8")");
    return all;
}

} // namespace perennial::enrollment::server::web
