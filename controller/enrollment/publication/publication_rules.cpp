#include "controller/enrollment/publication/publication_rules.h"

#include <algorithm>

namespace perennial::enrollment::server {

Due decideDue(const PublicationFacts& facts, const PublicationSettings& settings, TimePoint now)
{
    if (!facts.base || now >= facts.base->nextPublish || facts.base->thisUpdate > now)
        return Due::Base;
    if (!settings.delta)
        return facts.lastChange > facts.base->lastChange ? Due::Base : Due::Nothing;
    if (!facts.delta || now >= facts.delta->nextPublish || facts.delta->thisUpdate > now)
        return Due::Delta;
    return facts.lastChange > facts.delta->lastChange ? Due::Delta : Due::Nothing;
}

std::int64_t nextNumber(std::int64_t last, TimePoint now)
{
    return std::max<std::int64_t>(last + 1, now.time_since_epoch().count());
}

Status checkRevocation(const std::optional<CertificateRecord>& certificate,
    const std::optional<RevocationRecord>& current, x509::RevocationReason wanted)
{
    using Reason = x509::RevocationReason;
    if (!certificate)
        return Error{ErrorKind::NotFound, "there is no certificate of that serial number"};
    const bool onHold = current && current->reason == Reason::CertificateHold;
    if (wanted == Reason::RemoveFromCrl) {
        if (onHold) return {};
        return Error{ErrorKind::Conflict, "the certificate is not on hold; only certificateHold "
                                          "can be taken back"};
    }
    if (!current || !current->isRevoked() || (onHold && wanted != Reason::CertificateHold))
        return {};
    return Error{ErrorKind::Conflict, "the certificate is revoked already (" +
                                          std::string(x509::nameOf(current->reason)) + ", " +
                                          toRfc3339(current->revokedAt) + ")"};
}

} // namespace perennial::enrollment::server
