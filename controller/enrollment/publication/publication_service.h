#pragma once

#include "controller/enrollment/enrollment_config.h"
#include "controller/enrollment/publication/publication_endpoints.h"
#include "controller/enrollment/publication/revocation_desk.h"
#include "shared/base/periodic_task.h"

#include <memory>

namespace perennial::enrollment::server {

// CRLs on time and, where an address is configured, what clients fetch over plain HTTP.
class PublicationService {
public:
    struct Parts {
        IssuingAuthority& authority;
        EnrollmentStore& store;
        FileSystem& files;
        const Clock& clock;
        const Log& log;
    };
    static Result<std::unique_ptr<PublicationService>> start(
        const EnrollmentConfig& config, const Parts& parts);

    RevocationDesk& desk() { return desk_; }

private:
    PublicationService(const EnrollmentConfig& config, const Parts& parts);
    void look();

    const Parts parts_;
    RevocationStore revocations_;
    CrlPublisher publisher_;
    RevocationDesk desk_;
    OcspResponder ocsp_;
    PublicationEndpoints endpoints_;
    std::string lastFailure_;
    std::unique_ptr<http::Server> server_;
    std::optional<PeriodicTask> timer_; // last: it uses all of the others
};

} // namespace perennial::enrollment::server
