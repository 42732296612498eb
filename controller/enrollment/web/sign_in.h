#pragma once

#include "controller/enrollment/authentication/authenticator.h"
#include "controller/enrollment/web/web_settings.h"

namespace perennial::enrollment::server::web {

// Who calls /certsrv: by the Authorization header where there is one, else by the TLS certificate.
class SignIn {
public:
    SignIn(const WebEnrollmentSettings& settings, Authenticator& authenticator)
        : settings_(settings), authenticator_(authenticator)
    {
    }

    struct Known {
        Caller caller;
        std::string negotiated; // for WWW-Authenticate of the answer; empty: none
    };
    // PermissionDenied: ask with challenges(). Unavailable: nobody can tell now.
    Result<Known> whoCalls(const http::Call& call, TimePoint now) const;
    // Of a 401, strongest first, a WWW-Authenticate each. Empty where only certificates count.
    std::vector<std::string> challenges() const;

private:
    Result<Known> byHeader(
        const std::string& authorization, const http::Call& call, TimePoint now) const;

    const WebEnrollmentSettings& settings_;
    Authenticator& authenticator_;
};

} // namespace perennial::enrollment::server::web
