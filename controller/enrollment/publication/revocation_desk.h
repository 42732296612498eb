#pragma once

#include "controller/enrollment/publication/crl_publisher.h"

namespace perennial::enrollment::server {

// What the operator does about certificates that are out.
class RevocationDesk {
public:
    RevocationDesk(EnrollmentStore& certificates, RevocationStore& store, CrlPublisher& publisher,
        const Log& log)
        : certificates_(certificates), store_(store), publisher_(publisher), log_(log)
    {
    }

    struct Outcome {
        RevocationRecord record;
        std::string publication; // empty: the CRLs say so; otherwise why not yet
    };
    // On disk with its event (4870) when this returns, then published. When publishing fails the
    // timer tries again.
    Result<Outcome> revoke(const std::string& serial, x509::RevocationReason reason,
        const std::string& by, TimePoint now);

    Status publish(Due what, const std::string& by, TimePoint now)
    {
        return publisher_.publish(what, by, now);
    }
    CrlPublisher::Lists lists() const { return publisher_.current(); }

private:
    EnrollmentStore& certificates_;
    RevocationStore& store_;
    CrlPublisher& publisher_;
    const Log& log_;
};

} // namespace perennial::enrollment::server
