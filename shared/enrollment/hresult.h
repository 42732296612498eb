#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace perennial::enrollment {

// Microsoft's result codes as certificate services use them (MS-ERREF 2.1). A peer may send others:
// any 32-bit value is valid.
enum class HResult : std::uint32_t {
    BadRequestSubject = 0x80094001,
    NoRequest = 0x80094002,
    BadRequestStatus = 0x80094003,
    PropertyEmpty = 0x80094004, // no request of that id
    RestrictedOfficer = 0x80094009,
    KeyArchivalNotConfigured = 0x8009400A,
    BadRenewalCertificateAttribute = 0x8009400E,
    EnrollDenied = 0x80094011,
    TemplateDenied = 0x80094012,
    AdminDeniedRequest = 0x80094014,
    NoPolicyServer = 0x80094015,
    WeakSignatureOrKey = 0x80094016,
    KeyAttestationNotSupported = 0x80094017,
    EncryptionCertificateRequired = 0x80094018,
    UnsupportedCertificateType = 0x80094800,
    NoCertificateType = 0x80094801,
    TemplateConflict = 0x80094802,
    SubjectAltNameRequired = 0x80094803,
    ArchivedKeyRequired = 0x80094804,
    BadRenewalSubject = 0x80094806,
    BadTemplateVersion = 0x80094807,
    SignaturePolicyRequired = 0x80094809,
    SignatureCount = 0x8009480A,
    SignatureRejected = 0x8009480B,
    SubjectUpnRequired = 0x8009480D,
    SubjectDnsRequired = 0x8009480F,
    ArchivedKeyUnexpected = 0x80094810,
    KeyLength = 0x80094811,
    SubjectEmailRequired = 0x80094812,
    CertificateTypeOverlap = 0x80094814,
    RenewalBadPublicKey = 0x80094816,
    InvalidEndorsementKey = 0x80094817,
    KeyAttestation = 0x8009481A,
    DirectorySidRequired = 0x80094821,
    Asn1EndOfData = 0x80093102,
    Asn1BadTag = 0x8009310B,
    InvalidData = 0x8007000D,
    InvalidArgument = 0x80070057,
    AccessDenied = 0x80070005,
    InvalidMessageType = 0x80091004,
    NoSigner = 0x8009200E,
    BadSignature = 0x80090006,
    Revoked = 0x80092010,
    NoRevocationCheck = 0x80092012,
    RevocationOffline = 0x80092013,
    CertificateExpired = 0x800B0101,
    UntrustedRoot = 0x800B0109,
    Chaining = 0x800B010A,
    UntrustedAuthority = 0x800B0112,
    RpcServerUnavailable = 0x800706BA,
    Failed = 0x80004005,
};

struct NamedHResult {
    HResult code;
    std::string_view name; // Microsoft's: "CERTSRV_E_TEMPLATE_DENIED"
};
std::span<const NamedHResult> knownHResults();

std::string_view nameOf(HResult code); // empty for one we do not know
std::string toText(HResult code);      // "0x80094012 CERTSRV_E_TEMPLATE_DENIED"
std::int32_t toSigned(HResult code);   // as ErrorCode has it: -2146877422
HResult hresultFromSigned(std::int32_t value);

} // namespace perennial::enrollment
