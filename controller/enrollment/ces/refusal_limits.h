#pragma once

#include "controller/enrollment/authentication/failure_counts.h"
#include "controller/enrollment/ces/request_service.h"
#include "controller/enrollment/storage/enrollment_store.h"
#include "shared/base/log.h"

#include <mutex>

namespace perennial::enrollment::server {

// Refused requests of one caller, in front of the service that refuses them: each costs a
// signature and is kept for ever, and who may come in need not mean well. After as many as the
// endpoint says, nothing of this caller is looked at until the quarter of an hour is over. Counted
// by caller and endpoint, not by address: the caller is proven, and hosts behind one address must
// not be locked out by one of them. Requests that are in work at the same moment may exceed it.
class RefusalLimits final : public RequestService {
public:
    RefusalLimits(RequestService& service, EnrollmentStore& store, const Log& log)
        : service_(service), store_(store), log_(log)
    {
    }

    ServiceAnswer answer(const Endpoint& endpoint, const Caller& caller,
        const wstep::TokenRequest& request, TimePoint now) override;

private:
    Status note(const Endpoint& endpoint, const Caller& caller, TimePoint now);
    FailureCounts& countsOf(int limit);

    RequestService& service_;
    EnrollmentStore& store_;
    const Log& log_;
    std::mutex mutex_;
    std::map<int, FailureCounts> counts_; // by the limit of the endpoint
};

} // namespace perennial::enrollment::server
