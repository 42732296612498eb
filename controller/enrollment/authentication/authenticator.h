#pragma once

#include "controller/enrollment/authentication/attempt_limits.h"
#include "controller/enrollment/authentication/authentication_settings.h"
#include "controller/enrollment/authentication/certificate_mappings.h"
#include "controller/enrollment/authentication/directory.h"
#include "controller/enrollment/authentication/turns.h"
#include "controller/enrollment/authentication/users.h"
#include "controller/enrollment/storage/enrollment_store.h"
#include "shared/base/log.h"
#include "shared/enrollment/soap/envelope.h"
#include "shared/gss/acceptor.h"
#include "shared/http/server/http_server.h"

#include <string>

namespace perennial::enrollment::server {

// What is known here of the certificates of an authority on another machine.
class RemoteAuthority {
public:
    virtual ~RemoteAuthority() = default;

    enum class Standing {
        Foreign, // another authority's
        Revoked,
        Good,
        Unknown // whether it is revoked cannot be told now
    };
    virtual Standing standingOf(const x509::Certificate& certificate, TimePoint now) const = 0;
};

// Learns who asks, by each of the methods that MS-XCEP names but Anonymous. Errors are
// PermissionDenied (not proven; callers only ever see that) and Unavailable (cannot be told now:
// come again). Both are logged here, with the reason.
class Authenticator {
public:
    struct Parts {
        const HeldUsers& users;
        EnrollmentStore& store;
        const CertificateMappings& mappings;
        const KerberosSettings* kerberos = nullptr; // both or neither
        const gss::Acceptor* acceptor = nullptr;
        Directory* directory = nullptr; // for endpoints with passwords: directory
        const Log& log;
        const RemoteAuthority* remote = nullptr; // with a relay
    };
    explicit Authenticator(const Parts& parts) : parts_(parts) {}

    // SOAP endpoints whose method is UsernamePassword or Certificate.
    Result<Caller> byMessage(const AuthenticationSettings& settings, const http::Call& call,
        const soap::Envelope& envelope, TimePoint now);

    // A name may come as DOMAIN\name.
    Result<Caller> byPassword(const AuthenticationSettings& settings, const std::string& name,
        const Secret& password, const http::Call& call, TimePoint now);

    // Under key_based_renewal the caller is the certificate; elsewhere a mapping says who it is.
    Result<Caller> byCertificate(
        const AuthenticationSettings& settings, const http::Call& call, TimePoint now);

    // HTTP Negotiate (RFC 4559). Answer PermissionDenied with challenge(), a success with `header`
    // as WWW-Authenticate.
    struct Negotiated {
        Caller caller;
        std::string header;
    };
    Result<Negotiated> byNegotiation(
        const AuthenticationSettings& settings, const http::Call& call, TimePoint now);
    static http::Answer challenge(); // 401, Negotiate and nothing else

private:
    bool isWorthTelling(const std::string& what, const http::Call& call, TimePoint now);
    Error refused(const http::Call& call, const std::string& why) const;
    Error cannotTell(const std::string& why) const;
    Status checkRemote(
        const AuthenticationSettings& settings, const http::Call& call, TimePoint now) const;
    Result<Caller> judgePassword(
        PasswordSource source, const std::string& name, const Secret& password, TimePoint now);
    struct Wrong {
        const std::string& name;
        const std::string& why; // for the log
    };
    Error wrongPassword(const AttemptLimits::Attempt& attempt, const Wrong& wrong,
        const http::Call& call, TimePoint now);
    Result<Negotiated> acceptToken(const AuthenticationSettings& settings, const http::Call& call,
        std::string_view base64, TimePoint now);
    Result<Caller> inDirectory(const Caller& proven, const std::string& principal, TimePoint now);

    const Parts parts_;
    AttemptLimits limits_;
    AttemptLimits told_; // what locks nobody out, but is not to fill the log
    Turns hashing_{2, 4};
    Turns asking_{4, 2};
};

} // namespace perennial::enrollment::server
