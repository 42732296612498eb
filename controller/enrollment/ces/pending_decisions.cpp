#include "controller/enrollment/ces/certificate_service.h"
#include "controller/enrollment/ces/request_record.h"
#include "controller/enrollment/rules/certificate_decision.h"
#include "controller/enrollment/rules/request_rules.h"

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

Error notRenewed(const std::string& why)
{
    return {ErrorKind::Conflict, "the certificate to renew " + why + ": deny the request"};
}

// Days may have gone by since a renewal was asked for. Nothing for a new request. What is renewed
// is what was found when it came: a request that the TLS certificate stands in for does not say it.
Result<std::optional<x509::Certificate>> certificateToRenew(EnrollmentStore& store,
    const RequestRecord& record, const x509::Certificate& authority, TimePoint now)
{
    if (record.kind != "renewal") return std::optional<x509::Certificate>();
    auto serial = record.renews;
    if (serial.empty()) { // of an earlier version
        const auto read = request::readRequest(record.request);
        const auto* renewal = std::get_if<request::RenewalRequest>(&read);
        if (renewal == nullptr) return notRenewed("is not on record with it");
        serial = renewal->old.serial();
    }
    const auto known = store.findCertificate(serial);
    if (!known) return known.error();
    if (!*known) return notRenewed("is not on record");
    if ((*known)->revoked) return notRenewed("is revoked by now");
    if ((*known)->isTest) return notRenewed("is one of issue-test");
    auto old = x509::Certificate::fromDer((*known)->der);
    if (!old) return old.error();
    if (now >= old->notAfter()) return notRenewed("has expired by now");
    if (!old->isSignedBy(authority)) return notRenewed("is another authority's by now");
    return std::optional<x509::Certificate>(*std::move(old));
}

struct Asked {
    x509::SigningRequest request;
    std::vector<x509::Certificate> signers; // of the CMS around a new request
};

// The PKCS#10 in what was stored; a renewal by CMS names the same old certificate.
Result<Asked> askedIn(const RequestRecord& record, const std::optional<x509::Certificate>& old,
    const IssuingAuthority& authority)
{
    auto known = authority.above();
    known.push_back(authority.certificate());
    if (old) known.push_back(*old);
    const auto read = request::readRequest(record.request, known);
    if (const auto* fresh = std::get_if<request::NewRequest>(&read))
        return Asked{fresh->request, fresh->signers};
    const auto* renewal = std::get_if<request::RenewalRequest>(&read);
    if (renewal != nullptr && old && renewal->old == *old) return Asked{renewal->request, {}};
    return Error{
        ErrorKind::Corrupt, "the stored request " + std::to_string(record.id) + " cannot be read"};
}

// Whoever asked, as it was known then: what names are built from may be another's by now.
Result<Caller> callerOf(
    const RequestRecord& record, const CertificateTemplate& chosen, EnrollmentStore& store)
{
    Caller caller{record.requester, {}, std::nullopt, {}};
    if (auto added = addRights(caller, record.rights, store); !added) return added.error();
    if (chosen.subjectSupplied != record.account.empty())
        return Error{ErrorKind::Conflict,
            "template " + chosen.name +
                (chosen.subjectSupplied
                        ? " built names of the caller's account when this was asked for, and does "
                          "not by now: deny the request"
                        : " builds names of the caller's account, and did not when this was asked "
                          "for: deny the request")};
    if (chosen.subjectSupplied) return caller;
    auto names = accountNamesOf(record.account);
    if (!names) return names.error();
    caller.account = *std::move(names);
    return caller;
}

Result<std::optional<Refusal>> judgeRenewal(const CertificateTemplate& chosen, const Caller& caller,
    const Asked& asked, const x509::Certificate& old, EnrollmentStore& store,
    const x509::Certificate& authority, TimePoint now)
{
    const auto known = store.findCertificate(old.serial());
    if (!known) return known.error();
    const std::optional<x509::Certificate> noTls;
    RenewalFacts facts{chosen, asked.request, old, *known, authority, noTls, noTls, false, now};
    auto refusal = addAccount(facts, caller);
    if (!refusal) refusal = refuseRenewal(facts);
    if (!refusal && !keepsApproval(facts)) refusal = refuseSignatures(chosen, {}, authority, now);
    return refusal;
}

// Whoever signed it was a registration authority when the request came. Its SID, if any, was held
// to the caller's account then.
Result<std::optional<Refusal>> judgeNew(const CertificateTemplate& chosen, const Caller& caller,
    const Asked& asked, EnrollmentStore& store, const x509::Certificate& authority,
    TimePoint receivedAt)
{
    if (auto refusal = refuseContent(chosen, caller, asked.request)) return refusal;
    const auto signers = signersOf(asked.signers, store);
    if (!signers) return signers.error();
    return refuseSignatures(chosen, *signers, authority, receivedAt);
}

// The template may have become stricter since it was asked for: an operator's yes waives the wait,
// no rule.
Status judgeAgain(const CertificateTemplate& chosen, const Caller& caller, TimePoint receivedAt,
    const Asked& asked, const std::optional<x509::Certificate>& old, EnrollmentStore& store,
    const x509::Certificate& authority, TimePoint now)
{
    Result<std::optional<Refusal>> refusal = refuseWithoutRight(chosen, caller);
    if (!*refusal)
        refusal = old ? judgeRenewal(chosen, caller, asked, *old, store, authority, now)
                      : judgeNew(chosen, caller, asked, store, authority, receivedAt);
    if (!refusal) return refusal.error();
    if (!*refusal) return {};
    return Error{ErrorKind::Conflict,
        "the template does not allow it by now: " + (*refusal)->reason + " Deny the request"};
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
    const auto old = certificateToRenew(store_, *record, authority_.certificate(), now);
    if (!old) return old.error();
    const auto asked = askedIn(*record, *old, authority_);
    if (!asked) return asked.error();
    const auto caller = callerOf(*record, chosen->second, store_);
    if (!caller) return caller.error();
    if (auto judged = judgeAgain(chosen->second, *caller, record->receivedAt, *asked, *old, store_,
            authority_.certificate(), now);
        !judged)
        return judged.error();
    BuiltIdentity identity;
    if (!chosen->second.subjectSupplied) // refused a moment ago, had it not been known
        identity = std::get<BuiltIdentity>(buildIdentity(chosen->second, *caller));
    if (!*old && !chosen->second.subjectSupplied &&
        shownNames(identity) != ShownNames{record->subject, record->names})
        return Error{ErrorKind::Conflict, "template " + chosen->first +
                                              " builds other names by now than were shown: deny "
                                              "the request"};
    const auto content = decideContent(chosen->second, asked->request, *old, now, identity);
    if (!content) return content.error();
    const auto certificate = authority_.issue(*content);
    if (!certificate) return certificate.error();
    auto event = decisionEvent(*record, by, 4887);
    event["serial"] = certificate->serial();
    event["public_key_sha256"] = certificate->publicKeyPin();
    if (*old) event["renews"] = (*old)->serial(); // who watches for stolen keys goes by it
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
