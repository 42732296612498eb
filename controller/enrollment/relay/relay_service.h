#pragma once

#include "controller/enrollment/relay/upstream.h"
#include "controller/enrollment/storage/enrollment_store.h"
#include "shared/base/log.h"
#include "shared/enrollment/request/certificate_request.h"

namespace perennial::enrollment::server {

// Hands requests on to the CES of the machine that has the authority, as they came, byte for byte.
// What it refuses itself never gets there: what is no request, new requests where only renewals
// are taken, and at a key-based endpoint a renewal of another certificate than the one TLS proved.
// Everything else is decided there. Request ids are counted here; the store knows theirs.
class RelayService final : public RequestService {
public:
    RelayService(Upstream& upstream, EnrollmentStore& store, const Log& log)
        : upstream_(upstream), store_(store), log_(log)
    {
    }

    ServiceAnswer answer(const Endpoint& endpoint, const Caller& caller,
        const wstep::TokenRequest& request, TimePoint now) override;

private:
    struct Relayed; // one request under way

    ServiceAnswer issue(const Endpoint&, const Caller&, const wstep::TokenRequest&, TimePoint now);
    ServiceAnswer query(const Endpoint&, const Caller&, const wstep::TokenRequest&, TimePoint now);
    ServiceAnswer forward(const Relayed& relayed, const wstep::TokenRequest& request);
    ServiceAnswer stored(const Relayed& relayed, wstep::Issued issued);
    ServiceAnswer stored(const Relayed& relayed, wstep::Pending pending);
    ServiceAnswer stored(const Relayed& relayed, soap::Fault fault);
    ServiceAnswer settle(
        const RequestRecord& record, const Endpoint&, ServiceAnswer answer, TimePoint now);
    soap::Fault refusedAtTheDoor(
        const Endpoint&, const Caller&, HResult code, const std::string& reason, TimePoint now);
    soap::Fault unreached(const Error& error) const;
    soap::Fault storeFailed(const Error& error) const;

    Upstream& upstream_;
    EnrollmentStore& store_;
    const Log& log_;
};

} // namespace perennial::enrollment::server
