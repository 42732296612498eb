#include "plugins/ces_issuer/examination.h"

#include "shared/enrollment/request/certificate_request.h"
#include "shared/enrollment/soap/namespaces.h"
#include "shared/http/client/target.h"
#include "shared/tls/listener_probe.h"
#include "shared/tls/reachability.h"

#include <charconv>

namespace perennial::plugins {

namespace soap = enrollment::soap;
namespace wstep = enrollment::wstep;
namespace xcep = enrollment::xcep;
using Verdict = Examination::Verdict;

namespace {

constexpr const char* policyWriter = ": who writes the policies";
constexpr const char* network = ": who runs the network, or the service";
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
    bool isReached(const std::string& url);
    void lookAtTls(const std::string& address, int port, const std::string& host);
    Result<SoapAnswer> ask(const std::string& url, std::string_view action,
        std::string_view expected, const soap::Element& body, ExchangeTrace& trace);
    void tellClock(const ExchangeTrace& trace);
    void tellRefusal(
        const std::string& step, const std::string& message, const ExchangeTrace& trace);
    void askPolicies(const std::string& url);
    void readPolicies(const xcep::PolicyAnswer& answer);
    void askEnrollment(const std::string& url);
    void prepare();
    bool openKerberos();
    void readKerberosOffer(const xcep::PolicyAnswer& answer);

    const ExaminationInput& input_;
    std::optional<gss::Initiator> initiator_;
    std::vector<Examination> lines_;
    std::vector<std::string> enrollmentUrls_;
};

bool Examiner::isReached(const std::string& url)
{
    const auto target = http::readTarget(url);
    if (!target) {
        add("address", Verdict::Bad, target.error().message,
            std::string("mend the address") + policyWriter);
        return false;
    }
    const auto addresses = tls::lookUp(target->host);
    if (!addresses) {
        add("dns", Verdict::Bad, addresses.error().message,
            std::string("mend the name or its record") + network);
        return false;
    }
    std::string list;
    for (const auto& address : *addresses)
        list += (list.empty() ? "" : ", ") + address;
    add("dns", Verdict::Good, target->host + " is " + list);
    int port = 443;
    const auto digits = target->place.substr(target->place.rfind(':') + 1);
    (void)std::from_chars(digits.data(), digits.data() + digits.size(), port);
    std::string reached;
    for (const auto& address : *addresses) {
        const auto status = tls::reach(address, port, input_.limits.connect);
        if (status && reached.empty()) reached = address;
        const std::string where = address + " port " + std::to_string(port);
        if (status)
            add("tcp", Verdict::Good, where + " answers");
        else
            add("tcp", Verdict::Bad, where + ": " + status.error().message,
                std::string("open the way, or start the service") + network);
    }
    if (reached.empty()) return false;
    lookAtTls(reached, port, target->host);
    return true;
}

// What is shown, trusted or not; whether it is trusted, the next exchange tells.
void Examiner::lookAtTls(const std::string& address, int port, const std::string& host)
{
    const auto served = tls::probeListener({address, port, host}, input_.limits.connect);
    if (!served || served->chain.empty()) {
        add("tls", Verdict::Bad, served ? "no certificate is shown" : served.error().message,
            std::string("let it speak TLS 1.2 or later") + serviceAdministrator);
        return;
    }
    for (const auto& certificate : served->chain) {
        const bool valid = input_.context.now >= certificate.notBefore() &&
                           input_.context.now < certificate.notAfter();
        add("tls", valid ? Verdict::Good : Verdict::Bad,
            served->protocol + ", " + certificate.subject() + ", issued by " +
                certificate.issuer() + ", until " + toRfc3339(certificate.notAfter()),
            valid ? "" : std::string("renew it, or set the clock") + serviceAdministrator);
    }
}

Result<SoapAnswer> Examiner::ask(const std::string& url, std::string_view action,
    std::string_view expected, const soap::Element& body, ExchangeTrace& trace)
{
    http::Client client(settings(), input_.limits);
    MessageCredentials credentials;
    if (initiator_) credentials.kerberos = &*initiator_;
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
    const bool expected = input_.material == nullptr && input_.kerberos == nullptr &&
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
    if (input_.kerberos != nullptr)
        add("authentication", Verdict::Good,
            "it accepts " + input_.kerberos->principal + " by Kerberos");
    else
        add("authentication", Verdict::Good,
            input_.material == nullptr ? "it answers without a certificate"
                                       : "it accepts the certificate");
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
        names.empty() ? "publish a template that allows key-based renewal, with rights for the "
                        "caller: the CA's template administrator"
                      : "");
    if (input_.kerberos != nullptr) return readKerberosOffer(answer);
    if (input_.material == nullptr) return;
    const auto information = input_.material->oldCertificate.templateInformation();
    const auto choice = chooseEndpoints(
        answer, {information ? information->oid : "", information ? information->name : "",
                    xcep::ClientAuthentication::Certificate, true});
    if (choice.policy != nullptr) add(examineTemplate(*choice.policy));
    if (!choice.problem.empty())
        return add("endpoints", Verdict::Bad, choice.problem,
            std::string(adviceOn(choice.cause)) + ": " + std::string(menderOf(choice.cause)));
    const auto order = ranked(choice.urls, input_.context.host);
    for (const auto& url : order)
        add("endpoints", Verdict::Good, "would be asked: " + url);
    if (enrollmentUrls_.empty()) enrollmentUrls_ = order;
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
void Examiner::prepare()
{
    const auto made = enrollment::request::makeRenewalRequest(
        input_.material->oldCertificate, *input_.material->oldKey, *input_.material->newKey);
    if (made)
        add("dry run", Verdict::Good,
            "a renewal request of " + std::to_string(made->size()) +
                " bytes was made with a throw-away key; it is not sent");
    else
        add("dry run", Verdict::Bad, made.error().message,
            "check the slot's key: the administrator of this host");
}

// Who asks, before anybody is asked: a ticket of the KDC.
bool Examiner::openKerberos()
{
    auto trouble = gss::Trouble::None;
    const auto& caller = *input_.kerberos;
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

void Examiner::readKerberosOffer(const xcep::PolicyAnswer& answer)
{
    bool offered = false;
    for (const auto& authority : answer.authorities) {
        for (const auto& uri : authority.uris) {
            if (uri.authentication != xcep::ClientAuthentication::Kerberos ||
                uri.renewalOnly.value_or(false))
                continue;
            offered = true;
            add("endpoints", Verdict::Good, "would be asked: " + uri.uri);
        }
    }
    if (!offered)
        add("endpoints", Verdict::Bad, "no CES for first enrolments by Kerberos is named",
            std::string("publish one, or enrol by password") + serviceAdministrator);
}

std::vector<Examination> Examiner::run()
{
    if (input_.kerberos != nullptr) {
        if (!openKerberos()) return std::move(lines_);
        for (const auto& url : input_.service.policyEndpoints)
            askPolicies(url);
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
    if (input_.material != nullptr) prepare();
    return std::move(lines_);
}

} // namespace

std::vector<Examination> examineService(const ExaminationInput& input)
{
    return Examiner(input).run();
}

} // namespace perennial::plugins
