#pragma once

#include "shared/base/encoding.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace perennial::enrollment::xcep {

// How a caller proves who it is at an enrolment URI (MS-XCEP 3.1.4.1.3.5).
enum class ClientAuthentication : std::uint32_t {
    Anonymous = 1,
    Kerberos = 2,
    UsernamePassword = 4,
    Certificate = 8,
};

// Flags that Perennial itself looks at (MS-CRTD 2.4, 2.26 to 2.28).
namespace flag {
inline constexpr std::uint32_t enrollmentPendAll = 0x2;
inline constexpr std::uint32_t enrollmentAutoEnroll = 0x20;
inline constexpr std::uint32_t enrollmentPreviousApproval = 0x40;
inline constexpr std::uint32_t enrollmentKeyBasedRenewal = 0x10000;
inline constexpr std::uint32_t enrollmentSkipAutoRenewal = 0x40000;
inline constexpr std::uint32_t enrollmentNoSecurityExtension = 0x80000;
inline constexpr std::uint32_t keyArchival = 0x1;
inline constexpr std::uint32_t keyExportable = 0x10;
inline constexpr std::uint32_t keySameForRenewal = 0x80;
inline constexpr std::uint32_t keyAttestationRequired = 0x2000;
inline constexpr std::uint32_t keyServerVersionMask = 0x000F0000;
inline constexpr std::uint32_t keyClientVersionMask = 0x0F000000;
inline constexpr std::uint32_t nameSuppliedByEnrollee = 0x1;
inline constexpr std::uint32_t nameFromOldCertificate = 0x8;
inline constexpr std::uint32_t generalMachineType = 0x40;
} // namespace flag

// Groups of oID (MS-XCEP 3.1.4.1.3.16).
enum class OidGroup : std::uint32_t {
    Hash = 1,
    Encryption = 2,
    PublicKey = 3,
    Signing = 4,
    Rdn = 5,
    ExtensionOrAttribute = 6,
    ExtendedKeyUsage = 7,
    CertificatePolicy = 8,
    Template = 9,
};

// One entry of the oIDs list. References by number exist only on the wire.
struct Oid {
    std::string value;
    OidGroup group = OidGroup::ExtensionOrAttribute;
    std::string name; // defaultName; the CNG name for a key algorithm: "RSA", "ECDSA_P256"
    friend bool operator==(const Oid&, const Oid&) = default;
};

struct EnrollmentUri {
    ClientAuthentication authentication = ClientAuthentication::Certificate;
    std::string uri;                       // the CES URL
    std::optional<std::uint32_t> priority; // lower is tried first
    std::optional<bool> renewalOnly;
    friend bool operator==(const EnrollmentUri&, const EnrollmentUri&) = default;
};

struct Authority { // cA
    std::vector<EnrollmentUri> uris;
    Bytes certificate;             // DER of the CA's signing certificate
    bool enrollPermission = false; // the caller may enrol here
    friend bool operator==(const Authority&, const Authority&) = default;
};

struct PrivateKeyAttributes {
    std::uint32_t minimalKeyLength = 0;
    std::optional<std::uint32_t> keySpec; // 1 AT_KEYEXCHANGE, 2 AT_SIGNATURE
    std::optional<std::uint32_t>
        keyUsageProperty;                   // NCRYPT: 1 decrypt, 2 sign, 4 agree, 0xFFFFFF all
    std::optional<std::string> permissions; // SDDL
    std::optional<Oid> algorithm;
    std::vector<std::string> cryptoProviders; // in order of preference; empty is nil
    friend bool operator==(const PrivateKeyAttributes&, const PrivateKeyAttributes&) = default;
};

struct RegistrationAuthorityRequirements { // rARequirements
    std::uint32_t signatures = 0;
    std::vector<Oid> extendedKeyUsages;
    std::vector<Oid> policies;
    friend bool operator==(const RegistrationAuthorityRequirements&,
        const RegistrationAuthorityRequirements&) = default;
};

struct KeyArchivalAttributes {
    Oid symmetricAlgorithm;
    std::uint32_t symmetricKeyLength = 0;
    friend bool operator==(const KeyArchivalAttributes&, const KeyArchivalAttributes&) = default;
};

struct PolicyExtension {
    Oid type;
    std::optional<bool> critical;
    std::optional<Bytes> value; // content of extnValue, DER
    friend bool operator==(const PolicyExtension&, const PolicyExtension&) = default;
};

// One template as the CEP offers it: policy with its attributes (MS-XCEP 3.1.4.1.3.1, .18).
struct Policy {
    Oid templateOid;                      // group 9; its name is the display name
    std::vector<std::size_t> authorities; // places in PolicyAnswer::authorities
    std::string commonName;               // the name that requests use
    std::uint32_t schema = 4;             // 1 to 4
    std::uint64_t validitySeconds = 0;
    std::uint64_t renewalSeconds = 0; // before the end of validity; not more than validitySeconds
    bool mayEnroll = false;
    bool mayAutoEnroll = false;
    PrivateKeyAttributes privateKey;
    std::uint32_t majorRevision = 0;
    std::optional<std::uint32_t> minorRevision;
    std::vector<std::string> supersededTemplates; // common names
    std::optional<std::uint32_t> privateKeyFlags;
    std::optional<std::uint32_t> subjectNameFlags;
    std::optional<std::uint32_t> enrollmentFlags;
    std::optional<std::uint32_t> generalFlags;
    std::optional<Oid> hashAlgorithm;
    std::optional<RegistrationAuthorityRequirements> registrationAuthority;
    std::optional<KeyArchivalAttributes> keyArchival;
    std::vector<PolicyExtension> extensions; // a client copies these into its request
    friend bool operator==(const Policy&, const Policy&) = default;
};

} // namespace perennial::enrollment::xcep
