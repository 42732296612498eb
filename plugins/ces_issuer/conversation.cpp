#include "plugins/ces_issuer/conversation.h"

#include "shared/base/json.h"
#include "shared/enrollment/request/cmc_response.h"
#include "shared/enrollment/soap/namespaces.h"
#include "shared/enrollment/wstep/token_response.h"

namespace perennial::plugins {

namespace soap = enrollment::soap;
namespace wstep = enrollment::wstep;
namespace xcep = enrollment::xcep;
namespace request = enrollment::request;

namespace {

constexpr Duration pollAfter = std::chrono::minutes(1);
// Less than the agent waits for the process.
constexpr std::chrono::milliseconds allEndpoints = std::chrono::minutes(4);

// The certificate with what stands between it and the root, leaf first.
std::string chainOf(const request::IssuedCertificate& issued)
{
    std::string pem = issued.certificate.toPem();
    for (const auto& other : issued.others) {
        if (other == issued.certificate || other.isSelfIssued()) continue;
        pem += other.toPem();
    }
    return pem;
}

// Only the host that was asked may be asked again: another one in the answer is a redirect.
std::string pollUrl(const std::string& asked, const wstep::Pending& pending)
{
    const auto hostEnd = asked.find('/', 8);
    const bool sameHost = pending.referenceUri.rfind(asked.substr(0, hostEnd) + "/", 0) == 0;
    return sameHost ? pending.referenceUri : asked;
}

} // namespace

std::string toText(const Ticket& ticket)
{
    Json json;
    json["request_id"] = ticket.requestId;
    json["url"] = ticket.url;
    return json.canonical();
}

Result<Ticket> ticketFromText(const std::string& text)
{
    const auto json = Json::parse(text);
    if (!json) return json.error().in("ticket");
    JsonReader in(*json, "ticket");
    Ticket ticket{in.string("request_id"), in.string("url")};
    if (auto status = in.finish(); !status) return status.error();
    return ticket;
}

Conversation::Conversation(const model::EnrollmentService& service, tls::ClientSettings settings,
    const http::ClientLimits& limits, MessageCredentials credentials, TimePoint now,
    EndpointMemory& memory)
    : service_(service), anchors_(settings.trust.anchors), client_(std::move(settings), limits),
      credentials_(std::move(credentials)), now_(now), memory_(memory), deadline_(allEndpoints)
{
}

// Where nothing was decided, another endpoint may decide: it was not reached, is not trusted, is
// no CES, or its CA is away.
bool Conversation::mayGoOn(const Error& error) const
{
    if (error.kind == ErrorKind::Unavailable || !trace_.answered) return true;
    return trace_.status == 404 || trace_.status == 405;
}

template <class Answer>
Result<Answer> Conversation::tryEach(const std::vector<std::string>& urls, const std::string& what,
    const std::function<Result<Answer>(const std::string&)>& ask)
{
    Error last{ErrorKind::InvalidInput, "no " + what + " endpoint is known"};
    std::string others;
    for (const auto& url : memory_.inOrder(urls, now_)) {
        if (deadline_.over()) break;
        auto answer = ask(url);
        if (answer) {
            memory_.answered(url);
            return answer;
        }
        if (!others.empty()) others += "; ";
        others += answer.error().message;
        last = answer.error();
        if (!mayGoOn(last)) break;
        memory_.failed(url, now_);
    }
    if (!others.empty()) last.message = toPrintable(others, 1800);
    return last;
}

Result<xcep::PolicyAnswer> Conversation::policies(std::optional<TimePoint> lastUpdate)
{
    xcep::GetPolicies question;
    question.lastUpdate = lastUpdate;
    return tryEach<xcep::PolicyAnswer>(
        service_.policyEndpoints, "policy", [&](const std::string& url) {
            auto answer = exchange(client_, url, soap::action::getPolicies,
                soap::action::getPoliciesResponse, credentials_, xcep::toElement(question), trace_);
            if (!answer) return Result<xcep::PolicyAnswer>(answer.error());
            return readPolicies(*answer);
        });
}

Result<xcep::PolicyAnswer> Conversation::readPolicies(const SoapAnswer& answer)
{
    if (const auto* fault = std::get_if<soap::Fault>(&answer)) {
        auto outcome = outcomeOf(*fault);
        if (!outcome) return outcome.error();
        return Error{ErrorKind::PermissionDenied, "the policy service refused: " + fault->reason};
    }
    auto read = xcep::readPolicyAnswer(std::get<soap::Element>(answer));
    if (!read) trace_.cause = FaultCause::Configuration;
    return read;
}

Result<IssueOutcome> Conversation::submit(
    const std::vector<std::string>& urls, const Bytes& bytes, const Bytes& publicKey)
{
    return tryEach<IssueOutcome>(urls, "enrolment", [&](const std::string& url) {
        auto answer = ask(url, {wstep::Issue{bytes, {}}, "en-US"}, publicKey);
        untaken_ = untaken_ && trace_.untaken;
        return answer;
    });
}

Result<IssueOutcome> Conversation::query(const Ticket& ticket, const Bytes& publicKey)
{
    return ask(ticket.url, {wstep::QueryTokenStatus{ticket.requestId}, "en-US"}, publicKey);
}

Result<IssueOutcome> Conversation::ask(
    const std::string& url, const wstep::TokenRequest& question, const Bytes& publicKey)
{
    auto answer = exchange(client_, url, wstep::actionOf(question),
        soap::action::requestSecurityTokenResponse, credentials_, wstep::toElement(question),
        trace_);
    if (!answer) return answer.error();
    if (const auto* fault = std::get_if<soap::Fault>(&*answer)) return outcomeOf(*fault);
    trace_.cause = FaultCause::Configuration; // until the answer turns out to be good
    const auto response = wstep::readTokenResponse(std::get<soap::Element>(*answer));
    if (!response) return response.error().in("answer of " + url);
    if (const auto* pending = std::get_if<wstep::Pending>(&*response)) {
        trace_.cause = FaultCause::Pending;
        return IssueOutcome(
            Pending{toText(Ticket{pending->requestId, pollUrl(url, *pending)}), pollAfter});
    }
    const auto* issued = std::get_if<wstep::Issued>(&*response);
    if (issued == nullptr)
        return Error{ErrorKind::InvalidInput, url + " answered with a token nobody asked for"};
    const auto picked = request::pickIssuedCertificate(
        issued->certificate, issued->cmcResponse, publicKey, anchors_);
    if (!picked) return picked.error().in("answer of " + url);
    trace_.cause.reset();
    return IssueOutcome(Issued{chainOf(*picked)});
}

} // namespace perennial::plugins
