#pragma once

#include "controller/enrollment/authentication/users.h"
#include "controller/enrollment/storage/enrollment_store.h"
#include "shared/enrollment/soap/envelope.h"
#include "shared/enrollment/xcep/policies.h"
#include "shared/http/server/http_server.h"

#include <mutex>
#include <optional>
#include <set>
#include <string>

namespace perennial::enrollment::server {

// Who asks, proven.
struct Caller {
    std::string name; // user name, or "certificate <serial>"
    std::set<std::string> groups;
    std::optional<x509::Certificate>
        certificate; // TLS client certificate, issued here and unrevoked
};

// After ten wrong passwords within a quarter of an hour a user name and an address wait for the
// rest of it. Kept in memory: a restart forgives.
class FailedAttempts {
public:
    bool mustWait(const std::string& key, TimePoint now);
    void failed(const std::string& key, TimePoint now);
    void succeeded(const std::string& key);

private:
    struct Count {
        int failures = 0;
        TimePoint since;
    };
    std::mutex mutex_;
    std::map<std::string, Count> counts_;
};

class Authenticator {
public:
    Authenticator(const Users& users, EnrollmentStore& store) : users_(users), store_(store) {}

    // PermissionDenied with a reason for the log; the caller only ever sees the authentication
    // fault.
    Result<Caller> authenticate(xcep::ClientAuthentication method, const http::Call& call,
        const soap::Envelope& envelope, TimePoint now);

private:
    Result<Caller> byPassword(
        const http::Call& call, const soap::Envelope& envelope, TimePoint now);
    Result<Caller> byCertificate(const http::Call& call, TimePoint now);

    const Users& users_;
    EnrollmentStore& store_;
    FailedAttempts attempts_;
};

} // namespace perennial::enrollment::server
