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

// What an answer without SOAP means. IIS and proxies answer so: HTML, plain text or nothing.
Error errorOfStatus(const std::string& url, const http::ClientResponse& response)
{
    const auto status = std::to_string(response.status);
    const auto what = url + " answered HTTP " + status + " without SOAP";
    const auto offers = response.headers.find("www-authenticate");
    if (response.status == 401 && offers != response.headers.end())
        return {ErrorKind::PermissionDenied, what + "; it offers " +
                                                 toPrintable(offers->second, 100) +
                                                 ", but renewals by key present only the "
                                                 "certificate: check the service's authentication"};
    if (response.status == 401 || response.status == 403)
        return {ErrorKind::PermissionDenied, what + ": the certificate or user was not accepted"};
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
    const auto response = client.send(request);
    trace = {response.ok(), response ? response->status : 0, client.obstacle(), {}, {}};
    if (!response) {
        trace.cause = causeOf(trace.obstacle);
        return response.error();
    }
    if (const auto date = response->headers.find("date"); date != response->headers.end())
        trace.serverTime = timeFromHttpDate(date->second);
    if (!isSoap(*response)) {
        trace.cause = causeOfStatus(response->status);
        return errorOfStatus(url, *response);
    }
    auto answer = readAnswer(url, response->body, header.messageId, expectedAction);
    if (!answer) trace.cause = FaultCause::Configuration;
    if (answer && std::holds_alternative<soap::Fault>(*answer))
        trace.cause = causeOf(std::get<soap::Fault>(*answer));
    return answer;
}

} // namespace perennial::plugins
