#include "controller/enrollment/relay/relay_service.h"

#include "shared/enrollment/request/cmc_response.h"
#include "tests/unit/enrollment_server/authority_fixture.h"

using namespace perennial;
using namespace perennial::enrollment;
using namespace perennial::test;

namespace {

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

const std::string webOid = "1.3.6.1.4.1.311.21.8.1.2.3";
const std::string otherOid = "1.3.6.1.4.1.311.21.8.1.2.4";

// Answers what the test put there, and keeps what it was asked.
class ScriptedUpstream final : public Upstream {
public:
    Result<ServiceAnswer> ask(const wstep::TokenRequest& request) override
    {
        asked.push_back(request);
        return answer;
    }
    std::optional<x509::Certificate> ownCertificate() const override { return std::nullopt; }
    Result<ServiceAnswer> answer = Error{ErrorKind::Unavailable, "not reached"};
    std::vector<wstep::TokenRequest> asked;
};

struct Relay {
    Relay()
    {
        settings.path = "/ces";
        REQUIRE(caller.name == "ann");
    }
    // A new request and the key it is for.
    Bytes request(const std::string& oid = webOid) const
    {
        const auto subject = must(x509::subjectDerFromText("web1.example.test"));
        const auto named = must(x509::templateInformationExtension({oid, "", 100, 4}));
        return must(x509::makeSigningRequest({subject, {named}, {}}, key)).toDer();
    }
    Bytes renewalOf(const x509::Certificate& old, const x509::PrivateKey& oldKey) const
    {
        return must(request::makeRenewalRequest(old, oldKey, key));
    }
    x509::Certificate certificateFor(
        const x509::PrivateKey& itsKey, const std::string& oid = webOid)
    {
        const auto subject = must(x509::subjectDerFromText("web1.example.test"));
        std::vector<x509::Extension> named; // none without an OID
        if (!oid.empty())
            named.push_back(must(x509::templateInformationExtension({oid, "", 100, 4})));
        return must(home.authority->issue({subject, itsKey.publicKeyDer(), home.now - Duration(60),
            home.now + std::chrono::hours(24), named}));
    }
    // WebServer is ann's; Others is nobody's and not renewed by key.
    static TemplateFolder templates()
    {
        TemplateFolder folder;
        for (const bool own : {true, false}) {
            CertificateTemplate one;
            one.name = own ? "WebServer" : "Others";
            one.oid = own ? webOid : otherOid;
            one.majorVersion = 100;
            one.minorVersion = 4;
            one.keyBasedRenewal = own;
            one.keyAlgorithms = {"ec-p256"};
            one.namePatterns = {"*.example.test"};
            if (own) one.enroll.users = {"ann"};
            folder.templates.emplace(one.name, one);
        }
        return folder;
    }
    ServiceAnswer ask(const wstep::TokenRequest& message)
    {
        return relay.answer(
            {settings, "https://outside/ces", "192.0.2.1"}, caller, message, home.now);
    }
    ServiceAnswer submit(const Bytes& bytes) { return ask({wstep::Issue{bytes, {}}, "en-US"}); }
    ServiceAnswer query(const std::string& id)
    {
        return ask({wstep::QueryTokenStatus{id}, "en-US"});
    }
    std::string events()
    {
        std::string text;
        for (const auto& event : must(readEvents(home.store->database(), 0, 100)).items)
            text += event.kind + " " + event.details.canonical() + "\n";
        return text;
    }

    AuthorityHome home;
    x509::PrivateKey key = must(x509::PrivateKey::generate("ec-p256"));
    EnrollmentServiceSettings settings;
    Caller caller{"ann", {}, {}};
    ScriptedUpstream upstream;
    HeldTemplates held{templates(), home.now};
    RelayService relay{held, upstream, *home.store, home.log};
};

const wstep::Pending pending{"https://inside/ces", "cmc bytes", "Taken Under Submission", "4711"};

soap::Fault faultIn(const ServiceAnswer& answer)
{
    REQUIRE(std::holds_alternative<soap::Fault>(answer));
    return std::get<soap::Fault>(answer);
}

template <class T>
T responseIn(const ServiceAnswer& answer)
{
    REQUIRE(std::holds_alternative<wstep::TokenResponse>(answer));
    const auto& response = std::get<wstep::TokenResponse>(answer);
    REQUIRE(std::holds_alternative<T>(response));
    return std::get<T>(response);
}

} // namespace

TEST_CASE("a request goes on byte for byte with its context, and what was issued is kept here")
{
    Relay relay;
    const auto bytes = relay.request();
    const auto certificate = relay.certificateFor(relay.key);
    relay.upstream.answer = ServiceAnswer(
        wstep::TokenResponse(wstep::Issued{certificate.toDer(), "cmc bytes", "Issued", "99"}));
    const auto answer = responseIn<wstep::Issued>(
        relay.ask({wstep::Issue{bytes, {{"CertificateTemplate", "WebServer"}}}, "de-DE"}));
    REQUIRE(relay.upstream.asked.size() == 1);
    const auto& sent = std::get<wstep::Issue>(relay.upstream.asked.front().what);
    CHECK(sent.request == bytes);
    CHECK(sent.additionalContext.front().value == "WebServer");
    CHECK(relay.upstream.asked.front().preferredLanguage == "de-DE");
    CHECK(answer.certificate == certificate.toDer());
    CHECK(answer.cmcResponse == "cmc bytes");
    CHECK(answer.requestId == "1");
    const auto record = must(relay.home.store->findRequest(1));
    CHECK(record->upstreamId == "99");
    CHECK(record->state == "issued");
    CHECK(must(relay.home.store->findCertificate(certificate.serial())));
    CHECK(contains(relay.events(), "\"upstream_id\":\"99\""));
}

TEST_CASE("a certificate for another key is not passed on")
{
    Relay relay;
    const auto other = relay.certificateFor(must(x509::PrivateKey::generate("ec-p256")));
    relay.upstream.answer =
        ServiceAnswer(wstep::TokenResponse(wstep::Issued{other.toDer(), "", "Issued", "99"}));
    CHECK(
        faultIn(relay.submit(relay.request())).detail->errorCode == HResult::RpcServerUnavailable);
    CHECK_FALSE(must(relay.home.store->findCertificate(other.serial())));
}

TEST_CASE("pending, asked after under our id, issued: the store maps the ids")
{
    Relay relay;
    relay.upstream.answer = ServiceAnswer(wstep::TokenResponse(pending));
    const auto first = responseIn<wstep::Pending>(relay.submit(relay.request()));
    CHECK(first.requestId == "1");
    CHECK(first.referenceUri == "https://outside/ces");
    CHECK(first.cmcResponse == "cmc bytes");
    CHECK(responseIn<wstep::Pending>(relay.query("1")).requestId == "1");
    CHECK(std::get<wstep::QueryTokenStatus>(relay.upstream.asked.back().what).requestId == "4711");
    const auto certificate = relay.certificateFor(relay.key);
    relay.upstream.answer = ServiceAnswer(
        wstep::TokenResponse(wstep::Issued{certificate.toDer(), "", "Issued", "4711"}));
    for (int again = 0; again < 2; ++again)
        CHECK(responseIn<wstep::Issued>(relay.query("1")).requestId == "1");
    CHECK(must(relay.home.store->findRequest(1))->state == "issued");
    // Who watches goes by the key: asked for, and issued.
    const auto told = "\"public_key_sha256\":\"" + certificate.publicKeyPin();
    const auto events = relay.events();
    const auto at = events.find("certificate.issued");
    REQUIRE(at != std::string::npos);
    CHECK(contains(events.substr(0, at), told));
    CHECK(contains(events.substr(at), told));

    relay.caller.name = "eve";
    const auto asked = relay.upstream.asked.size();
    CHECK(faultIn(relay.query("1")).detail->errorCode == HResult::AccessDenied);
    CHECK(faultIn(relay.query("4711")).detail->errorCode == HResult::PropertyEmpty);
    CHECK(faultIn(relay.query("x")).detail->errorCode == HResult::InvalidArgument);
    CHECK(relay.upstream.asked.size() == asked);
}

TEST_CASE("denials keep code, text and CMC response, under our request id")
{
    Relay relay;
    relay.upstream.answer = ServiceAnswer(soap::enrollmentFault(
        HResult::TemplateDenied, "Denied by Policy Module", true, "4712", Bytes("cmc")));
    const auto fault = faultIn(relay.submit(relay.request()));
    CHECK(fault.reason == "Denied by Policy Module");
    CHECK(fault.detail->errorCode == HResult::TemplateDenied);
    CHECK(fault.detail->invalidRequest == true);
    CHECK(fault.detail->requestId == "1");
    CHECK(fault.detail->binaryResponse == Bytes("cmc"));
    CHECK(must(relay.home.store->findRequest(1))->state == "denied");

    relay.upstream.answer = ServiceAnswer(wstep::TokenResponse(pending));
    CHECK(responseIn<wstep::Pending>(relay.submit(relay.request())).requestId == "2");
    relay.upstream.answer = ServiceAnswer(
        soap::enrollmentFault(HResult::AdminDeniedRequest, "Denied by ann", true, "4711"));
    const auto denied = faultIn(relay.query("2"));
    CHECK(denied.detail->errorCode == HResult::AdminDeniedRequest);
    CHECK(denied.detail->requestId == "2");
    CHECK(must(relay.home.store->findRequest(2))->state == "denied");
}

TEST_CASE("what is wrong between the services is not blamed on the caller")
{
    Relay relay;
    auto detailed = soap::authenticationFault(); // whatever it says besides
    detailed.detail = soap::enrollmentFault(HResult::AccessDenied, "", true).detail;
    for (const auto& answer :
        {Result<ServiceAnswer>(Error{ErrorKind::Unavailable, "no connection to inside:443"}),
            Result<ServiceAnswer>(ServiceAnswer(soap::authenticationFault())),
            Result<ServiceAnswer>(ServiceAnswer(detailed)),
            Result<ServiceAnswer>(ServiceAnswer(soap::receiverFault("internal error")))}) {
        relay.upstream.answer = answer;
        const auto fault = faultIn(relay.submit(relay.request()));
        CHECK_FALSE(soap::isAuthenticationFault(fault));
        CHECK(fault.detail->errorCode == HResult::RpcServerUnavailable);
        CHECK(fault.detail->invalidRequest == false);
        CHECK_FALSE(contains(fault.reason, "inside"));
    }
    CHECK(must(relay.home.store->requests("", 10)).empty());
}

TEST_CASE("a new request at a renewal-only endpoint never leaves, and the log says so")
{
    Relay relay;
    relay.settings.renewalOnly = true;
    const auto fault = faultIn(relay.submit(relay.request()));
    CHECK(contains(fault.reason, "renewals only"));
    CHECK(fault.detail->errorCode == HResult::AccessDenied);
    CHECK(faultIn(relay.submit("nonsense")).detail->errorCode.has_value());
    CHECK(relay.upstream.asked.empty());
    CHECK(contains(relay.events(), "request.denied"));
}

TEST_CASE("request attributes that could widen a certificate never leave, in any letter case")
{
    Relay relay;
    for (const auto* name : {"SAN", "sAn", "cdc", "rmd", "RequesterName", "certfile"}) {
        CAPTURE(name);
        const auto answer = relay.ask({wstep::Issue{relay.request(), {{name, "x"}}}, "en-US"});
        CHECK(faultIn(answer).detail->errorCode.has_value());
    }
    CHECK(relay.upstream.asked.empty());
}

TEST_CASE("at a key-based endpoint only the certificate that TLS proved is renewed")
{
    Relay relay;
    relay.settings.renewalOnly = true;
    relay.settings.keyBasedRenewal = true;
    const auto oldKey = must(x509::PrivateKey::generate("ec-p256"));
    const auto old = relay.certificateFor(oldKey);
    const auto bytes = relay.renewalOf(old, oldKey);
    relay.caller.certificate = relay.certificateFor(must(x509::PrivateKey::generate("ec-p256")));
    CHECK(contains(faultIn(relay.submit(bytes)).reason, "TLS client certificate"));
    relay.caller.certificate.reset();
    CHECK(contains(faultIn(relay.submit(bytes)).reason, "TLS client certificate"));
    CHECK(relay.upstream.asked.empty());
    relay.caller.certificate = old;
    relay.upstream.answer = ServiceAnswer(wstep::TokenResponse(pending));
    CHECK(responseIn<wstep::Pending>(relay.submit(bytes)).requestId == "3");
    CHECK(std::get<wstep::Issue>(relay.upstream.asked.front().what).request == bytes);
    CHECK(must(relay.home.store->findRequest(3))->kind == "renewal");
}

TEST_CASE("who may not enrol for a template gets nothing by the relay's own right, nor without one")
{
    Relay relay;
    const auto denied = faultIn(relay.submit(relay.request(otherOid)));
    CHECK(denied.detail->errorCode == HResult::TemplateDenied);
    CHECK(denied.detail->invalidRequest == true);
    CHECK(denied.detail->requestId == "1");
    CHECK(denied.reason.rfind("Denied by Policy Module  0x80094012, ", 0) == 0);
    CHECK(must(relay.home.store->findRequest(1))->templateName == "Others");
    relay.caller.name = "eve";
    CHECK(faultIn(relay.submit(relay.request())).detail->errorCode == HResult::TemplateDenied);
    CHECK(faultIn(relay.submit(relay.request("1.2.3"))).detail->errorCode ==
          HResult::UnsupportedCertificateType);
    CHECK(faultIn(relay.query("2")).reason == "Denied by Policy Module");
    const auto oldKey = must(x509::PrivateKey::generate("ec-p256"));
    const auto renewal = relay.renewalOf(relay.certificateFor(oldKey), oldKey);
    CHECK(faultIn(relay.submit(renewal)).detail->errorCode == HResult::TemplateDenied);
    CHECK(relay.upstream.asked.empty());
    CHECK(contains(relay.events(), "\"requester\":\"eve\""));
    CHECK(contains(relay.events(), "\"template\":\"WebServer\""));
}

TEST_CASE("a renewal by key needs no right, but a template that allows it")
{
    Relay relay;
    relay.settings.renewalOnly = relay.settings.keyBasedRenewal = true;
    relay.upstream.answer = ServiceAnswer(wstep::TokenResponse(pending));
    const auto oldKey = must(x509::PrivateKey::generate("ec-p256"));
    for (const bool own : {true, false}) {
        const auto old = relay.certificateFor(oldKey, own ? webOid : otherOid);
        relay.caller = {"certificate " + old.serial(), {}, old};
        const auto answer = relay.submit(relay.renewalOf(old, oldKey));
        CHECK(std::holds_alternative<soap::Fault>(answer) == !own);
    }
    CHECK(relay.upstream.asked.size() == 1);
    CHECK(contains(relay.events(), "key-based renewal"));
    // Inside, where the relay's endpoint is no key-based one, a superseding template would do.
    const auto old = relay.certificateFor(oldKey, "");
    relay.caller = {"certificate " + old.serial(), {}, old};
    const auto answer = relay.ask(
        {wstep::Issue{relay.renewalOf(old, oldKey), {{"CertificateTemplate", "WebServer"}}},
            "en-US"});
    CHECK(faultIn(answer).detail->errorCode == HResult::TemplateConflict);
    CHECK(relay.upstream.asked.size() == 1);
}

TEST_CASE("templates whose names are built cannot be relayed")
{
    auto folder = Relay::templates();
    CHECK(RelayService::checkTemplates(folder).ok());
    CHECK(folder.findings.empty());
    folder.templates.at("Others").managerApproval = true;
    CHECK(RelayService::checkTemplates(folder).ok());
    REQUIRE(folder.findings.size() == 1);
    CHECK(contains(toText(folder.findings.front()), "template Others: manager_approval: is told"));
    folder.templates.at("Others").subjectSupplied = false;
    const auto refused = RelayService::checkTemplates(folder);
    REQUIRE_FALSE(refused.ok());
    CHECK(contains(refused.error().message, "template Others has subject: built"));
}
