#pragma once

#include "controller/enrollment/ces/request_service.h"
#include "controller/enrollment/issuing/issuing_authority.h"
#include "controller/enrollment/rules/request_rules.h"
#include "controller/enrollment/templates/held_templates.h"
#include "shared/base/log.h"
#include "shared/enrollment/request/cmc_response.h"

namespace perennial::enrollment::server {

// Who signed a request, each with what the store has of that serial number.
Result<std::vector<RequestSigner>> signersOf(
    const std::vector<x509::Certificate>& certificates, EnrollmentStore& store);

// What CES and the operator decide about requests. Everything that was decided is in the store,
// with its event, before it is answered.
class CertificateService final : public RequestService {
public:
    CertificateService(const HeldTemplates& templates, IssuingAuthority& authority,
        EnrollmentStore& store, const Log& log)
        : templates_(templates), authority_(authority), store_(store), log_(log)
    {
    }

    ServiceAnswer answer(const Endpoint& endpoint, const Caller& caller,
        const wstep::TokenRequest& request, TimePoint now) override;

    // For the operator. Conflict when the request is not pending.
    Result<RequestRecord> approve(std::int64_t id, const std::string& by, TimePoint now);
    Result<RequestRecord> deny(
        std::int64_t id, const std::string& by, const std::string& reason, TimePoint now);

private:
    struct Incoming; // one request on its way to a decision

    std::vector<x509::Certificate> knownCertificates(const Caller& caller) const;
    ServiceAnswer issue(const Endpoint&, const Caller&, const wstep::Issue&, TimePoint now);
    ServiceAnswer query(const Endpoint&, const Caller&, const wstep::QueryTokenStatus&);
    ServiceAnswer decide(const Incoming& incoming);
    ServiceAnswer decideNew(const Incoming& incoming);
    ServiceAnswer decideRenewal(const Incoming& incoming);
    ServiceAnswer refused(const Incoming& incoming, const Refusal& refusal);
    ServiceAnswer setPending(const Incoming& incoming);
    ServiceAnswer issued(const Incoming& incoming);
    ServiceAnswer issuedAnswer(const x509::Certificate& certificate, std::int64_t id) const;
    ServiceAnswer pendingAnswer(const Endpoint& endpoint, std::int64_t id, TimePoint now) const;
    soap::Fault refusedAtTheDoor(const Endpoint&, const Caller&, const Refusal&, TimePoint now);
    request::ResponseSigner signer() const;
    soap::Fault failed(std::string_view what, const Error& error) const;
    soap::Fault storeFailed(const Error& error) const;

    const HeldTemplates& templates_;
    IssuingAuthority& authority_;
    EnrollmentStore& store_;
    const Log& log_;
};

} // namespace perennial::enrollment::server
