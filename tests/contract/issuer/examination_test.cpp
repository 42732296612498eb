// What the doctor sees: each thing that stands against a renewal is named, and looking issues
// nothing.

#include "tests/contract/issuer/enrollment_world.h"
#include "tests/contract/issuer/scripted_ces.h"

#include <algorithm>

using namespace perennial;
using namespace perennial::test;
using Verdict = Examination::Verdict;

namespace {

constexpr http::ClientLimits quick{Duration(5), Duration(2), 200'000};

std::vector<Examination> examine(const model::EnrollmentService& service,
    const RenewalMaterial* material, Duration aside = Duration(0))
{
    auto issuer = plugins::makeCesIssuerWithin(service, quick);
    REQUIRE(issuer);
    (*issuer)->begin({SystemClock().now() + aside, "web1.example.test", ""});
    return (*issuer)->examine(material);
}

std::size_t count(const std::vector<Examination>& lines, const std::string& step, Verdict verdict)
{
    return static_cast<std::size_t>(std::count_if(lines.begin(), lines.end(),
        [&](const auto& line) { return line.step == step && line.verdict == verdict; }));
}

std::size_t bad(const std::vector<Examination>& lines)
{
    std::size_t number = 0;
    for (const auto& line : lines) {
        if (line.verdict != Verdict::Bad) continue;
        ++number;
        CHECK_MESSAGE(!line.mend.empty(), line.seen);
    }
    return number;
}

std::string textOf(const std::vector<Examination>& lines)
{
    std::string text;
    for (const auto& line : lines)
        text += std::string(nameOf(line.verdict)) + " " + line.step + ": " + line.seen + "\n";
    return text;
}

} // namespace

TEST_CASE("a service in order has nothing bad in any step, and nothing was issued by looking")
{
    EnrollmentWorld world;
    const auto material = world.material("web1.example.test");
    world.start();
    const auto before = world.issued();
    const auto lines = examine(world.byPolicies(), &material);
    CHECK_MESSAGE(bad(lines) == 0, textOf(lines));
    for (const auto* step : {"dns", "tcp", "tls", "clock", "authentication", "policies", "template",
             "certificate", "endpoints", "enrolment", "dry run"})
        CHECK_MESSAGE(count(lines, step, Verdict::Good) > 0, step << "\n" << textOf(lines));
    CHECK(world.issued() == before);
    // Without a key it says so and looks at the rest.
    const auto outside = examine(world.byPolicies(), nullptr);
    CHECK(count(outside, "certificate", Verdict::Skipped) == 1);
    CHECK_MESSAGE(bad(outside) == 0, textOf(outside));
}

TEST_CASE("what stands against a renewal is named in its step")
{
    EnrollmentWorld world;
    const auto material = world.material("web1.example.test", "Once");
    world.start();
    CHECK(bad(examine(world.byPolicies(), &material)) > 0); // a template without key-based renewal

    const ScriptedCes ces;
    const auto other = ces.material();
    ces.answer(httpAnswer("401 No", "text/html", "", "Date: Fri, 20 Nov 2026 12:00:00 GMT\r\n"));
    const auto skewed = examine(ces.service(), &other);
    CHECK(count(skewed, "clock", Verdict::Bad) == 1);
    CHECK(count(skewed, "enrolment", Verdict::Bad) == 1);

    const ScriptedCes stranger("stranger");
    const auto untrusted = examine(stranger.service(), &other);
    CHECK(count(untrusted, "enrolment", Verdict::Bad) == 1);
    CHECK(stranger.asked().empty());

    auto service = ces.service();
    service.enrollmentEndpoints = {"https://localhost:" + std::to_string(freePort()) + "/CES"};
    CHECK(count(examine(service, &other), "tcp", Verdict::Bad) > 0);
    service.enrollmentEndpoints = {"https://no-such-name.invalid/CES"};
    CHECK(count(examine(service, &other), "dns", Verdict::Bad) == 1);
}

TEST_CASE("the flags of a template that renewal by key needs are looked at one by one")
{
    EnrollmentWorld world;
    const auto material = world.material("web1.example.test");
    const auto later = examine(world.byAddress(), &material, std::chrono::hours(24 * 400));
    CHECK(count(later, "certificate", Verdict::Bad) == 1); // expired by then
    const auto serverOnly = ScriptedCes().material("web2");
    const auto lines = examine(world.byAddress(), &serverOnly);
    CHECK(textOf(lines).find("bad certificate: not good for client authentication") !=
          std::string::npos);
}
