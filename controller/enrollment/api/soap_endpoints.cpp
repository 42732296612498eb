#include "controller/enrollment/api/soap_endpoints.h"

#include "controller/enrollment/api/service_description.h"
#include "shared/enrollment/soap/namespaces.h"

#include <algorithm>
#include <cctype>

namespace perennial::enrollment::server {

namespace {

constexpr const char* soapType = "application/soap+xml; charset=utf-8";

std::string lowered(std::string text)
{
    std::transform(text.begin(), text.end(), text.begin(),
        [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

http::Answer plain(int status, const std::string& text)
{
    return {status, "text/plain", text + "\n", {}};
}

http::Answer faultAnswer(const soap::Fault& fault, const std::string& relatesTo)
{
    return {500, soapType, soap::writeFault(fault, relatesTo), {}};
}

// Why a caller is not proven is for the log; that nobody can tell at the moment is for the caller.
soap::Fault faultOf(const Error& error)
{
    if (error.kind == ErrorKind::PermissionDenied) return soap::authenticationFault();
    return soap::receiverFault(
        "The caller cannot be authenticated at the moment; try again later.");
}

// Errors of reading a message are the sender's; the message id is unknown by then.
Result<soap::Envelope> readMessage(const http::Call& call)
{
    const auto type = call.headers.find("content-type");
    if (type == call.headers.end() ||
        lowered(type->second).find("application/soap+xml") == std::string::npos)
        return Error{ErrorKind::InvalidInput, "Content-Type must be application/soap+xml"};
    return soap::readEnvelope(call.body);
}

template <class Settings>
const Settings* findByPath(const std::vector<Settings>& all, const std::string& path)
{
    const auto found = std::find_if(all.begin(), all.end(),
        [&](const Settings& settings) { return lowered(settings.path) == lowered(path); });
    return found == all.end() ? nullptr : &*found;
}

} // namespace

http::Answer SoapEndpoints::answer(const http::Call& call)
{
    if (auto description = describeService(config_, call)) return *std::move(description);
    const auto* provider = findByPath(config_.policyProviders, call.path);
    const auto* service = findByPath(config_.enrollmentServices, call.path);
    if (provider == nullptr && service == nullptr) return plain(404, "not found");
    if (call.method != "POST") {
        auto answer = plain(405, "POST a SOAP 1.2 message here");
        answer.headers["Allow"] = "POST";
        return answer;
    }
    return provider != nullptr ? answerAt(*provider, call) : answerAt(*service, call);
}

// Kerberos is HTTP's, before the message is read; its answer is a 401 where others give a fault.
template <class Settings>
http::Answer SoapEndpoints::answerAt(const Settings& settings, const http::Call& call)
{
    if (settings.authentication.method != xcep::ClientAuthentication::Kerberos)
        return answerMessage(settings, call, std::nullopt);
    const auto negotiated =
        authenticator_.byNegotiation(settings.authentication, call, clock_.now());
    if (!negotiated && negotiated.error().kind == ErrorKind::PermissionDenied)
        return Authenticator::challenge();
    if (!negotiated) return faultAnswer(faultOf(negotiated.error()), "");
    auto answer = answerMessage(settings, call, negotiated->caller);
    answer.headers["WWW-Authenticate"] = negotiated->header;
    return answer;
}

template <class Settings>
http::Answer SoapEndpoints::answerMessage(
    const Settings& settings, const http::Call& call, const Proven& proven)
{
    const auto envelope = readMessage(call);
    if (!envelope) return faultAnswer(soap::senderFault(envelope.error().message), "");
    const auto caller = authenticate(settings.authentication, call, *envelope, proven);
    if (!caller) return faultAnswer(faultOf(caller.error()), envelope->messageId);
    auto answer = answerKnown(settings, {call, *envelope, *caller});
    answer.caller = caller->name;
    return answer;
}

Result<Caller> SoapEndpoints::authenticate(const AuthenticationSettings& settings,
    const http::Call& call, const soap::Envelope& envelope, const Proven& proven)
{
    if (proven) return *proven;
    return authenticator_.byMessage(settings, call, envelope, clock_.now());
}

http::Answer SoapEndpoints::answerKnown(
    const PolicyProviderSettings& settings, const Message& message)
{
    const auto& envelope = message.envelope;
    if (envelope.action != soap::action::getPolicies)
        return faultAnswer(soap::senderFault("the action is not GetPolicies"), envelope.messageId);
    const auto question = xcep::readGetPolicies(envelope.body);
    if (!question)
        return faultAnswer(soap::senderFault(question.error().message), envelope.messageId);
    const auto held = templates_.current();
    const PolicyProvider provider{settings, config_, *held, authority_};
    auto answer = policyTexts_.answer(provider, held,
        listPolicies(provider, message.caller, *question, seenRights_, clock_.now()),
        envelope.messageId);
    if (!answer) {
        log_.error("GetPolicies: " + answer.error().message);
        return faultAnswer(soap::receiverFault("internal error"), envelope.messageId);
    }
    return {200, soapType, *std::move(answer), {}};
}

http::Answer SoapEndpoints::answerKnown(
    const EnrollmentServiceSettings& settings, const Message& message)
{
    const auto& envelope = message.envelope;
    const auto request = wstep::readTokenRequest(envelope.body, envelope.action);
    if (!request)
        return faultAnswer(
            soap::enrollmentFault(HResult::InvalidArgument, request.error().message, false),
            envelope.messageId);
    const auto answer =
        service_.answer({settings, config_.urlOf(settings.path), message.call.remoteAddress},
            message.caller, *request, clock_.now());
    if (const auto* fault = std::get_if<soap::Fault>(&answer)) {
        log_.info(message.call.remoteAddress + " " + message.caller.name + ": " + fault->reason);
        return faultAnswer(*fault, envelope.messageId);
    }
    const auto& response = std::get<wstep::TokenResponse>(answer);
    return {200, soapType,
        soap::writeResponse(
            wstep::actionOf(response), envelope.messageId, wstep::toElement(response)),
        {}};
}

} // namespace perennial::enrollment::server
