#pragma once

#include "controller/enrollment/publication/publication_settings.h"
#include "controller/enrollment/storage/revocation_store.h"

namespace perennial::enrollment::server {

// A CRL that is out.
struct PublishedList {
    std::int64_t number = 0;
    TimePoint thisUpdate;
    TimePoint nextPublish;
    std::int64_t lastChange = 0;
};

struct PublicationFacts {
    std::optional<PublishedList> base;
    std::optional<PublishedList> delta; // newer than the base CRL, or published with it
    std::int64_t lastChange = 0;        // in the store
};

enum class Due { Nothing, Delta, Base };
// What has to be published now: what is missing, whose time has come, what changed since, and what
// says that it is from the future (the clock was wrong and is right now).
Due decideDue(const PublicationFacts& facts, const PublicationSettings& settings, TimePoint now);

// The number of the next CRL: more than every one before, and at least the seconds since 1970, so
// that it goes on counting when the whole state was restored from a backup.
std::int64_t nextNumber(std::int64_t last, TimePoint now);

// NotFound: not issued here. Conflict: revoked already, or not on hold and so not to be released.
Status checkRevocation(const std::optional<CertificateRecord>& certificate,
    const std::optional<RevocationRecord>& current, x509::RevocationReason wanted);

} // namespace perennial::enrollment::server
