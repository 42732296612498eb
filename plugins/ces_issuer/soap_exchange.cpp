#include "plugins/ces_issuer/soap_exchange.h"

#include "plugins/ces_issuer/http_date.h"
#include "shared/base/random.h"

#include <algorithm>
#include <cctype>

namespace perennial::plugins {

namespace soap = enrollment::soap;

namespace {

bool isSoap(const http::ClientResponse& response)
{
    const auto found = response.headers.find("content-type");
    if (found == response.headers.end()) return false;
    auto type = found->second;
    std::transform(type.begin(), type.end(), type.begin(),
        [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return type.rfind("application/soap+xml", 0) == 0;
}

Error refusedByHttp(const std::string& what, const http::ClientResponse& response,
    const MessageCredentials& credentials, gss::Trouble trouble)
{
    const auto offers = response.headers.find("www-authenticate");
    if (trouble != gss::Trouble::None)
        return {ErrorKind::PermissionDenied, what + ": the Kerberos token was not accepted"};
    if (response.status != 401 || offers == response.headers.end())
        return {ErrorKind::PermissionDenied, what + ": the certificate or user was not accepted"};
    return {ErrorKind::PermissionDenied,
        what + "; it offers " + toPrintable(offers->second, 100) + ", but " +
            (credentials.kerberos != nullptr ? "only Negotiate is answered, with Kerberos"
                                             : "renewals by key present only the certificate") +
            ": check the service's authentication"};
}

// What an answer without SOAP means. IIS and proxies answer so: HTML, plain text or nothing.
Error errorOfStatus(const std::string& url, const http::ClientResponse& response,
    const MessageCredentials& credentials, gss::Trouble trouble)
{
    const auto what = url + " answered HTTP " + std::to_string(response.status) + " without SOAP";
    if (response.status == 401 || response.status == 403)
        return refusedByHttp(what, response, credentials, trouble);
    if (response.status >= 300 && response.status < 400)
        return {
            ErrorKind::InvalidInput, what + ": redirects are not followed; name the right address"};
    if (response.status == 404 || response.status == 405)
        return {
            ErrorKind::InvalidInput, what + ": no enrolment service is there; check the address"};
    return {ErrorKind::Unavailable, what};
}

Result<SoapAnswer> readAnswer(const std::string& url, const std::string& document,
    const std::string& messageId, std::string_view expectedAction)
{
    const auto envelope = soap::readEnvelope(document);
    if (!envelope) return envelope.error().in("answer of " + url);
    if (auto belongs = soap::checkAnswers(*envelope, messageId, expectedAction); !belongs)
        return belongs.error().in("answer of " + url);
    if (!soap::isFault(*envelope)) return SoapAnswer(envelope->body);
    auto fault = soap::readFault(*envelope);
    if (!fault) return fault.error().in("answer of " + url);
    return SoapAnswer(*std::move(fault));
}

} // namespace

Result<SoapAnswer> exchange(http::Client& client, const std::string& url, std::string_view action,
    std::string_view expectedAction, const MessageCredentials& credentials,
    const soap::Element& body, ExchangeTrace& trace)
{
    soap::RequestHeader header;
    header.action = action;
    header.messageId = "urn:uuid:" + uuidV4();
    header.to = url;
    if (!credentials.userName.empty())
        header.credentials.usernameToken =
            soap::UsernameToken{credentials.userName, Secret(std::string(credentials.password))};

    http::ClientRequest request;
    request.method = "POST";
    request.url = url;
    request.headers["Content-Type"] = "application/soap+xml; charset=utf-8";
    request.body = soap::writeRequest(header, body);
    trace = {};
    const auto response =
        credentials.kerberos == nullptr
            ? client.send(request)
            : sendNegotiated(client, std::move(request), *credentials.kerberos, trace.trouble);
    trace.answered = response.ok();
    trace.obstacle = client.obstacle();
    if (!response) {
        const bool kerberos = trace.trouble != gss::Trouble::None;
        trace.cause = kerberos ? causeOf(trace.trouble) : causeOf(trace.obstacle);
        trace.untaken = isUntaken(trace.obstacle);
        return response.error();
    }
    trace.status = response->status;
    if (const auto date = response->headers.find("date"); date != response->headers.end())
        trace.serverTime = timeFromHttpDate(date->second);
    if (!isSoap(*response)) {
        trace.cause = trace.trouble != gss::Trouble::None ? causeOf(trace.trouble)
                                                          : causeOfStatus(response->status);
        trace.untaken = isUntaken(response->status);
        return errorOfStatus(url, *response, credentials, trace.trouble);
    }
    auto answer = readAnswer(url, response->body, header.messageId, expectedAction);
    if (!answer) trace.cause = FaultCause::Configuration;
    if (answer && std::holds_alternative<soap::Fault>(*answer)) {
        trace.cause = causeOf(std::get<soap::Fault>(*answer));
        trace.untaken = isUntaken(std::get<soap::Fault>(*answer));
    }
    return answer;
}

} // namespace perennial::plugins
