#include "plugins/ces_issuer/ces_issuer.h"

#include "plugins/ces_issuer/examination.h"
#include "plugins/ces_issuer/first_request.h"
#include "plugins/ces_issuer/renewal_request.h"

namespace perennial::plugins {

namespace xcep = enrollment::xcep;
namespace request = enrollment::request;

namespace {

class CesIssuer final : public Issuer {
public:
    CesIssuer(model::EnrollmentService service, std::vector<x509::Certificate> anchors,
        const http::ClientLimits& limits)
        : service_(std::move(service)), anchors_(std::move(anchors)), limits_(limits)
    {
    }

    Result<PreparedRequest> prepareRenewal(const RenewalMaterial& material) override
    {
        return prepareRenewalRequest(material, service_.requestFormat);
    }

    Result<IssueOutcome> submit(
        const PreparedRequest& prepared, const RenewalMaterial& material) override
    {
        auto conversation = converse(settingsOf(material), {});
        const auto& publicKey = material.newKey->publicKeyDer();
        if (!service_.enrollmentEndpoints.empty())
            return judged(
                conversation.trace(), conversation.submit(given(), prepared.request, publicKey));
        const auto offered = offerFor(material.oldCertificate, conversation, Offers::MayBeKept);
        if (!offered) return failed(conversation.trace(), offered.error());
        auto outcome =
            conversation.submit(ranked(offered->urls, context_.host), prepared.request, publicKey);
        if (outcome) return judged(conversation.trace(), std::move(outcome));
        // What was kept may be out of date: then the CEP is asked before anybody waits.
        memory_.forgetOffer(keyFor(material.oldCertificate));
        if (!offered->wasKept) return judged(conversation.trace(), std::move(outcome));
        const auto trace = conversation.trace();
        const auto anew = offerFor(material.oldCertificate, conversation, Offers::Anew);
        if (!anew || anew->urls == offered->urls) return judged(trace, std::move(outcome));
        auto again =
            conversation.submit(ranked(anew->urls, context_.host), prepared.request, publicKey);
        return judged(conversation.trace(), std::move(again));
    }

    Result<IssueOutcome> poll(const std::string& ticket, const RenewalMaterial& material) override
    {
        const auto read = ticketFromText(ticket);
        if (!read) return read.error();
        auto conversation = converse(settingsOf(material), {});
        auto outcome = conversation.query(*read, material.newKey->publicKeyDer());
        return judged(conversation.trace(), std::move(outcome));
    }

    Result<PreparedEnrollment> prepareEnrollment(
        const FirstEnrollment& first, const MakeKey& makeKey) override
    {
        auto offered = askFirst(first);
        if (!offered) return offered.error();
        const auto choice = chooseKeyType(offered->policy, first.keyType);
        if (!choice.problem.empty())
            return refused({nullptr, {}, choice.problem, FaultCause::Template});
        const auto key = makeKey(choice.keyType);
        if (!key) return key.error();
        const auto made = request::makeEnrollmentRequest(contentFor(first, offered->policy), **key);
        if (!made) return made.error();
        return PreparedEnrollment{made->toDer(), suppliesNames(offered->policy), offered->urls};
    }

    Result<IssueOutcome> submitEnrollment(
        const PreparedEnrollment& prepared, const FirstEnrollment& first) override
    {
        const auto read = x509::SigningRequest::fromDer(prepared.request);
        if (!read) return read.error();
        auto urls = prepared.endpoints;
        if (urls.empty()) {
            auto offered = askFirst(first);
            if (!offered) return offered.error();
            urls = offered->urls;
        }
        auto credentials = credentialsOf(first.caller);
        if (!credentials) return credentials.error();
        auto conversation = converse({{anchors_, ""}, {}}, *std::move(credentials));
        auto outcome = conversation.submit(urls, prepared.request, read->publicKeyDer());
        untaken_ = conversation.untaken();
        return judged(conversation.trace(), std::move(outcome));
    }

    Result<IssueOutcome> pollEnrollment(const std::string& ticket,
        const PreparedEnrollment& prepared, const FirstEnrollment& first) override
    {
        const auto place = ticketFromText(ticket);
        if (!place) return place.error();
        const auto read = x509::SigningRequest::fromDer(prepared.request);
        if (!read) return read.error();
        auto credentials = credentialsOf(first.caller);
        if (!credentials) return credentials.error();
        auto conversation = converse({{anchors_, ""}, {}}, *std::move(credentials));
        auto outcome = conversation.query(*place, read->publicKeyDer());
        return judged(conversation.trace(), std::move(outcome));
    }

    void begin(const IssuerContext& context) override
    {
        context_ = context;
        memory_ = EndpointMemory::fromText(context.memory);
    }
    IssuerNotes notes() const override { return {memory_.toText(), cause_, untaken_}; }
    std::vector<Examination> examine(const RenewalMaterial* material) override
    {
        return examineService({service_, anchors_, limits_, context_, material, nullptr});
    }
    std::vector<Examination> examineFirst(const FirstEnrollment& first) override
    {
        return examineService({service_, anchors_, limits_, context_, nullptr, &first});
    }

private:
    enum class Offers { MayBeKept, Anew };
    struct Offered {
        std::vector<RankedUrl> urls;
        bool wasKept;
    };

    struct FirstOffer {
        xcep::Policy policy;
        std::vector<std::string> urls; // in order
    };

    Conversation converse(tls::ClientSettings settings, MessageCredentials credentials)
    {
        cause_.reset();
        untaken_ = false;
        return Conversation(
            service_, std::move(settings), limits_, std::move(credentials), context_.now, memory_);
    }

    // The administrator's own list is in the administrator's order.
    std::vector<std::string> given() const { return service_.enrollmentEndpoints; }

    std::string keyFor(const x509::Certificate& old) const
    {
        const auto information = old.templateInformation();
        std::string key = information ? information->oid + " " + information->name : "-";
        for (const auto& url : service_.policyEndpoints)
            key += " " + url;
        return key.substr(0, 4000);
    }

    // What was kept, while it is fresh; otherwise what CEP says now, or says has not changed; what
    // was kept, however old, when no CEP answers.
    Result<Offered> offerFor(
        const x509::Certificate& old, Conversation& conversation, Offers offers)
    {
        const auto key = keyFor(old);
        const auto* found = offers == Offers::MayBeKept ? memory_.offer(key) : nullptr;
        const auto kept =
            found == nullptr ? std::optional<RememberedOffer>() : std::optional(*found);
        if (kept && isFresh(*kept, context_.now)) return Offered{kept->urls, true};
        auto answer = conversation.policies(kept ? std::optional(kept->readAt) : std::nullopt);
        if (!answer) {
            if (kept && answer.error().kind == ErrorKind::Unavailable)
                return Offered{kept->urls, false};
            return answer.error();
        }
        const auto next = nextUpdate(context_.now, answer->nextUpdateHours);
        if (kept && answer->notChanged) {
            memory_.keepOffer(key, {kept->urls, kept->readAt, next}, context_.now);
            return Offered{kept->urls, false};
        }
        const auto information = old.templateInformation();
        const auto choice = chooseEndpoints(
            *answer, {information ? information->oid : "", information ? information->name : "",
                         xcep::ClientAuthentication::Certificate, true});
        if (!choice.problem.empty()) {
            memory_.forgetOffer(key);
            return refused(choice);
        }
        const auto readAt = conversation.trace().serverTime.value_or(context_.now);
        memory_.keepOffer(key, {choice.urls, readAt, next}, context_.now);
        return Offered{choice.urls, false};
    }

    // What CEP offers a caller that has no certificate yet.
    Result<FirstOffer> askFirst(const FirstEnrollment& first)
    {
        auto credentials = credentialsOf(first.caller);
        if (!credentials) return credentials.error();
        auto conversation = converse({{anchors_, ""}, {}}, *std::move(credentials));
        const auto answer = conversation.policies();
        if (!answer) return failed(conversation.trace(), answer.error());
        const auto method = std::holds_alternative<KerberosCaller>(first.caller)
                                ? xcep::ClientAuthentication::Kerberos
                                : xcep::ClientAuthentication::UsernamePassword;
        const auto choice = chooseEndpoints(*answer, {"", first.templateName, method, false});
        if (!choice.problem.empty()) return refused(choice);
        return FirstOffer{*choice.policy, ranked(choice.urls, context_.host)};
    }

    Error refused(const EndpointChoice& choice)
    {
        cause_ = choice.cause;
        return {ErrorKind::InvalidInput, choice.problem + "; " + describe(choice.cause)};
    }
    Error failed(const ExchangeTrace& trace, const Error& error)
    {
        if (cause_) return error; // said already
        if (trace.cause) cause_ = withClocks(*trace.cause, trace.serverTime, context_.now);
        if (!cause_) return error;
        return {error.kind, error.message + "; " + describe(*cause_)};
    }
    Result<IssueOutcome> judged(const ExchangeTrace& trace, Result<IssueOutcome> outcome)
    {
        if (!outcome) return failed(trace, outcome.error());
        if (trace.cause) cause_ = withClocks(*trace.cause, trace.serverTime, context_.now);
        if (auto* denied = std::get_if<Denied>(&*outcome); denied != nullptr && cause_)
            denied->reason += "; " + describe(*cause_);
        return outcome;
    }

    // The Kerberos credential stays here as long as its last conversation.
    Result<MessageCredentials> credentialsOf(const FirstCaller& caller)
    {
        if (const auto* user = std::get_if<PasswordCaller>(&caller); user != nullptr)
            return MessageCredentials{user->userName, user->password.reveal()};
        const auto& kerberos = std::get<KerberosCaller>(caller);
        auto trouble = gss::Trouble::None;
        auto opened = gss::Initiator::open({kerberos.keytabFile, kerberos.principal}, trouble);
        if (!opened) {
            cause_ = causeOf(trouble);
            return Error{opened.error().kind, opened.error().message + "; " + describe(*cause_)};
        }
        kerberos_.emplace(*std::move(opened));
        return MessageCredentials{"", "", &*kerberos_};
    }
    tls::ClientSettings settingsOf(const RenewalMaterial& material) const
    {
        return {{anchors_, ""}, tls::Identity{material.oldChain, material.oldKey}};
    }

    model::EnrollmentService service_;
    std::vector<x509::Certificate> anchors_;
    http::ClientLimits limits_;
    IssuerContext context_;
    EndpointMemory memory_;
    std::optional<FaultCause> cause_;
    bool untaken_ = false;
    std::optional<gss::Initiator> kerberos_;
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
