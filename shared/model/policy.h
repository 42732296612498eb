#pragma once

#include "shared/base/clock.h"
#include "shared/model/identifiers.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace perennial::model {

// kind: enrollment-service. Where certificates come from, and whom to trust there.
struct EnrollmentService {
    std::string name;
    std::string issuer = "ces";               // plugin name
    std::vector<std::string> policyEndpoints; // CEP URLs for renewals by key (client certificate)
    std::vector<std::string> enrollmentEndpoints; // CES URLs; empty: ask CEP
    std::string tlsTrustPem;                      // anchors for the TLS of CEP and CES
    // How renewals by key are written: "cms", "cmc"; "pkcs10" for peers that take the TLS
    // certificate for the old key's signature.
    std::string requestFormat = "cms";
    // Where the holder of a renewed certificate has the one revoked that it replaced; empty:
    // nowhere (perennial-enrollment only: MS-WSTEP has no revocation).
    std::string revocationUrl = {};
    std::string issuerTrustPem; // anchors the issued certificate must chain to
    friend bool operator==(const EnrollmentService&, const EnrollmentService&) = default;
};

// Times of day in UTC when renewals may happen. Gives way before expiry does.
struct Window {
    std::vector<int> days; // 0 Monday .. 6 Sunday; empty: every day
    Duration from{0};      // since midnight
    Duration to{24 * 3600};
    friend bool operator==(const Window&, const Window&) = default;
};

// What a renewal does when the CA's template has another version than in the old certificate.
enum class OnTemplateChange {
    Tell,  // goes on, and an audit event says so
    Pause, // waits with the issued certificate until somebody accepts it
};

// What becomes of a certificate that was replaced, while it is valid.
enum class Superseded {
    Keep,   // it expires
    Revoke, // revoked at its CA, once its key is destroyed and the new one is seen served
};

// How a certificate is asked for where no key can: by a credential that the host has for itself.
struct NewEnrollment {
    std::string credential; // its name in the host's agent.yaml
    std::string templateName;
    friend bool operator==(const NewEnrollment&, const NewEnrollment&) = default;
};

// A place that is to have a certificate, whatever is there now.
struct WantedPlace {
    std::string certificatePath; // PEM; the same as keyPath: one file with both
    std::string keyPath;
    std::vector<std::string> names; // DNS, the first is the subject's; "{host}": the host's own
    std::string service = {};       // "nginx", or empty
    std::vector<std::string> listeners = {}; // "192.0.2.1:443": where it is shown afterwards
    friend bool operator==(const WantedPlace&, const WantedPlace&) = default;
};

// kind: certificate-policy.
struct CertificatePolicy {
    std::string name;
    int priority = 0; // the highest matching one wins; equal ones are an error in the set
    // match
    std::map<std::string, std::string> agentLabels; // all must be equal; empty matches every agent
    std::vector<std::string> issuers;               // text of the certificate's issuer; empty: any
    std::vector<std::string>
        names; // patterns "*.example.test"; every name of the certificate must match one
    std::vector<std::string> services; // "nginx"; empty: any
    std::optional<WantedPlace> place;  // rules this place and no other
    // renew
    Duration renewBefore{};
    Duration spread{};
    std::optional<Window> window;
    std::optional<Duration>
        autonomousBefore; // this long before expiry the agent goes alone; unset: half-way
    // how
    std::string enrollmentService;
    std::string keyType; // "same" or a type
    std::vector<std::string>
        extendedKeyUsages; // what an issued certificate may at most carry; empty: as the old one
    OnTemplateChange onTemplateChange = OnTemplateChange::Tell;
    Superseded superseded = Superseded::Keep;
    std::string action;                  // an action that the host's guard names
    std::optional<NewEnrollment> enroll; // unset: what its key cannot renew is left to people
    friend bool operator==(const CertificatePolicy&, const CertificatePolicy&) = default;
};

// kind: trust-anchors. Whom the programs of a host trust, in one of its trust stores.
struct TrustAnchors {
    std::string name;
    int priority =
        0; // the highest matching one of a store wins; equal ones are an error in the set
    std::map<std::string, std::string> agentLabels; // all must be equal; empty: every agent
    std::string store;                              // as the host's guard names it
    std::string pem;                                // empty: nobody
    friend bool operator==(const TrustAnchors&, const TrustAnchors&) = default;
};

// Names from the repository and from joining, checked wherever they come in.
// Relative, '/'-separated, letters, digits, '-', '_' and '.', no part that begins with '.' or '-',
// ends in ".yaml", at most 200 bytes.
bool isDocumentPath(const std::string& path);
// A label's name is a safe identifier, its value printable text of at most 256 bytes, not empty.
bool isLabel(const std::string& name, const std::string& value);

struct PolicySet {
    std::vector<CertificatePolicy> policies;        // sorted by name
    std::vector<EnrollmentService> services;        // sorted by name
    std::vector<TrustAnchors> anchors;              // sorted by name
    std::map<std::string, std::string> policyLines; // name to "web.yaml:12", for explaining
    const EnrollmentService* findService(const std::string& name) const;
    const CertificatePolicy* findPolicy(const std::string& name) const;
};

// One file of the policy repository, as it is in git.
struct PolicyDocument {
    std::string path; // relative, '/'-separated
    std::string content;
    friend bool operator==(const PolicyDocument&, const PolicyDocument&) = default;
};

// What the owners of the policies signed away from the controller, with ssh-keygen; relayed as it
// is in the repository.
struct SignedManifest {
    std::string manifest;                          // .perennial/manifest.json
    std::map<std::string, std::string> signatures; // by file name in .perennial/signatures
    std::string signers;                           // .perennial/policy_signers; empty: none
    friend bool operator==(const SignedManifest&, const SignedManifest&) = default;
};

// What the documents must be: relayed by the controller, checked by the agent.
struct PolicyManifest {
    std::string commit;       // 40 hex digits
    std::int64_t version = 0; // number of commits up to and including it: only ever grows
    TimePoint committedAt;
    TimePoint expires; // after it: alert, keep the last good one, renewals go on
    std::map<std::string, std::string> files; // path to lower-case hex SHA-256
    friend bool operator==(const PolicyManifest&, const PolicyManifest&) = default;
};

} // namespace perennial::model
