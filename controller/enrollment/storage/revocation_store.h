#pragma once

#include "controller/enrollment/storage/enrollment_store.h"
#include "shared/x509/revocation_list.h"

#include <optional>
#include <string>
#include <vector>

namespace perennial::enrollment::server {

struct RevocationRecord {
    std::string serial;
    x509::RevocationReason reason; // RemoveFromCrl: a hold that is over
    TimePoint revokedAt;
    std::string revokedBy;
    TimePoint notAfter; // of the certificate
    std::int64_t change = 0;
    bool isRevoked() const { return reason != x509::RevocationReason::RemoveFromCrl; }
};

struct RevocationListRecord {
    std::string kind; // "base", "delta"
    std::int64_t number = 0;
    TimePoint nextPublish;
    std::int64_t lastChange = 0; // what it knew
    Bytes der;
};

// Who is revoked, and the CRLs that said so. In the database of EnrollmentStore.
class RevocationStore {
public:
    explicit RevocationStore(EnrollmentStore& store) : database_(store.database()) {}

    // Sets the change, and `revoked` of the certificate where it is known. One transaction with the
    // event.
    Status put(const RevocationRecord& record, const std::string& eventKind, TimePoint now,
        const Json& event);
    Result<std::optional<RevocationRecord>> find(const std::string& serial);
    // Those whose certificate expires at `notBefore` or later and that changed after `change`.
    Result<std::vector<RevocationRecord>> all(TimePoint notBefore, std::int64_t change);
    Result<std::int64_t> lastChange();

    // All of them or none, with the event.
    Status addLists(
        const std::vector<RevocationListRecord>& lists, TimePoint now, const Json& event);
    Result<std::optional<RevocationListRecord>> latestList(const std::string& kind);

private:
    sql::Database& database_;
};

} // namespace perennial::enrollment::server
