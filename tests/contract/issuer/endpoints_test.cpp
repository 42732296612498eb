// Endpoints of a service: which are asked, in which order, what is remembered from one renewal to
// the next, and what a failure is put down to.

#include "tests/contract/issuer/enrollment_world.h"
#include "tests/contract/issuer/scripted_ces.h"

using namespace perennial;
using namespace perennial::test;

namespace {

constexpr http::ClientLimits quick{Duration(5), Duration(2), 200'000};
const TimePoint noon = std::chrono::sys_days(std::chrono::year(2026) / 11 / 21) + Duration(43200);

struct Turn {
    Result<IssueOutcome> outcome;
    IssuerNotes notes;
};

// One process's life: it is told what an earlier one noted.
Turn submit(const model::EnrollmentService& service, const RenewalMaterial& material,
    const std::string& memory = "", TimePoint now = noon)
{
    auto issuer = plugins::makeCesIssuerWithin(service, quick);
    REQUIRE(issuer);
    (*issuer)->begin({now, "web1.example.test", memory});
    const auto prepared = (*issuer)->prepareRenewal(material);
    REQUIRE(prepared);
    auto outcome = (*issuer)->submit(*prepared, material);
    return {std::move(outcome), (*issuer)->notes()};
}

bool isIssued(const Turn& turn)
{
    return turn.outcome.ok() && std::holds_alternative<Issued>(*turn.outcome);
}

std::string ours(const RenewalMaterial& material)
{
    static const FakeAuthority authority;
    return authority.issue(material.newKey->publicKeyDer(),
        {std::chrono::sys_days(std::chrono::year(2026) / 1 / 1),
            std::chrono::sys_days(std::chrono::year(2040) / 1 / 1)});
}

} // namespace

TEST_CASE(
    "policies are asked for once, used until their time is over, and used when nobody answers")
{
    EnrollmentWorld world;
    const auto material = world.material("web1.example.test");
    world.start();
    const auto first = submit(world.byPolicies(), material);
    REQUIRE_MESSAGE(isIssued(first), (first.outcome ? "" : first.outcome.error().message));
    REQUIRE_FALSE(first.notes.memory.empty());

    // The CEP is gone, the CES is not: with what is remembered nobody notices.
    auto service = world.byPolicies();
    const auto real = service.policyEndpoints.front();
    const auto gone = "https://localhost:" + std::to_string(freePort()) + "/CEP";
    auto memory = first.notes.memory;
    for (auto at = memory.find(real); at != std::string::npos; at = memory.find(real, at + 1))
        memory.replace(at, real.size(), gone);
    service.policyEndpoints = {gone};
    CHECK(isIssued(submit(service, material, memory, noon + std::chrono::hours(1))));
    CHECK(isIssued(
        submit(service, material, memory, noon + std::chrono::days(3)))); // old, but all there is
    CHECK_FALSE(isIssued(submit(service, material, "", noon)));

    // When its time is over the real one is asked again, and says that nothing has changed.
    const auto later =
        submit(world.byPolicies(), material, first.notes.memory, noon + std::chrono::days(3));
    CHECK(isIssued(later));
    CHECK(later.notes.memory != first.notes.memory);
}

TEST_CASE("an address that is remembered and gone is asked for anew before anybody waits")
{
    EnrollmentWorld world;
    const auto material = world.material("web1.example.test");
    world.start();
    const auto first = submit(world.byPolicies(), material);
    REQUIRE(isIssued(first));
    auto memory = first.notes.memory;
    const std::string path = "/Test_CES_Certificate/service.svc/CES";
    const auto at = memory.find(path);
    REQUIRE(at != std::string::npos);
    memory.replace(at, path.size(), "/moved_away");
    CHECK(isIssued(submit(world.byPolicies(), material, memory, noon)));
}

TEST_CASE("an endpoint that failed is asked last by the next process, until it has had its pause")
{
    const ScriptedCes ces;
    const auto material = ces.material();
    ces.answer(issuedAnswer(ours(material)));
    ces.answer(0, httpAnswer("503 Service Unavailable", "text/plain", "busy"));
    auto service = ces.service();
    service.enrollmentEndpoints = {ces.url("/first"), ces.url("/second")};
    const auto lastAsked = [&] {
        const auto body = ces.asked().back().body;
        return body.find(ces.url("/first")) != std::string::npos ? "first" : "second";
    };
    const auto first = submit(service, material);
    CHECK(isIssued(first));
    CHECK(ces.asked().size() == 2);
    CHECK(lastAsked() == std::string("second"));
    CHECK(isIssued(submit(service, material, first.notes.memory, noon + Duration(30))));
    CHECK(ces.asked().size() == 3);
    CHECK(lastAsked() == std::string("second"));
    CHECK(isIssued(submit(service, material, first.notes.memory, noon + Duration(90))));
    CHECK(ces.asked().size() == 4);
    CHECK(lastAsked() == std::string("first"));
}

TEST_CASE("a server that is not trusted, or that is no CES, does not keep us from the next one")
{
    const ScriptedCes good;
    const auto material = good.material();
    good.answer(issuedAnswer(ours(material)));
    const ScriptedCes expired("expired");
    auto service = good.service();
    service.tlsTrustPem += expired.service().tlsTrustPem;
    service.enrollmentEndpoints = {expired.url(), good.url()};
    CHECK(isIssued(submit(service, material)));
    CHECK(expired.asked().empty());

    good.answer(good.asked().size(), httpAnswer("404 Not Found", "text/html", "no"));
    service.enrollmentEndpoints = {good.url("/elsewhere"), good.url()};
    const auto before = good.asked().size();
    CHECK(isIssued(submit(service, material)));
    CHECK(good.asked().size() == before + 2);
}

TEST_CASE("a failure is put down to a cause, with what to do and who can do it")
{
    struct Case {
        std::string name;
        std::string answer;
        FaultCause cause;
    };
    const std::string skewed = "Date: Fri, 20 Nov 2026 12:00:00 GMT\r\n";
    const std::string timely = "Date: Sat, 21 Nov 2026 12:01:00 GMT\r\n";
    const std::vector<Case> cases = {
        {"503", httpAnswer("503 Busy", "text/plain", "busy"), FaultCause::Transient},
        {"the CA is away", faultAnswer("-2147023174", false), FaultCause::Transient},
        {"pending", pendingAnswer("https://localhost/CES"), FaultCause::Pending},
        {"denied by an officer", faultAnswer("-2146877420", true), FaultCause::Denied},
        {"no right to the template", faultAnswer("-2146877422", true), FaultCause::Template},
        {"401", httpAnswer("401 No", "text/html", "", timely), FaultCause::Identity},
        {"401, and the clocks differ", httpAnswer("401 No", "text/html", "", skewed),
            FaultCause::Clock},
        {"revoked", faultAnswer("-2146885616", true), FaultCause::Certificate},
        {"a redirect", httpAnswer("302 Found", "text/html", "", "Location: https://x/\r\n"),
            FaultCause::Configuration},
        {"another key", issuedAnswer(ours(ScriptedCes().material())), FaultCause::Configuration},
    };
    const ScriptedCes ces;
    const auto material = ces.material();
    for (const auto& one : cases) {
        CAPTURE(one.name);
        ces.answer(one.answer);
        const auto turn = submit(ces.service(), material);
        REQUIRE(turn.notes.cause.has_value());
        CHECK(nameOf(*turn.notes.cause) == nameOf(one.cause));
        if (!turn.outcome)
            CHECK(turn.outcome.error().message.find(describe(one.cause)) != std::string::npos);
        else if (const auto* denied = std::get_if<Denied>(&*turn.outcome))
            CHECK(denied->reason.find(describe(one.cause)) != std::string::npos);
    }
    ces.answer(issuedAnswer(ours(material)));
    CHECK_FALSE(submit(ces.service(), material).notes.cause.has_value());
}

TEST_CASE("each format is written as the policy says; a bare PKCS#10 is no renewal to our CES")
{
    EnrollmentWorld world;
    const auto material = world.material("web1.example.test");
    world.start();
    const std::vector<std::pair<std::string, std::string>> formats = {
        {"cms", "cms-renewal"}, {"cmc", "cmc-renewal"}, {"pkcs10", "pkcs10"}};
    for (const auto& [setting, name] : formats) {
        CAPTURE(setting);
        auto service = world.byPolicies();
        service.requestFormat = setting;
        const auto issuer = plugins::makeCesIssuerWithin(service, quick);
        REQUIRE(issuer);
        const auto prepared = (*issuer)->prepareRenewal(material);
        REQUIRE_MESSAGE(prepared.ok(), (prepared ? "" : prepared.error().message));
        CHECK(prepared->format == name);
        const auto before = world.issued();
        const auto outcome = (*issuer)->submit(*prepared, material);
        const bool issued = outcome.ok() && std::holds_alternative<Issued>(*outcome);
        CHECK_MESSAGE(issued == (setting != "pkcs10"), (outcome ? "" : outcome.error().message));
        CHECK(world.issued() == before + (issued ? 1 : 0));
    }
}
