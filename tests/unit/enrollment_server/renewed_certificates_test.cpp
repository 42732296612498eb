// What is renewed: certificates of issue-test are not, and what waits for an approval is looked at
// again when it comes.

#include "controller/enrollment/ces/certificate_service.h"
#include "controller/enrollment/ces/test_certificate.h"
#include "tests/unit/enrollment_server/authority_fixture.h"
#include "tests/unit/enrollment_server/template_samples.h"

using namespace perennial;
using namespace perennial::enrollment;
using namespace perennial::test;

namespace {

constexpr const char* host = "web1.example.test";

Json eventsOf(EnrollmentStore& store)
{
    Json all(Json::Array{});
    for (const auto& event : must(readEvents(store.database(), 0, 100)).items) {
        auto item = event.details;
        item["kind"] = event.kind;
        all.push(item);
    }
    return all;
}

// A service with one template, and a certificate of it that is renewed.
struct Service {
    explicit Service(const std::string& more, bool renewable = true)
        : templates(folderOf(more), home.now)
    {
        settings.path = "/ces";
        settings.renewalOnly = true;
        const auto request = requestFor(oldKey, true);
        old = must(
            issueTestCertificate({templates.current()->templates.at("Web"), request, "root",
                                     "local", home.now - Duration(60), oldEnd, home.now, renewable},
                *home.authority, *home.store))
                  .certificate;
        caller = {"ann", {}, old};
    }
    static TemplateFolder folderOf(const std::string& more)
    {
        TemplateFolder folder;
        folder.templates.emplace("Web", must(readTemplate(templateText(more), "web.yaml")));
        return folder;
    }
    x509::SigningRequest requestFor(const x509::PrivateKey& key, bool withName) const
    {
        x509::RequestContent content;
        content.subjectDer = must(x509::subjectDerFromText(host));
        content.extensions.push_back(must(x509::templateInformationExtension(
            templates.current()->templates.at("Web").information())));
        if (withName)
            content.extensions.push_back(
                must(x509::alternativeNameExtension({{x509::GeneralName::Type::Dns, host}})));
        return must(x509::makeSigningRequest(content, key));
    }
    Bytes renewal() const { return must(request::makeRenewalRequest(*old, oldKey, newKey)); }
    ServiceAnswer submit(const Bytes& request)
    {
        CertificateService service(templates, *home.authority, *home.store, home.log);
        return service.answer({settings, "https://x/ces", "192.0.2.1"}, *caller,
            {wstep::Issue{request, {}}, "en-US"}, home.now);
    }
    std::int64_t pendingId(const Bytes& request)
    {
        const auto answer = submit(request);
        const auto* response = std::get_if<wstep::TokenResponse>(&answer);
        REQUIRE(response != nullptr);
        REQUIRE(std::holds_alternative<wstep::Pending>(*response));
        return std::stoll(std::get<wstep::Pending>(*response).requestId);
    }
    Result<RequestRecord> approve(std::int64_t id, TimePoint when)
    {
        CertificateService service(templates, *home.authority, *home.store, home.log);
        return service.approve(id, "ann", when);
    }
    void change(const std::string& sql)
    {
        REQUIRE(home.store->database()
                    .transaction([&](sql::Session& session) -> Status {
                        const auto done = session.execute(sql);
                        return done ? Status() : done.error();
                    })
                    .ok());
    }
    void restart() { home.store = must(EnrollmentStore::open(home.folder / "enrollment.db")); }

    AuthorityHome home;
    TimePoint oldEnd = home.now + std::chrono::hours(24);
    HeldTemplates templates;
    EnrollmentServiceSettings settings;
    x509::PrivateKey oldKey = must(x509::PrivateKey::generate("ec-p256"));
    x509::PrivateKey newKey = must(x509::PrivateKey::generate("ec-p256"));
    std::optional<x509::Certificate> old;
    std::optional<Caller> caller;
};

const char* const approved = "manager_approval: true\n";

} // namespace

TEST_CASE("a certificate of issue-test is not renewed, after a restart either, and it is an event")
{
    Service service("key_based_renewal: true\n", false);
    service.settings.keyBasedRenewal = true;
    for (int round = 0; round < 2; ++round) {
        const auto answer = service.submit(service.renewal());
        const auto* fault = std::get_if<soap::Fault>(&answer);
        REQUIRE(fault != nullptr);
        CHECK(fault->detail->errorCode == HResult::BadRenewalCertificateAttribute);
        CHECK(fault->reason.find("test certificate") != std::string::npos);
        const auto last = eventsOf(*service.home.store).array()->back();
        CHECK(*last.find("kind")->string() == "request.denied");
        CHECK(last.find("reason")->string()->find("issue-test") != std::string::npos);
        service.restart();
    }
    // Those of a version that did not tell them apart.
    service.change("UPDATE certificates SET test = 0");
    CHECK(std::holds_alternative<wstep::TokenResponse>(service.submit(service.renewal())));
}

TEST_CASE("issue-test says in its event whether its certificate is renewable")
{
    for (const bool renewable : {true, false}) {
        const Service service("key_based_renewal: true\n", renewable);
        const auto last = eventsOf(*service.home.store).array()->back();
        CHECK(last.find("test")->canonical() == (renewable ? "false" : "true"));
        CHECK(
            must(service.home.store->findCertificate(service.old->serial()))->isTest != renewable);
    }
}

TEST_CASE("a renewal that the TLS certificate stands in for is approved as a renewal")
{
    Service service(approved);
    service.settings.tlsCertificateMayStandIn = true;
    // It asks for no name: those of a renewal are the old certificate's.
    const auto id = service.pendingId(service.requestFor(service.newKey, false).toDer());
    service.restart();
    const auto done = must(service.approve(id, service.home.now));
    CHECK(done.renews == service.old->serial());
    const auto issued = must(service.home.store->findCertificate(done.serial));
    REQUIRE(issued);
    CHECK(must(x509::Certificate::fromDer(issued->der)).alternativeNames() ==
          service.old->alternativeNames());
    const auto last = eventsOf(*service.home.store).array()->back();
    REQUIRE(last.find("renews") != nullptr);
    CHECK(*last.find("renews")->string() == service.old->serial());
}

TEST_CASE(
    "a renewal whose old certificate has ended meanwhile is not approved, however it was asked for")
{
    for (const bool standIn : {false, true}) {
        Service service(approved);
        service.settings.tlsCertificateMayStandIn = standIn;
        const auto id = service.pendingId(
            standIn ? service.requestFor(service.newKey, true).toDer() : service.renewal());
        const auto late = service.approve(id, service.oldEnd);
        REQUIRE_FALSE(late.ok());
        CHECK(late.error().kind == ErrorKind::Conflict);
        CHECK(late.error().message.find("has expired by now") != std::string::npos);
        service.change("UPDATE certificates SET revoked = 1");
        const auto revoked = service.approve(id, service.home.now);
        REQUIRE_FALSE(revoked.ok());
        CHECK(revoked.error().message.find("is revoked by now") != std::string::npos);
        service.change("UPDATE certificates SET revoked = 0, test = 1");
        CHECK_FALSE(service.approve(id, service.home.now).ok());
        service.change("UPDATE certificates SET test = 0");
        CHECK(must(service.approve(id, service.home.now)).state == "issued");
    }
}

TEST_CASE("a renewal of an earlier version, which does not say what it renews, is read or refused")
{
    Service byCms(approved);
    const auto id = byCms.pendingId(byCms.renewal());
    byCms.change("UPDATE requests SET renews = ''");
    CHECK(must(byCms.approve(id, byCms.home.now)).state == "issued");

    Service bare(approved);
    bare.settings.tlsCertificateMayStandIn = true;
    const auto other = bare.pendingId(bare.requestFor(bare.newKey, true).toDer());
    bare.change("UPDATE requests SET renews = ''");
    const auto refused = bare.approve(other, bare.home.now);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().message.find("deny the request") != std::string::npos);
}
