#pragma once

#include "controller/enrollment/issuing/issuing_authority.h"
#include "controller/enrollment/storage/revocation_store.h"
#include "shared/base/log.h"
#include "shared/x509/ocsp.h"

#include <memory>
#include <mutex>

namespace perennial::enrollment::server {

// Answers OCSP from the store as it is at that moment: nothing is kept, so nothing gets stale.
// Good is only what was issued here; what is not known here is unknown (RFC 6960 2.2).
class OcspResponder {
public:
    OcspResponder(IssuingAuthority& authority, EnrollmentStore& certificates,
        RevocationStore& revocations, bool delegated, const Log& log)
        : authority_(authority), certificates_(certificates), revocations_(revocations),
          delegated_(delegated), log_(log)
    {
    }

    struct Answer {
        Bytes der;
        bool reusable = false; // no nonce and no failure: a cache may give it to others
    };
    Answer answer(std::string_view request, TimePoint now);

    static constexpr Duration life = std::chrono::hours(1); // of an answer

private:
    struct Delegate {
        x509::Certificate certificate;
        x509::PrivateKey key;
    };
    Result<x509::OcspStatus> statusOf(const std::string& serial);
    Result<std::shared_ptr<const Delegate>> delegate(TimePoint now);
    Result<Bytes> sign(
        const x509::OcspRequest& request, std::vector<x509::OcspStatus> statuses, TimePoint now);

    IssuingAuthority& authority_;
    EnrollmentStore& certificates_;
    RevocationStore& revocations_;
    const bool delegated_;
    const Log& log_;
    std::mutex mutex_; // of delegate_
    std::shared_ptr<const Delegate> delegate_;
};

} // namespace perennial::enrollment::server
