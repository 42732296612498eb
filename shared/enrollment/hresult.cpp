#include "shared/enrollment/hresult.h"

#include <algorithm>
#include <array>
#include <iomanip>
#include <sstream>

namespace perennial::enrollment {

namespace {

// Names of MS-ERREF 2.1 and winerror.h.
constexpr std::array names{
    NamedHResult{HResult::BadRequestSubject, "CERTSRV_E_BAD_REQUESTSUBJECT"},
    NamedHResult{HResult::NoRequest, "CERTSRV_E_NO_REQUEST"},
    NamedHResult{HResult::BadRequestStatus, "CERTSRV_E_BAD_REQUESTSTATUS"},
    NamedHResult{HResult::PropertyEmpty, "CERTSRV_E_PROPERTY_EMPTY"},
    NamedHResult{HResult::RestrictedOfficer, "CERTSRV_E_RESTRICTEDOFFICER"},
    NamedHResult{HResult::KeyArchivalNotConfigured, "CERTSRV_E_KEY_ARCHIVAL_NOT_CONFIGURED"},
    NamedHResult{HResult::BadRenewalCertificateAttribute, "CERTSRV_E_BAD_RENEWAL_CERT_ATTRIBUTE"},
    NamedHResult{HResult::EnrollDenied, "CERTSRV_E_ENROLL_DENIED"},
    NamedHResult{HResult::TemplateDenied, "CERTSRV_E_TEMPLATE_DENIED"},
    NamedHResult{HResult::AdminDeniedRequest, "CERTSRV_E_ADMIN_DENIED_REQUEST"},
    NamedHResult{HResult::NoPolicyServer, "CERTSRV_E_NO_POLICY_SERVER"},
    NamedHResult{HResult::WeakSignatureOrKey, "CERTSRV_E_WEAK_SIGNATURE_OR_KEY"},
    NamedHResult{HResult::KeyAttestationNotSupported, "CERTSRV_E_KEY_ATTESTATION_NOT_SUPPORTED"},
    NamedHResult{HResult::EncryptionCertificateRequired, "CERTSRV_E_ENCRYPTION_CERT_REQUIRED"},
    NamedHResult{HResult::UnsupportedCertificateType, "CERTSRV_E_UNSUPPORTED_CERT_TYPE"},
    NamedHResult{HResult::NoCertificateType, "CERTSRV_E_NO_CERT_TYPE"},
    NamedHResult{HResult::TemplateConflict, "CERTSRV_E_TEMPLATE_CONFLICT"},
    NamedHResult{HResult::SubjectAltNameRequired, "CERTSRV_E_SUBJECT_ALT_NAME_REQUIRED"},
    NamedHResult{HResult::ArchivedKeyRequired, "CERTSRV_E_ARCHIVED_KEY_REQUIRED"},
    NamedHResult{HResult::BadRenewalSubject, "CERTSRV_E_BAD_RENEWAL_SUBJECT"},
    NamedHResult{HResult::BadTemplateVersion, "CERTSRV_E_BAD_TEMPLATE_VERSION"},
    NamedHResult{HResult::SignaturePolicyRequired, "CERTSRV_E_SIGNATURE_POLICY_REQUIRED"},
    NamedHResult{HResult::SignatureCount, "CERTSRV_E_SIGNATURE_COUNT"},
    NamedHResult{HResult::SignatureRejected, "CERTSRV_E_SIGNATURE_REJECTED"},
    NamedHResult{HResult::SubjectUpnRequired, "CERTSRV_E_SUBJECT_UPN_REQUIRED"},
    NamedHResult{HResult::SubjectDnsRequired, "CERTSRV_E_SUBJECT_DNS_REQUIRED"},
    NamedHResult{HResult::ArchivedKeyUnexpected, "CERTSRV_E_ARCHIVED_KEY_UNEXPECTED"},
    NamedHResult{HResult::KeyLength, "CERTSRV_E_KEY_LENGTH"},
    NamedHResult{HResult::SubjectEmailRequired, "CERTSRV_E_SUBJECT_EMAIL_REQUIRED"},
    NamedHResult{HResult::CertificateTypeOverlap, "CERTSRV_E_CERT_TYPE_OVERLAP"},
    NamedHResult{HResult::RenewalBadPublicKey, "CERTSRV_E_RENEWAL_BAD_PUBLIC_KEY"},
    NamedHResult{HResult::InvalidEndorsementKey, "CERTSRV_E_INVALID_EK"},
    NamedHResult{HResult::KeyAttestation, "CERTSRV_E_KEY_ATTESTATION"},
    NamedHResult{HResult::DirectorySidRequired, "CERTSRV_E_SEC_EXT_DIRECTORY_SID_REQUIRED"},
    NamedHResult{HResult::Asn1EndOfData, "CRYPT_E_ASN1_EOD"},
    NamedHResult{HResult::Asn1BadTag, "CRYPT_E_ASN1_BADTAG"},
    NamedHResult{HResult::InvalidData, "ERROR_INVALID_DATA"},
    NamedHResult{HResult::InvalidArgument, "E_INVALIDARG"},
    NamedHResult{HResult::AccessDenied, "E_ACCESSDENIED"},
    NamedHResult{HResult::InvalidMessageType, "CRYPT_E_INVALID_MSG_TYPE"},
    NamedHResult{HResult::NoSigner, "CRYPT_E_NO_SIGNER"},
    NamedHResult{HResult::BadSignature, "NTE_BAD_SIGNATURE"},
    NamedHResult{HResult::Revoked, "CRYPT_E_REVOKED"},
    NamedHResult{HResult::NoRevocationCheck, "CRYPT_E_NO_REVOCATION_CHECK"},
    NamedHResult{HResult::RevocationOffline, "CRYPT_E_REVOCATION_OFFLINE"},
    NamedHResult{HResult::CertificateExpired, "CERT_E_EXPIRED"},
    NamedHResult{HResult::UntrustedRoot, "CERT_E_UNTRUSTEDROOT"},
    NamedHResult{HResult::Chaining, "CERT_E_CHAINING"},
    NamedHResult{HResult::UntrustedAuthority, "CERT_E_UNTRUSTEDCA"},
    NamedHResult{HResult::RpcServerUnavailable, "RPC_S_SERVER_UNAVAILABLE"},
    NamedHResult{HResult::Failed, "E_FAIL"},
};

} // namespace

std::span<const NamedHResult> knownHResults() { return names; }

std::string_view nameOf(HResult code)
{
    const auto found = std::find_if(
        names.begin(), names.end(), [&](const NamedHResult& one) { return one.code == code; });
    return found == names.end() ? std::string_view() : found->name;
}

std::string toText(HResult code)
{
    std::ostringstream text;
    text << "0x" << std::hex << std::uppercase << std::setw(8) << std::setfill('0')
         << static_cast<std::uint32_t>(code);
    if (const auto name = nameOf(code); !name.empty()) text << ' ' << name;
    return text.str();
}

std::int32_t toSigned(HResult code) { return static_cast<std::int32_t>(code); }

HResult hresultFromSigned(std::int32_t value)
{
    return static_cast<HResult>(static_cast<std::uint32_t>(value));
}

} // namespace perennial::enrollment
