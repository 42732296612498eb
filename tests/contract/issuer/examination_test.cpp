// What the doctor sees: each thing that stands against a renewal is named, and looking issues
// nothing.

#include "plugins/ces_issuer/examination.h"
#include "tests/contract/issuer/offering.h"

#include <algorithm>

using namespace perennial;
using namespace perennial::test;
using Verdict = Examination::Verdict;

namespace {

std::vector<Examination> examine(const model::EnrollmentService& service,
    const RenewalMaterial* material, Duration aside = Duration(0))
{
    auto issuer = plugins::makeCesIssuerWithin(service, quickLimits);
    REQUIRE(issuer);
    (*issuer)->begin({SystemClock().now() + aside, "web1.example.test", ""});
    return (*issuer)->examine(material);
}

std::vector<Examination> examineFirst(const model::EnrollmentService& service,
    const FirstEnrollment& first, TimePoint now = SystemClock().now())
{
    auto issuer = plugins::makeCesIssuerWithin(service, quickLimits);
    REQUIRE(issuer);
    (*issuer)->begin({now, "web1.example.test", ""});
    return (*issuer)->examineFirst(first);
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

namespace {

// A thing that is wrong, the step whose line is bad, and what this line names.
struct Wrong {
    Changes changes;
    std::string step; // empty: nothing is bad
    std::string names;
};

void checkOneBad(const std::vector<Examination>& lines, const Wrong& wrong)
{
    CAPTURE(wrong.names);
    CHECK_MESSAGE(bad(lines) == (wrong.step.empty() ? 0 : 1), textOf(lines));
    if (wrong.step.empty()) return;
    CHECK_MESSAGE(count(lines, wrong.step, Verdict::Bad) == 1, textOf(lines));
    CHECK_MESSAGE(
        textOf(lines).find("bad " + wrong.step + ": ") != std::string::npos, textOf(lines));
    const auto line = std::find_if(
        lines.begin(), lines.end(), [](const auto& one) { return one.verdict == Verdict::Bad; });
    CHECK_MESSAGE(
        (line != lines.end() && line->seen.find(wrong.names) != std::string::npos), textOf(lines));
}

const std::string subjectFlags = "<subjectNameFlags>9</subjectNameFlags>";
const std::string enrollmentFlags = "<enrollmentFlags>65632</enrollmentFlags>"; // 0x10060
const std::string keyFlags = "<privateKeyFlags>101056512</privateKeyFlags>";
const std::string mayEnroll = "<enroll>true</enroll>";

std::string enrollmentFlagsOf(unsigned flags)
{
    return "<enrollmentFlags>" + std::to_string(flags) + "</enrollmentFlags>";
}

} // namespace

TEST_CASE("the flags of a template that renewal by key needs are looked at one by one")
{
    const std::vector<Wrong> cases = {
        {{}, "", ""},
        {{{subjectFlags, "<subjectNameFlags>8</subjectNameFlags>"}}, "template",
            "(subjectNameFlags 0x1) is not set"},
        {{{enrollmentFlags, enrollmentFlagsOf(0x10020)}}, "template",
            "(enrollmentFlags 0x40) is not set"},
        {{{enrollmentFlags, enrollmentFlagsOf(0x60)}}, "template",
            "(enrollmentFlags 0x10000) is not set"},
        {{{"<policySchema>4<", "<policySchema>1<"}}, "template", "schema 1,"},
        {{{"<policySchema>4<", "<policySchema>2<"}}, "", ""},
        {{{keyFlags, "<privateKeyFlags>101056640</privateKeyFlags>"}}, "template",
            "privateKeyFlags 0x80)"},
        {{{mayEnroll, "<enroll>false</enroll>"}}, "", ""}, // enough for renewals
    };
    for (const auto& one : cases) {
        Offering offering(one.changes);
        auto issuer = plugins::makeCesIssuerWithin(offering.service, quickLimits);
        REQUIRE(issuer);
        (*issuer)->begin({noon, "web1.example.test", ""});
        const auto lines = (*issuer)->examine(&offering.material);
        checkOneBad(lines, one);
        // The flags that are set are said, each in a line of its own.
        const std::size_t bad = one.step == "template" ? 1 : 0;
        CHECK_MESSAGE(count(lines, "template", Verdict::Good) ==
                          4 - (one.names.find("0x80") == std::string::npos ? bad : 0),
            textOf(lines));
    }
}

TEST_CASE("what a certificate needs for its renewal by key is looked at one by one")
{
    const ScriptedCes ces;
    struct Case {
        std::string certificate;
        std::vector<Verdict> verdicts; // validity, client authentication, template by OID, SID
        Duration aside = Duration(0);
    };
    constexpr auto good = Verdict::Good;
    const std::vector<Case> cases = {
        {"web3 with SID", {good, good, good, good}},
        {"web3", {good, good, good, Verdict::Remark}},
        {"web1", {good, good, Verdict::Bad, Verdict::Remark}},
        {"web2", {good, Verdict::Bad, Verdict::Bad, Verdict::Remark}},
    };
    for (const auto& one : cases) {
        CAPTURE(one.certificate);
        const auto old = ces.material(one.certificate).oldCertificate;
        const auto lines = plugins::examineCertificate(old, noon);
        REQUIRE(lines.size() == one.verdicts.size());
        for (std::size_t at = 0; at < lines.size(); ++at) {
            CHECK_MESSAGE(lines[at].verdict == one.verdicts[at], lines[at].seen);
            CHECK(lines[at].mend.empty() == (one.verdicts[at] != Verdict::Bad));
        }
        for (const auto outside : {old.notBefore() - Duration(1), old.notAfter()}) {
            const auto then = plugins::examineCertificate(old, outside);
            CHECK(then.front().verdict == Verdict::Bad);
        }
    }
}

TEST_CASE("the dry run makes the format that is configured")
{
    const ScriptedCes ces;
    ces.answer(faultAnswer("-2146877436", false));
    const std::vector<std::pair<std::string, std::string>> formats = {
        {"cms", "(cms-renewal)"}, {"cmc", "(cmc-renewal)"}, {"pkcs10", "(pkcs10)"}};
    for (const auto& [format, said] : formats) {
        auto service = ces.service();
        service.requestFormat = format;
        const auto material = ces.material("web3");
        const auto lines = examine(service, &material);
        CHECK_MESSAGE(
            textOf(lines).find("ok dry run: a renewal request " + said) != std::string::npos,
            textOf(lines));
    }
    const auto serverOnly = ces.material("web2");
    CHECK(count(examine(ces.service(), &serverOnly), "dry run", Verdict::Bad) == 1);
}

TEST_CASE("a first enrolment with a password is looked at to the end, and nothing is issued")
{
    EnrollmentWorld world;
    world.start();
    const auto service = world.byPassword();
    const auto lines = examineFirst(service, EnrollmentWorld::first("Web", ""));
    CHECK_MESSAGE(bad(lines) == 0, textOf(lines));
    std::vector<std::string> steps;
    for (const auto& line : lines) {
        CHECK_MESSAGE(line.verdict == Verdict::Good, line.seen);
        if (steps.empty() || steps.back() != line.step) steps.push_back(line.step);
    }
    const std::vector<std::string> whole = {"endpoint", "dns", "tcp", "tls", "clock",
        "authentication", "policies", "template", "key", "rights", "endpoints", "endpoint", "dns",
        "tcp", "tls", "clock", "enrolment", "dry run"};
    CHECK_MESSAGE(steps == whole, textOf(lines));
    CHECK(textOf(lines).find("correct horse") == std::string::npos);
    CHECK(world.issued() == 0);

    auto wrong = EnrollmentWorld::first("Web", "");
    wrong.caller = PasswordCaller{"web-enroller", Secret("wrong horse")};
    const auto refused = examineFirst(service, wrong);
    CHECK_MESSAGE(count(refused, "policies", Verdict::Bad) == 1, textOf(refused));
    CHECK(bad(refused) == 1);
    CHECK(textOf(refused).find("wrong horse") == std::string::npos);

    const auto unknown = examineFirst(service, EnrollmentWorld::first("Nothing", ""));
    CHECK_MESSAGE(count(unknown, "endpoints", Verdict::Bad) == 1, textOf(unknown));
    CHECK(bad(unknown) == 1);
    const auto pending = examineFirst(service, EnrollmentWorld::first("Approved", ""));
    CHECK_MESSAGE(count(pending, "template", Verdict::Remark) == 1, textOf(pending));
    CHECK(bad(pending) == 0);
}

TEST_CASE("what stands against a first enrolment is named once, in its step")
{
    const std::string password = "<clientAuthentication>4</clientAuthentication>";
    const std::vector<Wrong> cases = {
        {{}, "", ""},
        {{{mayEnroll, "<enroll>false</enroll>"}}, "rights", "no right to enrol"},
        {{{"<enrollPermission>true<", "<enrollPermission>false<"}}, "rights", "enrollPermission"},
        {{{"<minimalKeyLength>2048<", "<minimalKeyLength>8192<"}}, "key", "8192 bits"},
        {{{keyFlags, "<privateKeyFlags>101064704</privateKeyFlags>"}}, "template",
            "privateKeyFlags 0x2000)"},
        {{{password, "<clientAuthentication>2</clientAuthentication>"}}, "endpoints",
            "no enrolment address"},
        // An address, but of a CA that does not issue the template.
        {{{"<cAs><cAReference>0</cAReference></cAs>", "<cAs xsi:nil=\"true\"/>"}}, "endpoints",
            "no enrolment address"},
        {{{"<commonName>ExampleWeb<", "<commonName>Other<"}}, "endpoints", "ExampleWeb"},
        // Not for renewals by key, but for a first certificate.
        {{{enrollmentFlags, enrollmentFlagsOf(0x20)}}, "", ""},
        {{{subjectFlags, "<subjectNameFlags>8</subjectNameFlags>"}}, "", ""},
    };
    for (const auto& one : cases) {
        Offering offering(one.changes);
        const auto lines =
            examineFirst(offering.service, EnrollmentWorld::first("ExampleWeb", ""), noon);
        checkOneBad(lines, one);
        CHECK(count(lines, "dry run", Verdict::Good) ==
              (one.step == "key" || one.names == "ExampleWeb" ? 0 : 1));
    }
    Offering away({});
    auto text = Offering::sample("01_getpolicies_response.xml");
    Offering::change(
        text, {{"https://pki.example.test/Example-Issuing-CA_CES_UsernamePassword/service.svc/CES",
                  "https://localhost:" + std::to_string(freePort()) + "/CES"}});
    away.ces.answer(0, Offering::soap(text));
    const auto lines = examineFirst(away.service, EnrollmentWorld::first("ExampleWeb", ""), noon);
    CHECK_MESSAGE(count(lines, "tcp", Verdict::Bad) == bad(lines), textOf(lines));
    CHECK(bad(lines) > 0);
}
