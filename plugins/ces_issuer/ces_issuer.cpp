#include "plugins/ces_issuer/ces_issuer.h"

#include "plugins/ces_issuer/endpoint_choice.h"
#include "plugins/ces_issuer/fault_cause.h"
#include "plugins/ces_issuer/soap_exchange.h"
#include "shared/base/json.h"
#include "shared/enrollment/request/certificate_request.h"
#include "shared/enrollment/request/cmc_response.h"
#include "shared/enrollment/soap/namespaces.h"
#include "shared/enrollment/wstep/token_request.h"
#include "shared/enrollment/wstep/token_response.h"
#include "shared/enrollment/xcep/get_policies.h"

#include <functional>

namespace perennial::plugins {

namespace soap = enrollment::soap;
namespace wstep = enrollment::wstep;
namespace xcep = enrollment::xcep;
namespace request = enrollment::request;

namespace {

constexpr Duration pollAfter = std::chrono::minutes(1);

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

struct Ticket {
    std::string requestId;
    std::string url;
};
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

// One caller, its connection and the questions it asks.
class Conversation {
public:
    Conversation(const model::EnrollmentService& service, tls::ClientSettings settings,
        const http::ClientLimits& limits, MessageCredentials credentials)
        : service_(service), client_(std::move(settings), limits),
          credentials_(std::move(credentials))
    {
    }

    // The first policy endpoint that answers; a refusal of one is an answer.
    Result<xcep::PolicyAnswer> policies()
    {
        Error last{ErrorKind::InvalidInput, "no policy endpoint is configured"};
        for (const auto& url : service_.policyEndpoints) {
            auto answer =
                exchange(client_, url, soap::action::getPolicies, soap::action::getPoliciesResponse,
                    credentials_, xcep::toElement(xcep::GetPolicies{}));
            if (answer) return readPolicies(*answer);
            last = answer.error();
            if (last.kind != ErrorKind::Unavailable) return last;
        }
        return last;
    }

    Result<IssueOutcome> submit(
        const std::vector<std::string>& urls, const Bytes& bytes, const Bytes& publicKey)
    {
        Error last{ErrorKind::InvalidInput, "no enrolment endpoint is known"};
        for (const auto& url : urls) {
            auto outcome = ask(url, {wstep::Issue{bytes, {}}, "en-US"}, publicKey);
            if (outcome || outcome.error().kind != ErrorKind::Unavailable) return outcome;
            last = outcome.error();
        }
        return last;
    }

    Result<IssueOutcome> query(const Ticket& ticket, const Bytes& publicKey)
    {
        return ask(ticket.url, {wstep::QueryTokenStatus{ticket.requestId}, "en-US"}, publicKey);
    }

private:
    static Result<xcep::PolicyAnswer> readPolicies(const SoapAnswer& answer)
    {
        if (const auto* fault = std::get_if<soap::Fault>(&answer)) {
            auto outcome = outcomeOf(*fault);
            if (!outcome) return outcome.error();
            return Error{
                ErrorKind::PermissionDenied, "the policy service refused: " + fault->reason};
        }
        return xcep::readPolicyAnswer(std::get<soap::Element>(answer));
    }

    Result<IssueOutcome> ask(
        const std::string& url, const wstep::TokenRequest& question, const Bytes& publicKey)
    {
        auto answer = exchange(client_, url, wstep::actionOf(question),
            soap::action::requestSecurityTokenResponse, credentials_, wstep::toElement(question));
        if (!answer) return answer.error();
        if (const auto* fault = std::get_if<soap::Fault>(&*answer)) return outcomeOf(*fault);
        const auto response = wstep::readTokenResponse(std::get<soap::Element>(*answer));
        if (!response) return response.error().in("answer of " + url);
        if (const auto* pending = std::get_if<wstep::Pending>(&*response))
            return IssueOutcome(
                Pending{toText(Ticket{pending->requestId, pollUrl(url, *pending)}), pollAfter});
        const auto* issued = std::get_if<wstep::Issued>(&*response);
        if (issued == nullptr)
            return Error{ErrorKind::InvalidInput, url + " answered with a token nobody asked for"};
        const auto picked =
            request::pickIssuedCertificate(issued->certificate, issued->cmcResponse, publicKey);
        if (!picked) return picked.error().in("answer of " + url);
        return IssueOutcome(Issued{chainOf(*picked)});
    }

    // Only the host that was asked may be asked again: another one in the answer is a redirect.
    static std::string pollUrl(const std::string& asked, const wstep::Pending& pending)
    {
        const auto hostEnd = asked.find('/', 8);
        const bool sameHost = pending.referenceUri.rfind(asked.substr(0, hostEnd) + "/", 0) == 0;
        return sameHost ? pending.referenceUri : asked;
    }

    const model::EnrollmentService& service_;
    http::Client client_;
    MessageCredentials credentials_;
};

class CesIssuer final : public Issuer {
public:
    CesIssuer(model::EnrollmentService service, std::vector<x509::Certificate> anchors,
        const http::ClientLimits& limits)
        : service_(std::move(service)), anchors_(std::move(anchors)), limits_(limits)
    {
    }

    Result<PreparedRequest> prepareRenewal(const RenewalMaterial& material) override
    {
        if (!material.oldCertificate.allowsExtendedKeyUsage(x509::oid::clientAuthentication))
            return Error{ErrorKind::InvalidInput,
                "the certificate to renew is not good for client authentication, so it cannot "
                "authenticate a "
                "renewal by key: enrol anew from a template with client authentication"};
        auto made = request::makeRenewalRequest(
            material.oldCertificate, *material.oldKey, *material.newKey);
        if (!made) return made.error();
        return PreparedRequest{*std::move(made), "cms-renewal", "client-certificate"};
    }

    Result<IssueOutcome> submit(
        const PreparedRequest& prepared, const RenewalMaterial& material) override
    {
        Conversation conversation(service_, settingsOf(material), limits_, {});
        auto urls = service_.enrollmentEndpoints;
        if (urls.empty()) {
            const auto answer = conversation.policies();
            if (!answer) return answer.error();
            const auto information = material.oldCertificate.templateInformation();
            const auto choice = chooseEndpoints(
                *answer, {information ? information->oid : "", information ? information->name : "",
                             xcep::ClientAuthentication::Certificate, true});
            if (!choice.problem.empty()) return Error{ErrorKind::InvalidInput, choice.problem};
            urls = choice.urls;
        }
        return conversation.submit(urls, prepared.request, material.newKey->publicKeyDer());
    }

    Result<IssueOutcome> poll(const std::string& ticket, const RenewalMaterial& material) override
    {
        const auto read = ticketFromText(ticket);
        if (!read) return read.error();
        Conversation conversation(service_, settingsOf(material), limits_, {});
        return conversation.query(*read, material.newKey->publicKeyDer());
    }

    Result<IssueOutcome> enroll(const FirstEnrollment& first) override
    {
        Conversation conversation(service_, {{anchors_, ""}, {}}, limits_, credentialsOf(first));
        const auto answer = conversation.policies();
        if (!answer) return answer.error();
        const auto choice = chooseEndpoints(
            *answer, {"", first.templateName, xcep::ClientAuthentication::UsernamePassword, false});
        if (!choice.problem.empty()) return Error{ErrorKind::InvalidInput, choice.problem};
        request::EnrollmentContent content;
        content.subject = first.subject;
        content.alternativeNames = first.names;
        content.templateInformation.name = first.templateName;
        for (const auto& extension : choice.policy->extensions) {
            if (!extension.value) continue;
            content.furtherExtensions.push_back(
                {extension.type.value, extension.critical.value_or(false), *extension.value});
            // The policy names the template by OID: then the request must not name it twice.
            if (extension.type.value == x509::oid::templateInformation)
                content.templateInformation = {};
        }
        const auto made = request::makeEnrollmentRequest(content, *first.key);
        if (!made) return made.error();
        return conversation.submit(choice.urls, made->toDer(), first.key->publicKeyDer());
    }

    Result<IssueOutcome> pollEnrollment(
        const std::string& ticket, const FirstEnrollment& first) override
    {
        const auto read = ticketFromText(ticket);
        if (!read) return read.error();
        Conversation conversation(service_, {{anchors_, ""}, {}}, limits_, credentialsOf(first));
        return conversation.query(*read, first.key->publicKeyDer());
    }

private:
    static MessageCredentials credentialsOf(const FirstEnrollment& first)
    {
        return {first.userName, first.password.reveal()};
    }
    tls::ClientSettings settingsOf(const RenewalMaterial& material) const
    {
        return {{anchors_, ""}, tls::Identity{material.oldChain, material.oldKey}};
    }

    model::EnrollmentService service_;
    std::vector<x509::Certificate> anchors_;
    http::ClientLimits limits_;
};

} // namespace

Result<std::unique_ptr<Issuer>> makeCesIssuer(const model::EnrollmentService& service)
{
    return makeCesIssuerWithin(service, {});
}

Result<std::unique_ptr<Issuer>> makeCesIssuerWithin(
    const model::EnrollmentService& service, const http::ClientLimits& limits)
{
    auto anchors = x509::Certificate::allFromPem(service.tlsTrustPem);
    const auto where = "tls_trust of enrollment service " + service.name;
    if (!anchors) return anchors.error().in(where);
    if (anchors->empty()) return Error{ErrorKind::InvalidInput, where + ": holds no certificate"};
    return std::unique_ptr<Issuer>(
        std::make_unique<CesIssuer>(service, *std::move(anchors), limits));
}

} // namespace perennial::plugins
