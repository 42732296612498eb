#pragma once

#include "controller/enrollment/templates/enrollment_rights.h"
#include "controller/enrollment/templates/template_flags.h"
#include "shared/base/clock.h"
#include "shared/x509/signing_request.h"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace perennial::enrollment::server {

// What a renewal does with the old certificate's key. AD CS knows Same (0x80) and Either.
enum class KeyInRenewals { New, Same, Either };

// The key a certificate is for, and how Windows is to make it.
struct TemplateKey {
    std::string hash = "sha256"; // of the request: sha256, sha384, sha512
    KeyInRenewals inRenewals = KeyInRenewals::New;
    // What the key store shall let the key do (NCRYPT: 1 decrypt, 2 sign, 4 agree); unset for a
    // legacy provider.
    std::optional<std::uint32_t> usageProperty = 0xFFFFFF;
    std::optional<std::uint32_t> spec;      // of a legacy provider: 1 exchange, 2 signature
    std::optional<std::string> permissions; // SDDL
    std::vector<std::string> providers;     // by preference
    friend bool operator==(const TemplateKey&, const TemplateKey&) = default;
};

// Signatures of registration authorities that a first request must bear (MS-CRTD 2.16 to 2.18).
struct SignatureRequirements {
    int count = 0;
    std::vector<std::string> extendedKeyUsages; // the signer has all of these
    std::vector<std::string> policies;          // and these, as certificate policies
    friend bool operator==(const SignatureRequirements&, const SignatureRequirements&) = default;
};

// How names are built when a request does not supply them. Each is "dns", "upn", "email" or, for
// the common name, "caller".
struct BuiltNames {
    std::string commonName; // empty: an empty subject
    std::vector<std::string> alternativeNames;
    friend bool operator==(const BuiltNames&, const BuiltNames&) = default;
};

// Microsoft's word for what kind of certificate is issued, under which rules. One YAML file each;
// docs/enrollment_server.md describes the keys.
struct CertificateTemplate {
    std::string name; // cn: what requests use
    std::string displayName;
    std::string oid;
    int schema = 4; // a schema 1 template is named by name alone, and not renewed by key
    int majorVersion = 100;
    int minorVersion = 0;
    Duration validity{};
    Duration renewal{};                     // before the end of validity
    std::vector<std::string> keyAlgorithms; // "rsa", "ec-p256", "ec-p384"; the first is preferred
    int minimumRsaBits = 2048;
    TemplateKey key;
    std::vector<std::string> keyUsages;           // X.509 names
    std::vector<std::string> extendedKeyUsages;   // OIDs
    std::vector<std::string> applicationPolicies; // OIDs; empty: the extended key usages
    std::vector<std::string> certificatePolicies; // OIDs (Microsoft: issuance policies)
    std::vector<x509::Extension> furtherExtensions;
    bool subjectSupplied = true;           // by the request; otherwise built
    std::vector<std::string> namePatterns; // what a new request may ask for; empty: nothing
    bool wildcards = false;                // a pattern "*.example.test" may be asked for itself
    BuiltNames built;
    bool keyBasedRenewal = false;
    bool previousApproval = false; // a renewal signed with the old key need not be approved again
    bool namesFromOldCertificate = false; // clients take subject and names of the old certificate
    bool managerApproval = false;         // a new request waits for `perennial enrollment approve`
    bool securityExtension = true;        // certificates with built names carry the caller's SID
    bool machine = true;                  // otherwise a user's
    int serverVersion = 4;                // 1 = 2003 ... 6 = 2016; 0: not said
    int clientVersion = 4;
    TemplateFlags namedFlags; // by `flags`; the words below have them with all others
    SignatureRequirements signatures;
    std::vector<std::string> supersedes; // names of templates
    EnrollmentRights enroll;
    EnrollmentRights autoEnroll;         // counts with the right to enrol only
    std::set<std::string> acceptedRisks; // "ESC1"
    std::string riskReason;

    // The flag words of MS-CRTD 2.26 to 2.28 and 2.4.
    std::uint32_t enrollmentFlags() const;
    std::uint32_t subjectNameFlags() const;
    std::uint32_t privateKeyFlags() const;
    std::uint32_t generalFlags() const;

    bool mayEnroll(const std::string& user, const std::set<std::string>& groups,
        const std::optional<x509::Certificate>& certificate = {}) const;
    bool mayAutoEnroll(const std::string& user, const std::set<std::string>& groups,
        const std::optional<x509::Certificate>& certificate = {}) const;
    bool allowsKey(const std::string& keyType) const;       // "ec-p256", "rsa-2048"
    bool allowsName(const x509::GeneralName& wanted) const; // DNS names and addresses
    // Also one that is no host name, where `names` has it letter for letter.
    bool allowsCommonName(const std::string& wanted) const;
    // As extension 21.7, or 20.2 in schema 1.
    x509::TemplateInformation information() const;
    // Whether a certificate that says this was issued for this template, in whatever version.
    bool isNamedBy(const x509::TemplateInformation& information) const;
    const std::vector<std::string>& policies() const // application policies
    {
        return applicationPolicies.empty() ? extendedKeyUsages : applicationPolicies;
    }
    friend bool operator==(const CertificateTemplate&, const CertificateTemplate&) = default;
};

// The extensions every certificate of the template gets, names apart: what CEP lists and CES
// issues.
Result<std::vector<x509::Extension>> extensionsOf(const CertificateTemplate& certificateTemplate);

using Templates = std::map<std::string, CertificateTemplate>; // by name
const CertificateTemplate* findByOid(const Templates& templates, const std::string& oid);

} // namespace perennial::enrollment::server
