#pragma once

#include "shared/x509/revocation_list.h"

#include <optional>
#include <string>
#include <unordered_set>

namespace perennial::enrollment::server {

// A base CRL and the delta CRL after it, as one answer (RFC 5280 5.2.4, 6.3.3). Immutable.
class MergedLists {
public:
    // InvalidInput: not signed by the authority, without a number, of some certificates only, a
    // delta CRL in the place of a base CRL or the other way round, or one for a later base CRL.
    static Result<MergedLists> of(const x509::Certificate& authority, x509::RevocationList base,
        std::optional<x509::RevocationList> delta);

    // Conflict when one of them is older than what is there: an old CRL that is sent again would
    // take revocations back.
    Status checkFollows(const MergedLists& earlier) const;

    bool isRevoked(const std::string& serial) const { return revoked_.count(serial) != 0; }
    TimePoint nextUpdate() const; // of the one that ends first
    const x509::RevocationList& base() const { return base_; }
    const std::optional<x509::RevocationList>& delta() const { return delta_; }

private:
    MergedLists(x509::RevocationList base, std::optional<x509::RevocationList> delta);

    x509::RevocationList base_;
    std::optional<x509::RevocationList> delta_;
    std::unordered_set<std::string> revoked_; // serial numbers
};

} // namespace perennial::enrollment::server
