#include "plugins/ces_issuer/examination.h"

#include "plugins/ces_issuer/first_request.h"
#include "plugins/ces_issuer/renewal_request.h"
#include "shared/enrollment/soap/namespaces.h"

#include <algorithm>

namespace perennial::plugins {

namespace soap = enrollment::soap;
namespace wstep = enrollment::wstep;
namespace xcep = enrollment::xcep;
using Verdict = Examination::Verdict;

namespace {

constexpr const char* serviceAdministrator = ": who runs the service";

// Kerberos's failures are about who asks, or about the time.
std::vector<Examination> troubled(const std::string& message, FaultCause cause)
{
    return {
        {cause == FaultCause::Clock ? "clock" : "identity", Verdict::Bad, toPrintable(message, 600),
            std::string(adviceOn(cause)) + ": " + std::string(menderOf(cause))}};
}

class Examiner {
public:
    explicit Examiner(const ExaminationInput& input) : input_(input) {}

    std::vector<Examination> run();

private:
    void add(std::string step, Verdict verdict, std::string seen, std::string mend = "")
    {
        lines_.push_back({std::move(step), verdict, toPrintable(seen, 600), std::move(mend)});
    }
    void add(std::vector<Examination> lines)
    {
        lines_.insert(lines_.end(), lines.begin(), lines.end());
    }
    tls::ClientSettings settings() const
    {
        tls::ClientSettings settings{{input_.anchors, ""}, {}};
        if (input_.material != nullptr)
            settings.identity = tls::Identity{input_.material->oldChain, input_.material->oldKey};
        return settings;
    }
    bool isReached(const std::string& url)
    {
        auto endpoint = examineEndpoint(url, input_);
        add(std::move(endpoint.lines));
        return endpoint.reached;
    }
    const KerberosCaller* kerberos() const
    {
        return input_.first == nullptr ? nullptr
                                       : std::get_if<KerberosCaller>(&input_.first->caller);
    }
    Result<SoapAnswer> ask(const std::string& url, std::string_view action,
        std::string_view expected, const soap::Element& body, ExchangeTrace& trace);
    void tellClock(const ExchangeTrace& trace);
    void tellRefusal(
        const std::string& step, const std::string& message, const ExchangeTrace& trace);
    void askPolicies(const std::string& url);
    void readPolicies(const xcep::PolicyAnswer& answer);
    void askEnrollment(const std::string& url);
    EndpointQuestion question() const;
    void tellTemplate(const xcep::PolicyAnswer& answer, const xcep::Policy& policy);
    void prepareRenewal();
    void prepareFirst();
    void tellDryRun(const std::string& what, const Result<std::size_t>& size);
    bool openKerberos();

    const ExaminationInput& input_;
    std::optional<gss::Initiator> initiator_;
    std::vector<Examination> lines_;
    std::vector<std::string> enrollmentUrls_;
    std::optional<xcep::Policy> policy_; // that a first enrolment would be by
};

Result<SoapAnswer> Examiner::ask(const std::string& url, std::string_view action,
    std::string_view expected, const soap::Element& body, ExchangeTrace& trace)
{
    http::Client client(settings(), input_.limits);
    MessageCredentials credentials;
    if (initiator_) credentials.kerberos = &*initiator_;
    const auto* user =
        input_.first == nullptr ? nullptr : std::get_if<PasswordCaller>(&input_.first->caller);
    if (user != nullptr) credentials = {user->userName, user->password.reveal()};
    auto answer = exchange(client, url, action, expected, credentials, body, trace);
    if (trace.answered) {
        add("tls", Verdict::Good, "the chain leads to tls_trust, the name fits");
        tellClock(trace);
    }
    return answer;
}

void Examiner::tellClock(const ExchangeTrace& trace)
{
    if (!trace.serverTime) {
        add("clock", Verdict::Remark, "the server does not tell the time");
        return;
    }
    const auto skew = (*trace.serverTime - input_.context.now).count();
    const bool near = skew <= tolerableSkew.count() && -skew <= tolerableSkew.count();
    add("clock", near ? Verdict::Good : Verdict::Bad,
        "the server's clock is " + std::to_string(skew < 0 ? -skew : skew) + " s " +
            (skew < 0 ? "behind" : "ahead"),
        near ? ""
             : std::string(adviceOn(FaultCause::Clock)) + ": " +
                   std::string(menderOf(FaultCause::Clock)));
}

void Examiner::tellRefusal(
    const std::string& step, const std::string& message, const ExchangeTrace& trace)
{
    const auto cause = withClocks(
        trace.cause.value_or(FaultCause::Configuration), trace.serverTime, input_.context.now);
    if (trace.trouble != gss::Trouble::None) return add(troubled(message, cause));
    const bool expected = input_.material == nullptr && input_.first == nullptr &&
                          (cause == FaultCause::Identity || cause == FaultCause::Certificate);
    if (expected)
        add("authentication", Verdict::Skipped,
            "it wants a certificate, and none could be shown: " + message);
    else
        add(step, Verdict::Bad, message,
            std::string(adviceOn(cause)) + ": " + std::string(menderOf(cause)));
}

void Examiner::askPolicies(const std::string& url)
{
    add("endpoint", Verdict::Good, "CEP " + url);
    if (!isReached(url)) return;
    ExchangeTrace trace;
    const auto answer = ask(url, soap::action::getPolicies, soap::action::getPoliciesResponse,
        xcep::toElement(xcep::GetPolicies{}), trace);
    if (!answer) return tellRefusal("policies", answer.error().message, trace);
    if (const auto* fault = std::get_if<soap::Fault>(&*answer))
        return tellRefusal("policies", "fault: " + fault->reason, trace);
    const auto read = xcep::readPolicyAnswer(std::get<soap::Element>(*answer));
    if (!read) {
        add("policies", Verdict::Bad, read.error().message,
            std::string("send the capture of docs/ad-cs.md") + serviceAdministrator);
        return;
    }
    if (input_.first == nullptr)
        add("authentication", Verdict::Good,
            input_.material == nullptr ? "it answers without a certificate"
                                       : "it accepts the certificate");
    else if (kerberos() != nullptr)
        add("authentication", Verdict::Good,
            "it accepts " + kerberos()->principal + " by Kerberos");
    else
        add("authentication", Verdict::Good,
            "it accepts " + std::get<PasswordCaller>(input_.first->caller).userName +
                " with the password");
    readPolicies(*read);
}

void Examiner::readPolicies(const xcep::PolicyAnswer& answer)
{
    std::string names;
    for (const auto& policy : answer.policies)
        names += (names.empty() ? "" : ", ") + policy.commonName;
    add("policies", names.empty() ? Verdict::Bad : Verdict::Good,
        "policy server " + answer.policyId + " offers " +
            (names.empty() ? "no template to this caller" : names),
        !names.empty() ? ""
        : input_.first == nullptr
            ? "publish a template that allows key-based renewal, with rights for the caller: the "
              "CA's template administrator"
            : "publish the template, with the right to enrol for the caller: the CA's template "
              "administrator");
    if (input_.first == nullptr && input_.material == nullptr) return;
    const auto choice = chooseEndpoints(answer, question());
    if (choice.policy != nullptr) tellTemplate(answer, *choice.policy);
    const bool isOfTemplate =
        choice.cause == FaultCause::Template || choice.cause == FaultCause::Identity;
    if (choice.policy != nullptr && isOfTemplate && !choice.problem.empty())
        return; // said with the template
    if (!choice.problem.empty())
        return add("endpoints", Verdict::Bad, choice.problem,
            std::string(adviceOn(choice.cause)) + ": " + std::string(menderOf(choice.cause)));
    const auto order = ranked(choice.urls, input_.context.host);
    for (const auto& url : order)
        add("endpoints", Verdict::Good, "would be asked: " + url);
    if (enrollmentUrls_.empty()) enrollmentUrls_ = order;
}

EndpointQuestion Examiner::question() const
{
    if (input_.first != nullptr)
        return {"", input_.first->templateName,
            kerberos() != nullptr ? xcep::ClientAuthentication::Kerberos
                                  : xcep::ClientAuthentication::UsernamePassword,
            false};
    const auto information = input_.material->oldCertificate.templateInformation();
    return {information ? information->oid : "", information ? information->name : "",
        xcep::ClientAuthentication::Certificate, true};
}

void Examiner::tellTemplate(const xcep::PolicyAnswer& answer, const xcep::Policy& policy)
{
    if (input_.first == nullptr) return add(examineTemplate(policy));
    policy_ = policy;
    add(examineFirstTemplate(policy, *input_.first));
    const auto rights = rightsProblemOf(answer, policy);
    add("rights", rights ? Verdict::Bad : Verdict::Good,
        rights ? rights->seen : "the caller may enrol", rights ? rights->mend : "");
}

// Request 0: no CA has it, so a fault of the service is the good answer.
void Examiner::askEnrollment(const std::string& url)
{
    add("endpoint", Verdict::Good, "CES " + url);
    if (!isReached(url)) return;
    ExchangeTrace trace;
    const wstep::TokenRequest question{wstep::QueryTokenStatus{"0"}, "en-US"};
    const auto answer = ask(url, wstep::actionOf(question),
        soap::action::requestSecurityTokenResponse, wstep::toElement(question), trace);
    if (!answer) return tellRefusal("enrolment", answer.error().message, trace);
    const auto* fault = std::get_if<soap::Fault>(&*answer);
    const bool knows = fault == nullptr || (fault->detail && fault->detail->errorCode);
    if (fault != nullptr && trace.cause == FaultCause::Identity && !knows)
        return tellRefusal("enrolment", "fault: " + fault->reason, trace);
    add("enrolment", knows ? Verdict::Good : Verdict::Remark,
        "it answers the question for a request that does not exist" +
            (fault == nullptr ? std::string() : ": " + fault->reason) +
            (fault != nullptr && knows ? " [" + toText(*fault->detail->errorCode) + "]" : ""));
}

// The dry run: the whole request is made and thrown away.
void Examiner::tellDryRun(const std::string& what, const Result<std::size_t>& size)
{
    if (size)
        add("dry run", Verdict::Good,
            what + " of " + std::to_string(*size) +
                " bytes was made with a throw-away key; it is not sent");
    else
        add("dry run", Verdict::Bad, size.error().message,
            "check what the request is made of: the administrator of this host");
}

void Examiner::prepareRenewal()
{
    const auto made = prepareRenewalRequest(*input_.material, input_.service.requestFormat);
    tellDryRun(made ? "a renewal request (" + made->format + ")" : "",
        made ? Result<std::size_t>(made->request.size()) : made.error());
}

void Examiner::prepareFirst()
{
    const auto choice = chooseKeyType(*policy_, input_.first->keyType);
    if (!choice.problem.empty()) return; // said with the template
    const auto key = x509::PrivateKey::generate(choice.keyType);
    if (!key) return tellDryRun("", key.error());
    const auto made =
        enrollment::request::makeEnrollmentRequest(contentFor(*input_.first, *policy_), *key);
    tellDryRun("a request (PKCS#10, " + choice.keyType + ")",
        made ? Result<std::size_t>(made->toDer().size()) : made.error());
}

// Who asks, before anybody is asked: a ticket of the KDC.
bool Examiner::openKerberos()
{
    auto trouble = gss::Trouble::None;
    const auto& caller = *kerberos();
    auto opened = gss::Initiator::open({caller.keytabFile, caller.principal}, trouble);
    if (!opened) {
        add(troubled(opened.error().message, causeOf(trouble)));
        return false;
    }
    initiator_.emplace(*std::move(opened));
    add("identity", Verdict::Good,
        "the KDC gives " + caller.principal + " a ticket, by the key in " + caller.keytabFile);
    return true;
}

std::vector<Examination> Examiner::run()
{
    if (input_.first != nullptr) {
        if (kerberos() != nullptr && !openKerberos()) return std::move(lines_);
        for (const auto& url : input_.service.policyEndpoints)
            askPolicies(url);
        for (const auto& url : enrollmentUrls_)
            askEnrollment(url);
        if (policy_) prepareFirst();
        return std::move(lines_);
    }
    const bool given = !input_.service.enrollmentEndpoints.empty();
    enrollmentUrls_ = input_.service.enrollmentEndpoints;
    if (input_.material != nullptr)
        add(examineCertificate(input_.material->oldCertificate, input_.context.now));
    else
        add("certificate", Verdict::Skipped,
            "no certificate with a key that this user may read: only what needs none is looked at",
            "run it as root, or name --certificate-file and --key-file: the administrator of this "
            "host");
    for (const auto& url : input_.service.policyEndpoints)
        askPolicies(url);
    if (given && !input_.service.policyEndpoints.empty())
        add("endpoints", Verdict::Remark,
            "the policy names CES addresses itself: those of CEP are not used");
    for (const auto& url : enrollmentUrls_)
        askEnrollment(url);
    if (input_.material != nullptr) prepareRenewal();
    return std::move(lines_);
}

} // namespace

std::vector<Examination> examineService(const ExaminationInput& input)
{
    return Examiner(input).run();
}

} // namespace perennial::plugins
