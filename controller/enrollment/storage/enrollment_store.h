#pragma once

#include "controller/enrollment/storage/event_list.h"
#include "shared/x509/certificate.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace perennial::enrollment::server {

// What became of one request for a certificate; the id is what CES calls RequestID.
struct RequestRecord {
    std::int64_t id = 0; // 1, 2, 3, ...: cepces reads a 32-bit number
    std::string state;   // "pending", "issued", "denied"
    std::string kind;    // "new", "renewal"
    std::string requester;
    std::string templateName;
    std::string subject;
    std::string names; // separated by ", "
    Bytes request;     // as it came
    TimePoint receivedAt;
    TimePoint decidedAt;
    std::string decidedBy;
    std::string serial; // of the certificate issued
    std::string message;
    std::string upstreamId = {}; // of a relayed request: what the other CES calls it
    std::string renews = {};     // of a renewal: the serial of the old certificate
    std::string account = {};    // of one that waits for built names: the caller's, see caller.h
    std::string rights = {}; // of one that waits: what the caller's rights hang on, see caller.h
    bool isTest = false;     // its certificate is one for trying things out
};

struct CertificateRecord {
    std::string serial;
    std::int64_t requestId = 0;
    std::string subject;
    std::string templateName;
    TimePoint notBefore;
    TimePoint notAfter;
    std::string fingerprint;
    bool revoked = false;
    Bytes der;
    bool isTest = false; // made by issue-test: not renewed
};

// Requests, certificates and events, in one SQLite file. What belongs together is one transaction:
// an answer is given only after it is on disk.
class EnrollmentStore {
public:
    static Result<std::unique_ptr<EnrollmentStore>> open(const std::string& file);

    Result<std::int64_t> addPending(const RequestRecord& request, const Json& event);
    Result<std::int64_t> addDenied(const RequestRecord& request, const Json& event);
    // The certificate is made with the id that the request will have; nothing is stored if making
    // fails.
    Result<std::int64_t> addIssued(
        const RequestRecord& request, const x509::Certificate& certificate, const Json& event);
    // Of a certificate that the service makes for itself, which nobody asked for: OCSP calls good,
    // and the operator can revoke, only what is recorded. `maker`: "init", "ocsp".
    Status addOwn(const x509::Certificate& certificate, const std::string& maker, TimePoint now);
    // Conflict when it is not pending any more.
    Status approve(std::int64_t id, const std::string& by, TimePoint now,
        const x509::Certificate& certificate, const Json& event);
    Status deny(std::int64_t id, const std::string& by, TimePoint now, const std::string& reason,
        const Json& event);
    Status addEvent(const std::string& kind, TimePoint now, const Json& details);

    Result<std::optional<RequestRecord>> findRequest(std::int64_t id);
    Result<std::vector<RequestRecord>> requests(const std::string& state, std::int64_t limit);
    // Of one requester, the newest first; an empty state: all.
    Result<std::vector<RequestRecord>> requestsOf(
        const std::string& requester, const std::string& state, std::int64_t limit);
    Result<std::optional<CertificateRecord>> findCertificate(const std::string& serial);
    Result<std::vector<CertificateRecord>> certificates(std::int64_t limit);
    Result<std::vector<CertificateRecord>> certificatesOf(
        const std::string& requester, std::int64_t limit);

    struct Counts {
        std::map<std::string, std::int64_t> requests; // by state
        std::int64_t certificates = 0;
        std::int64_t revoked = 0; // of them
    };
    Result<Counts> counts();

    // With its event.
    struct Admin {
        std::string name;
        std::string role; // one of http::apiRoles
    };
    Status putAdmin(const Admin& admin, const std::string& tokenHash, TimePoint now);
    Result<std::optional<Admin>> findAdmin(const std::string& tokenHash);

    sql::Database& database() { return *database_; } // for the classes beside this one

private:
    explicit EnrollmentStore(std::unique_ptr<sql::Database> database)
        : database_(std::move(database))
    {
    }
    Result<std::int64_t> add(const RequestRecord& request, const x509::Certificate* certificate,
        const std::string& eventKind, const Json& event);

    std::unique_ptr<sql::Database> database_;
};

} // namespace perennial::enrollment::server
