#pragma once

#include "shared/base/clock.h"
#include "shared/base/result.h"
#include "shared/model/policy.h"
#include "shared/plugin_api/fault_cause.h"
#include "shared/x509/certificate.h"
#include "shared/x509/private_key.h"

#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace perennial {

struct Issued {
    std::string chainPem; // leaf first
};
struct Pending {
    std::string ticket; // opaque to everyone but this issuer; kept across restarts
    Duration pollAfter;
};
struct Denied {
    std::string reason;
};
using IssueOutcome = std::variant<Issued, Pending, Denied>;

// What a renewal by key works with. The old key proves possession; the new one never signs for
// trust.
struct RenewalMaterial {
    x509::Certificate oldCertificate;
    std::vector<x509::Certificate> oldChain; // leaf first
    std::shared_ptr<const x509::PrivateKey> oldKey;
    std::shared_ptr<const x509::PrivateKey> newKey;
};

struct PreparedRequest {
    Bytes request;              // opaque bytes: what submit() sends, again after a crash
    std::string format;         // "cms-renewal"; of an enrolment "pkcs10"
    std::string authentication; // "client-certificate"; "username-password", "kerberos"
    bool namesSupplied = true;  // of an enrolment: as in PreparedEnrollment
};

// Who asks where there is no certificate yet.
struct PasswordCaller {
    std::string userName;
    Secret password;
};
struct KerberosCaller {
    std::string principal;
    std::string keytabFile;
};
using FirstCaller = std::variant<PasswordCaller, KerberosCaller>;

struct FirstEnrollment {
    std::string templateName;
    std::string subject; // common name or RFC 4514 text
    std::vector<x509::GeneralName> names;
    std::string keyType; // one that x509::isKnownKeyType() knows; empty: as the template wants it
    FirstCaller caller;
};
// What goes out for it, with what else is known when it is made.
struct PreparedEnrollment {
    Bytes request;                      // PKCS#10: the same again after an unknown outcome
    bool namesSupplied = true;          // false: the CA looks subject and names up
    std::vector<std::string> endpoints; // in order; empty: the policy service is asked again
};
using MakeKey =
    std::function<Result<std::shared_ptr<const x509::PrivateKey>>(const std::string& keyType)>;

// What an issuer knows besides its service and the request.
struct IssuerContext {
    TimePoint now;
    std::string host;   // this one's name: hosts spread over equal endpoints by it
    std::string memory; // what an earlier call wanted to be reminded of; may be lost or old
};
// What it wants to be reminded of the next time, and why the last call gave no certificate.
struct IssuerNotes {
    static constexpr std::size_t memoryLimit = 64U << 10U;
    std::string memory; // opaque to everyone else; no secret in it
    std::optional<FaultCause> cause;
    bool untaken = false; // what the last call sent was taken by no CA, for certain
};

// One thing that was looked at, for a person: what was seen, and who must mend what.
struct Examination {
    enum class Verdict { Good, Remark, Bad, Skipped };
    std::string step; // "tls", "template", ...
    Verdict verdict = Verdict::Good;
    std::string seen;
    std::string mend = {}; // empty unless something is to be mended
};
std::string_view nameOf(Examination::Verdict verdict); // "ok", "remark", "bad", "skipped"

// Turns a signing request into a certificate. Pending and Denied are answers, not errors; an Error
// means no answer came, and its kind says whether to try again.
class Issuer {
public:
    virtual ~Issuer() = default;

    virtual Result<PreparedRequest> prepareRenewal(const RenewalMaterial& material) = 0;
    virtual Result<IssueOutcome> submit(
        const PreparedRequest& request, const RenewalMaterial& material) = 0;
    virtual Result<IssueOutcome> poll(
        const std::string& ticket, const RenewalMaterial& material) = 0;

    // The key is made when nothing else stands against the request any more.
    virtual Result<PreparedEnrollment> prepareEnrollment(
        const FirstEnrollment& first, const MakeKey& makeKey) = 0;
    virtual Result<IssueOutcome> submitEnrollment(
        const PreparedEnrollment& prepared, const FirstEnrollment& first) = 0;
    virtual Result<IssueOutcome> pollEnrollment(const std::string& ticket,
        const PreparedEnrollment& prepared, const FirstEnrollment& first) = 0;

    // Before the first call, where there is something to say; and after the last one.
    virtual void begin(const IssuerContext& /*context*/) {}
    virtual IssuerNotes notes() const { return {}; }
    // Looks, step by step, whether a renewal could succeed, and sends nothing that could issue.
    // Without material only what can be seen without a key.
    virtual std::vector<Examination> examine(const RenewalMaterial* /*material*/) { return {}; }
    // The same for a first enrolment at the policy endpoints of the service.
    virtual std::vector<Examination> examineFirst(const FirstEnrollment& /*first*/) { return {}; }
};

} // namespace perennial
