#include "controller/enrollment/ces/certificate_service.h"
#include "controller/enrollment/ces/request_record.h"
#include "controller/enrollment/rules/certificate_decision.h"

namespace perennial::enrollment::server {

namespace {

Json decisionEvent(const RequestRecord& record, const std::string& by, int adcsEvent)
{
    Json details;
    details["request_id"] = record.id;
    details["requester"] = record.requester;
    details["template"] = record.templateName;
    details["subject"] = record.subject;
    details["decided_by"] = by;
    details["adcs_event"] = adcsEvent;
    return details;
}

Result<RequestRecord> pendingRequest(EnrollmentStore& store, std::int64_t id)
{
    auto found = store.findRequest(id);
    if (!found) return found.error();
    if (!*found) return Error{ErrorKind::NotFound, "there is no request " + std::to_string(id)};
    if ((*found)->state != "pending")
        return Error{ErrorKind::Conflict,
            "request " + std::to_string(id) + " is not pending but " + (*found)->state};
    return **found;
}

} // namespace

Result<RequestRecord> CertificateService::approve(
    std::int64_t id, const std::string& by, TimePoint now)
{
    const auto record = pendingRequest(store_, id);
    if (!record) return record.error();
    const auto held = templates_.current();
    const auto chosen = held->templates.find(record->templateName);
    if (chosen == held->templates.end())
        return Error{
            ErrorKind::Conflict, "template " + record->templateName + " is not there any more"};
    const auto read = request::readRequest(record->request);
    std::optional<x509::Certificate> old;
    const x509::SigningRequest* asked = nullptr;
    if (const auto* fresh = std::get_if<request::NewRequest>(&read)) asked = &fresh->request;
    if (const auto* renewal = std::get_if<request::RenewalRequest>(&read)) {
        asked = &renewal->request;
        old = renewal->old;
    }
    if (asked == nullptr)
        return Error{
            ErrorKind::Corrupt, "the stored request " + std::to_string(id) + " cannot be read"};
    if (old) {
        // Days may have gone by since it was asked for.
        const auto known = store_.findCertificate(old->serial());
        if (!known) return known.error();
        if (!*known || (*known)->revoked || now >= old->notAfter())
            return Error{ErrorKind::Conflict,
                "the certificate to renew has expired or is revoked by now: deny the request"};
    }
    const auto content = decideContent(chosen->second, *asked, old, now);
    if (!content) return content.error();
    const auto certificate = authority_.issue(*content);
    if (!certificate) return certificate.error();
    auto event = decisionEvent(*record, by, 4887);
    event["serial"] = certificate->serial();
    event["public_key_sha256"] = certificate->publicKeyPin();
    if (old) event["renews"] = old->serial(); // who watches for stolen keys goes by it
    if (auto done = store_.approve(id, by, now, *certificate, event); !done) return done.error();
    const auto stored = store_.findRequest(id);
    if (!stored) return stored.error();
    return **stored;
}

Result<RequestRecord> CertificateService::deny(
    std::int64_t id, const std::string& by, const std::string& reason, TimePoint now)
{
    const auto record = pendingRequest(store_, id);
    if (!record) return record.error();
    auto event = decisionEvent(*record, by, 4868);
    event["reason"] = reason;
    if (auto done = store_.deny(id, by, now, reason, event); !done) return done.error();
    const auto stored = store_.findRequest(id);
    if (!stored) return stored.error();
    return **stored;
}

} // namespace perennial::enrollment::server
