#pragma once

#include "controller/enrollment/authentication/authenticator.h"
#include "controller/enrollment/cep/policy_texts.h"
#include "controller/enrollment/ces/request_service.h"
#include "shared/base/log.h"

namespace perennial::enrollment::server {

// CEP and CES over HTTP: which endpoint a path is, who the caller is, SOAP in and SOAP out.
class SoapEndpoints {
public:
    SoapEndpoints(const EnrollmentConfig& config, const HeldTemplates& templates,
        const x509::Certificate& authority, Authenticator& authenticator, RequestService& service,
        const Clock& clock, const Log& log)
        : config_(config), templates_(templates), authority_(authority),
          authenticator_(authenticator), service_(service), clock_(clock), log_(log)
    {
    }

    http::Answer answer(const http::Call& call);

private:
    // A caller that HTTP has proven already, or one whom the message has to prove.
    using Proven = std::optional<Caller>;
    template <class Settings>
    http::Answer answerAt(const Settings& settings, const http::Call& call);
    template <class Settings>
    http::Answer answerMessage(
        const Settings& settings, const http::Call& call, const Proven& proven);
    struct Message {
        const http::Call& call;
        const soap::Envelope& envelope;
        const Caller& caller;
    };
    http::Answer answerKnown(const PolicyProviderSettings& settings, const Message& message);
    http::Answer answerKnown(const EnrollmentServiceSettings& settings, const Message& message);
    Result<Caller> authenticate(const AuthenticationSettings& settings, const http::Call& call,
        const soap::Envelope& envelope, const Proven& proven);

    PolicyTexts policyTexts_;
    SeenRights seenRights_;
    const EnrollmentConfig& config_;
    const HeldTemplates& templates_;
    const x509::Certificate& authority_;
    Authenticator& authenticator_;
    RequestService& service_;
    const Clock& clock_;
    const Log& log_;
};

} // namespace perennial::enrollment::server
