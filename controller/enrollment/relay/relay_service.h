#pragma once

#include "controller/enrollment/relay/upstream.h"
#include "controller/enrollment/rules/request_rules.h"
#include "controller/enrollment/storage/enrollment_store.h"
#include "controller/enrollment/templates/held_templates.h"
#include "shared/base/log.h"
#include "shared/enrollment/request/certificate_request.h"

namespace perennial::enrollment::server {

// Hands requests on to the CES of the machine that has the authority, as they came, byte for byte.
// There every request is this service's own, so what it refuses itself never gets there: what is no
// request, new requests where only renewals are taken, a template that the caller may not enrol
// for, request attributes, a SID that is not the renewed certificate's, and at a key-based endpoint
// a renewal of another certificate than the one TLS proved. Everything else is decided there.
// Request ids are counted here; the store knows theirs.
class RelayService final : public RequestService {
public:
    RelayService(
        const HeldTemplates& templates, Upstream& upstream, EnrollmentStore& store, const Log& log)
        : templates_(templates), upstream_(upstream), store_(store), log_(log)
    {
    }
    // InvalidInput: a template whose names are built would get each caller the relay's own names.
    static Status checkTemplates(const Templates& templates);

    ServiceAnswer answer(const Endpoint& endpoint, const Caller& caller,
        const wstep::TokenRequest& request, TimePoint now) override;

private:
    struct Relayed; // one request under way

    ServiceAnswer issue(const Endpoint&, const Caller&, const wstep::TokenRequest&, TimePoint now);
    ServiceAnswer query(const Endpoint&, const Caller&, const wstep::TokenRequest&, TimePoint now);
    ServiceAnswer judge(const Relayed& given, const wstep::TokenRequest& request);
    ServiceAnswer forward(const Relayed& relayed, const wstep::TokenRequest& request);
    ServiceAnswer refused(const Relayed& relayed, const Refusal& refusal);
    ServiceAnswer stored(const Relayed& relayed, wstep::Issued issued);
    ServiceAnswer stored(const Relayed& relayed, wstep::Pending pending);
    ServiceAnswer stored(const Relayed& relayed, soap::Fault fault);
    ServiceAnswer settle(
        const RequestRecord& record, const Endpoint&, ServiceAnswer answer, TimePoint now);
    soap::Fault refusedAtTheDoor(const Endpoint&, const Caller&, const Refusal&, TimePoint now);
    soap::Fault unreached(const Error& error) const;
    soap::Fault storeFailed(const Error& error) const;

    const HeldTemplates& templates_;
    Upstream& upstream_;
    EnrollmentStore& store_;
    const Log& log_;
};

} // namespace perennial::enrollment::server
