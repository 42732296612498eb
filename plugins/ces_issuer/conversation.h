#pragma once

#include "plugins/ces_issuer/endpoint_memory.h"
#include "plugins/ces_issuer/soap_exchange.h"
#include "shared/enrollment/wstep/token_request.h"
#include "shared/enrollment/xcep/get_policies.h"

#include <functional>

namespace perennial::plugins {

// The ticket of a pending request: opaque outside this plugin.
struct Ticket {
    std::string requestId;
    std::string url;
};
std::string toText(const Ticket& ticket);
Result<Ticket> ticketFromText(const std::string& text);

// One caller, its connection and the questions it asks of a service's endpoints, the next one at
// once where one does not answer.
class Conversation {
public:
    Conversation(const model::EnrollmentService& service, tls::ClientSettings settings,
        const http::ClientLimits& limits, MessageCredentials credentials, TimePoint now,
        EndpointMemory& memory);

    // Of the first policy endpoint that answers; a refusal of one is an answer. An unset
    // `lastUpdate` asks for everything.
    Result<enrollment::xcep::PolicyAnswer> policies(std::optional<TimePoint> lastUpdate = {});
    // The same bytes to one after the other, until one decides. What was not answered may have been
    // issued all the same: the request is for the same key, so that nothing is lost.
    Result<IssueOutcome> submit(
        const std::vector<std::string>& urls, const Bytes& bytes, const Bytes& publicKey);
    Result<IssueOutcome> query(const Ticket& ticket, const Bytes& publicKey);

    const ExchangeTrace& trace() const { return trace_; } // of the last exchange
    // None of the endpoints that submit() asked took the request, for certain.
    bool untaken() const { return untaken_; }

private:
    template <class Answer>
    Result<Answer> tryEach(const std::vector<std::string>& urls, const std::string& what,
        const std::function<Result<Answer>(const std::string&)>& ask);
    bool mayGoOn(const Error& error) const;
    Result<enrollment::xcep::PolicyAnswer> readPolicies(const SoapAnswer& answer);
    Result<IssueOutcome> ask(const std::string& url,
        const enrollment::wstep::TokenRequest& question, const Bytes& publicKey);

    const model::EnrollmentService& service_;
    std::vector<x509::Certificate> anchors_;
    http::Client client_;
    MessageCredentials credentials_;
    TimePoint now_;
    EndpointMemory& memory_;
    Deadline deadline_; // for all endpoints together
    ExchangeTrace trace_;
    bool untaken_ = true;
};

} // namespace perennial::plugins
