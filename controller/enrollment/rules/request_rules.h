#pragma once

#include "controller/enrollment/authentication/caller.h"
#include "controller/enrollment/storage/enrollment_store.h"
#include "controller/enrollment/templates/certificate_template.h"
#include "shared/enrollment/hresult.h"
#include "shared/enrollment/request/certificate_request.h"
#include "shared/enrollment/wstep/token_request.h"

#include <optional>
#include <string>
#include <vector>

namespace perennial::enrollment::server {

// A refusal, as CES says it: the code for programs, the text for people.
struct Refusal {
    HResult code;
    std::string reason;
};

// The template that a request asks for. Every place that names one must name the same: the
// extensions 21.7 and 20.2, the attribute or context item CertificateTemplate
// (MS-WCCE 3.2.2.6.2.1.4.1). None may name a newer version than ours; a renewal may name that of
// the `old` certificate.
struct ChosenTemplate {
    const CertificateTemplate* chosen = nullptr;
    std::optional<Refusal> refusal;
};
ChosenTemplate chooseTemplate(const Templates& templates, const x509::SigningRequest& request,
    const std::vector<wstep::ContextItem>& context,
    const std::optional<x509::Certificate>& old = std::nullopt);

// Only CertificateTemplate may come as a request attribute, and ccm, which is not used; SAN, cdc,
// rmd, requestername, certfile and the like are ways to widen a certificate (ESC6, CVE-2026-54121),
// in any letter case. The attributes are those of the message and those in the request itself.
std::optional<Refusal> refuseAttributes(const std::vector<wstep::ContextItem>& attributes);

// The right to enrol, for first requests and for renewals by other ways than by key.
std::optional<Refusal> refuseWithoutRight(
    const CertificateTemplate& certificateTemplate, const Caller& caller);

// A first enrolment: rights, key, names, no SID but the caller's own, no names that map to
// accounts. Where the template builds the names, the request's are passed over.
std::optional<Refusal> refuseNew(const CertificateTemplate& certificateTemplate,
    const Caller& caller, const x509::SigningRequest& request);

// A supplied subject is empty or one common name, which is a name too: the template must allow it.
// `commonName` is what is alone in `subjectDer`.
bool allowsSubject(const CertificateTemplate& certificateTemplate, const Bytes& subjectDer,
    const std::optional<std::string>& commonName);

// The parts of it: a SID that is not of the caller's account; key and names.
std::optional<Refusal> refuseSid(const Caller& caller, const x509::SigningRequest& request);
// Of a renewal: a SID that is not the old certificate's.
std::optional<Refusal> refuseSid(const x509::Certificate& old, const x509::SigningRequest& request);
std::optional<Refusal> refuseContent(const CertificateTemplate& certificateTemplate,
    const Caller& caller, const x509::SigningRequest& request);

// Who signed a request besides its own key; the signature has been checked.
struct RequestSigner {
    x509::Certificate certificate;
    std::optional<CertificateRecord> record; // as we stored it
};
// The signatures of registration authorities that a template asks for (MS-WCCE 3.2.2.6.2.1.4.3):
// each signer must be one of them. Two that have a key or a subject in common count as one.
std::optional<Refusal> refuseSignatures(const CertificateTemplate& certificateTemplate,
    const std::vector<RequestSigner>& signers, const x509::Certificate& authority, TimePoint now);

struct RenewalFacts {
    const CertificateTemplate& certificateTemplate;
    const x509::SigningRequest& request;
    const x509::Certificate& old;
    const std::optional<CertificateRecord>& record; // of the old certificate, as we stored it
    const x509::Certificate& authority;
    const std::optional<x509::Certificate>& tlsCertificate;
    const std::optional<x509::Certificate>& tlsIssuer; // whose signature on it TLS has verified
    bool keyBasedEndpoint; // then the TLS certificate must be the renewed one
    TimePoint now;
    // The caller's common name, names and SID, where the template builds them.
    std::string accountCommonName = {};
    std::vector<x509::GeneralName> accountNames = {};
    std::string accountSid = {}; // empty: none is known
};
// Fills in the names that the template builds of the caller's account; the refusal is a name that
// is not known of it.
std::optional<Refusal> addAccount(RenewalFacts& facts, const Caller& caller);

// Whether the renewal is spared what a first request needs, approval and signatures (MS-WCCE
// 3.2.2.6.2.1.4.8): the template says so, and it is the very one of the old certificate.
bool keepsApproval(const RenewalFacts& facts);

// A renewal (enrollment-protocol section 9): the old certificate is ours, valid, unrevoked and not
// one of issue-test, the
// TLS certificate is the renewed one, template and subject are the same, the names and SID are the
// old ones, nothing is wider, the key is new (or, where the template wants that, the same). At an
// endpoint that is not key-based the template may be one that supersedes the old certificate's. The
// checks in their order; the first refusal wins.
std::optional<Refusal> refuseRenewal(const RenewalFacts& facts);

// Of those checks, what a relay has to see itself as the authority sees only the relay: at a
// key-based endpoint TLS has proven the renewed certificate, the template allows it, and is the
// very one of the old certificate.
std::optional<Refusal> refuseByKey(const CertificateTemplate& certificateTemplate,
    const x509::Certificate& old, const std::optional<x509::Certificate>& tlsCertificate);

} // namespace perennial::enrollment::server
