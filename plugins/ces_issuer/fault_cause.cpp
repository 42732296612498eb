#include "plugins/ces_issuer/fault_cause.h"

#include <algorithm>

namespace perennial::plugins {

namespace soap = enrollment::soap;
using enrollment::HResult;

FaultCause causeOf(HResult code)
{
    switch (code) {
    // The CA or what stands behind it could not be reached; nothing was decided.
    case HResult::RpcServerUnavailable:
    case HResult::Failed:
    case HResult::RevocationOffline:
    case HResult::NoRevocationCheck: return FaultCause::Transient;
    case HResult::AdminDeniedRequest:
    case HResult::BadRequestStatus:
    case HResult::PropertyEmpty:
    case HResult::RestrictedOfficer: return FaultCause::Denied;
    case HResult::EnrollDenied:
    case HResult::AccessDenied:
    case HResult::DirectorySidRequired: return FaultCause::Identity;
    case HResult::TemplateDenied:
    case HResult::UnsupportedCertificateType:
    case HResult::NoCertificateType:
    case HResult::TemplateConflict:
    case HResult::BadTemplateVersion:
    case HResult::BadRequestSubject:
    case HResult::SubjectAltNameRequired:
    case HResult::SubjectUpnRequired:
    case HResult::SubjectDnsRequired:
    case HResult::SubjectEmailRequired:
    case HResult::KeyLength:
    case HResult::KeyArchivalNotConfigured:
    case HResult::ArchivedKeyRequired:
    case HResult::ArchivedKeyUnexpected:
    case HResult::EncryptionCertificateRequired:
    case HResult::KeyAttestationNotSupported:
    case HResult::KeyAttestation:
    case HResult::InvalidEndorsementKey:
    case HResult::SignaturePolicyRequired:
    case HResult::SignatureCount:
    case HResult::SignatureRejected:
    case HResult::RenewalBadPublicKey:
    case HResult::CertificateTypeOverlap: return FaultCause::Template;
    case HResult::BadRenewalCertificateAttribute:
    case HResult::BadRenewalSubject:
    case HResult::WeakSignatureOrKey:
    case HResult::NoSigner:
    case HResult::BadSignature:
    case HResult::Revoked:
    case HResult::CertificateExpired:
    case HResult::UntrustedRoot:
    case HResult::Chaining:
    case HResult::UntrustedAuthority: return FaultCause::Certificate;
    default: break;
    }
    // SEC_E_TIME_SKEW, KRB_AP_ERR_SKEW as Windows reports them (MS-ERREF 2.1.1).
    if (static_cast<std::uint32_t>(code) == 0x80090324U) return FaultCause::Clock;
    return FaultCause::Configuration;
}

FaultCause causeOf(const soap::Fault& fault)
{
    if (fault.subcode && fault.subcode->local == "MessageExpired")
        return FaultCause::Clock; // WS-Security 12
    if (soap::isAuthenticationFault(fault)) return FaultCause::Identity;
    if (fault.detail && fault.detail->errorCode) {
        const auto cause = causeOf(*fault.detail->errorCode);
        const bool denied = fault.detail->invalidRequest.value_or(false);
        // The issuer decided, by a code that says nothing more.
        return denied && cause == FaultCause::Configuration ? FaultCause::Denied : cause;
    }
    return fault.code == soap::Fault::Code::Sender ? FaultCause::Configuration
                                                   : FaultCause::Transient;
}

FaultCause causeOf(http::Obstacle obstacle)
{
    switch (obstacle) {
    case http::Obstacle::NameLookup:
    case http::Obstacle::Connect:
    case http::Obstacle::Timeout:
    case http::Obstacle::CutOff:
    case http::Obstacle::ServerChanged:
    case http::Obstacle::Internal: return FaultCause::Transient;
    case http::Obstacle::ServerTooEarly: return FaultCause::Clock;
    case http::Obstacle::OwnCertificate: return FaultCause::Certificate;
    case http::Obstacle::None:
    case http::Obstacle::Request:
    case http::Obstacle::NotTls:
    case http::Obstacle::ServerUntrusted:
    case http::Obstacle::ServerExpired:
    case http::Obstacle::TlsRefused:
    case http::Obstacle::Answer: break;
    }
    return FaultCause::Configuration;
}

FaultCause causeOf(gss::Trouble trouble)
{
    switch (trouble) {
    case gss::Trouble::Kdc: return FaultCause::Transient;
    case gss::Trouble::Clock: return FaultCause::Clock;
    case gss::Trouble::Principal:
    case gss::Trouble::Key:
    case gss::Trouble::Keytab:
    case gss::Trouble::Refused: return FaultCause::Identity;
    case gss::Trouble::Service:
    case gss::Trouble::Realm:
    case gss::Trouble::None:
    case gss::Trouble::Other: break;
    }
    return FaultCause::Configuration;
}

FaultCause causeOfStatus(int httpStatus)
{
    if (httpStatus == 401 || httpStatus == 403) return FaultCause::Identity;
    if (httpStatus >= 300 && httpStatus < 400) return FaultCause::Configuration;
    if (httpStatus == 404 || httpStatus == 405 || httpStatus == 415)
        return FaultCause::Configuration;
    return FaultCause::Transient;
}

bool isUntaken(http::Obstacle obstacle)
{
    switch (obstacle) {
    case http::Obstacle::NameLookup:
    case http::Obstacle::Connect:
    case http::Obstacle::Request:
    case http::Obstacle::NotTls:
    case http::Obstacle::ServerUntrusted:
    case http::Obstacle::ServerExpired:
    case http::Obstacle::ServerTooEarly:
    case http::Obstacle::OwnCertificate:
    case http::Obstacle::TlsRefused:
    case http::Obstacle::ServerChanged: return true;
    case http::Obstacle::None:
    case http::Obstacle::Timeout:
    case http::Obstacle::CutOff:
    case http::Obstacle::Answer:
    case http::Obstacle::Internal: break;
    }
    return false;
}

bool isUntaken(int httpStatus)
{
    return (httpStatus >= 300 && httpStatus < 400) || httpStatus == 401 || httpStatus == 403 ||
           httpStatus == 404 || httpStatus == 405 || httpStatus == 415;
}

// With a code the CA says what it did not do, unless it could not be asked.
bool isUntaken(const soap::Fault& fault)
{
    if (soap::isAuthenticationFault(fault)) return true;
    if (fault.detail && fault.detail->errorCode)
        return causeOf(*fault.detail->errorCode) != FaultCause::Transient;
    return fault.code == soap::Fault::Code::Sender;
}

FaultCause withClocks(FaultCause cause, std::optional<TimePoint> serverTime, TimePoint now)
{
    const bool timed = cause == FaultCause::Certificate || cause == FaultCause::Identity;
    if (!timed || !serverTime || now == TimePoint()) return cause;
    const auto skew = *serverTime > now ? *serverTime - now : now - *serverTime;
    return skew > tolerableSkew ? FaultCause::Clock : cause;
}

Result<IssueOutcome> outcomeOf(const soap::Fault& fault)
{
    const auto text = fault.reason.empty() ? std::string("no reason given") : fault.reason;
    if (soap::isAuthenticationFault(fault))
        return Error{
            ErrorKind::PermissionDenied, "the service did not accept who asks (" + text +
                                             "): check user name, password or certificate"};
    if (!fault.detail || !fault.detail->errorCode) {
        if (fault.code == soap::Fault::Code::Sender)
            return Error{
                ErrorKind::InvalidInput, "the service did not accept the message: " + text};
        return Error{ErrorKind::Unavailable, "the service failed: " + text};
    }
    const auto code = *fault.detail->errorCode;
    const auto described = text + " [" + toText(code) + "]";
    if (causeOf(code) == FaultCause::Transient)
        return Error{
            ErrorKind::Unavailable, "the certification authority did not answer: " + described};
    if (fault.detail->invalidRequest.value_or(false)) return IssueOutcome(Denied{described});
    return Error{ErrorKind::InvalidInput, "the service could not handle the request: " + described};
}

} // namespace perennial::plugins
