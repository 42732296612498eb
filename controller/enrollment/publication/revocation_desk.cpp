#include "controller/enrollment/publication/revocation_desk.h"

namespace perennial::enrollment::server {

Result<RevocationDesk::Outcome> RevocationDesk::revoke(
    const std::string& serial, x509::RevocationReason reason, const std::string& by, TimePoint now)
{
    const auto certificate = certificates_.findCertificate(serial);
    if (!certificate) return certificate.error();
    const auto current = store_.find(serial);
    if (!current) return current.error();
    if (auto allowed = checkRevocation(*certificate, *current, reason); !allowed)
        return allowed.error();

    Json event;
    event["serial"] = serial;
    event["subject"] = (*certificate)->subject;
    event["template"] = (*certificate)->templateName;
    event["reason"] = x509::nameOf(reason);
    event["decided_by"] = by;
    event["adcs_event"] = 4870;
    const bool released = reason == x509::RevocationReason::RemoveFromCrl;
    if (auto put = store_.put({serial, reason, now, by, (*certificate)->notAfter, 0},
            released ? "certificate.released" : "certificate.revoked", now, event);
        !put)
        return put.error();
    const auto stored = store_.find(serial);
    if (!stored) return stored.error();
    Outcome outcome{**stored, ""};
    if (auto done = publisher_.publishDue(now); !done) {
        outcome.publication = done.error().message;
        log_.error("a certificate was revoked and no CRL says so yet: " + outcome.publication);
    }
    return outcome;
}

} // namespace perennial::enrollment::server
