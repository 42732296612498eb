// What the doctor says of a template, a certificate and an endpoint: one thing wrong at a time.

#include "plugins/ces_issuer/examination.h"
#include "tests/support/golden.h"
#include "tests/support/openssl_server.h"
#include "tests/support/temporary_folder.h"

#include <algorithm>

using namespace perennial;
using namespace perennial::plugins;
using namespace perennial::test;

namespace xcep = enrollment::xcep;
using Verdict = Examination::Verdict;

namespace {

// In order: nothing bad is said of it, for a renewal by key and for a first enrolment.
xcep::Policy inOrder()
{
    xcep::Policy policy;
    policy.commonName = "WebServer";
    policy.templateOid = {"1.3.6.1.4.1.311.21.8.1.2.3", xcep::OidGroup::Template, "Web Server"};
    policy.mayEnroll = true;
    policy.subjectNameFlags = xcep::flag::nameSuppliedByEnrollee;
    policy.enrollmentFlags =
        xcep::flag::enrollmentPreviousApproval | xcep::flag::enrollmentKeyBasedRenewal;
    policy.privateKey.minimalKeyLength = 256;
    policy.privateKey.algorithm = {"1.2.840.10045.3.1.7", xcep::OidGroup::PublicKey, "ECDSA_P256"};
    return policy;
}

std::vector<std::string> said(const std::vector<Examination>& lines, Verdict verdict)
{
    std::vector<std::string> steps;
    for (const auto& line : lines) {
        if (line.verdict != verdict) continue;
        steps.push_back(line.step + ": " + line.seen);
        if (verdict == Verdict::Bad) CHECK_MESSAGE(!line.mend.empty(), line.seen);
    }
    return steps;
}

// That one line of this verdict, and it begins so.
void checkOne(const std::vector<Examination>& lines, Verdict verdict, const std::string& start)
{
    const auto found = said(lines, verdict);
    CAPTURE(start);
    REQUIRE(found.size() == 1);
    CHECK_MESSAGE(found.front().starts_with(start), found.front());
}

std::vector<Examination> examineWith(void (*change)(xcep::Policy&))
{
    auto policy = inOrder();
    change(policy);
    return examineTemplate(policy);
}

std::vector<Examination> examineFirstWith(void (*change)(xcep::Policy&), FirstEnrollment first = {})
{
    auto policy = inOrder();
    change(policy);
    return examineFirstTemplate(policy, first);
}

} // namespace

TEST_CASE("a template in order has neither a bad line nor a remark")
{
    const auto nothing = [](xcep::Policy&) {};
    for (const auto& lines : {examineWith(nothing), examineFirstWith(nothing)}) {
        CHECK(said(lines, Verdict::Bad).empty());
        CHECK(said(lines, Verdict::Remark).empty());
    }
}

TEST_CASE("of a template for renewals: schema, approval and rights are seen")
{
    checkOne(examineWith([](xcep::Policy& policy) { policy.schema = 1; }), Verdict::Bad,
        "template: WebServer, schema 1");
    checkOne(examineWith([](xcep::Policy& policy) {
        *policy.enrollmentFlags |= xcep::flag::enrollmentPendAll;
    }),
        Verdict::Remark, "template: it wants a manager's approval");
    checkOne(examineWith([](xcep::Policy& policy) { policy.mayEnroll = false; }), Verdict::Remark,
        "rights: the caller has no right to enrol");
}

TEST_CASE("of a template for first certificates: names, approval, renewal by key, and the key")
{
    checkOne(examineFirstWith([](xcep::Policy& policy) { policy.subjectNameFlags = 0x80000000; }),
        Verdict::Remark, "template: the CA looks subject and names up");
    checkOne(examineFirstWith([](xcep::Policy& policy) {
        *policy.enrollmentFlags |= xcep::flag::enrollmentPendAll;
    }),
        Verdict::Remark, "template: it wants a manager's approval");
    checkOne(examineFirstWith([](xcep::Policy& policy) {
        policy.enrollmentFlags = xcep::flag::enrollmentPreviousApproval;
    }),
        Verdict::Remark, "template: it does not allow key-based renewal");
    FirstEnrollment other;
    other.keyType = "rsa-2048";
    checkOne(examineFirstWith([](xcep::Policy&) {}, std::move(other)), Verdict::Bad, "key: ");
}

TEST_CASE("of a certificate: validity, client authentication, template and SID")
{
    const TemporaryFolder folder;
    TestPki pki{folder};
    pki.makeRoot("root");
    const auto read = [](const TestCertificate& made) {
        auto certificate = x509::Certificate::fromPem(readText(made.certificate));
        REQUIRE(certificate);
        return *std::move(certificate);
    };
    const auto now = SystemClock().now();
    const auto client = read(pki.issueClient("web1", "root"));
    const auto server = read(pki.issueServer("example.test", "root"));

    checkOne(examineCertificate(client, now), Verdict::Bad,
        "certificate: does not name its template by OID");
    checkOne(examineCertificate(client, now), Verdict::Remark, "certificate: carries no SID");
    CHECK(said(examineCertificate(client, client.notAfter()), Verdict::Bad).size() == 2);
    CHECK(said(examineCertificate(client, client.notBefore() - Duration(1)), Verdict::Bad).size() ==
          2);
    const auto bad = said(examineCertificate(server, now), Verdict::Bad);
    CHECK(
        std::count(bad.begin(), bad.end(), "certificate: not good for client authentication") == 1);
}

TEST_CASE("of an endpoint: who shows no certificate, and one that has ended")
{
    const TemporaryFolder folder;
    TestPki pki{folder};
    pki.makeRoot("root");
    const auto& shown = pki.issueServer("localhost", "root");
    const OpensslServer server(shown, {"-quiet"});
    const int plain = freePort();
    ChildProcess web({"/usr/bin/python3", "-m", "http.server", std::to_string(plain), "--bind",
        "127.0.0.1", "--directory", folder / "."});
    web.waitForPort(plain, "127.0.0.1");
    const model::EnrollmentService service;
    const std::vector<x509::Certificate> anchors;
    const auto examine = [&](int port, TimePoint now) {
        const IssuerContext context{now, "web1", ""};
        const auto reached = examineEndpoint("https://127.0.0.1:" + std::to_string(port) + "/CES",
            {service, anchors, {Duration(5), Duration(5)}, context, nullptr, nullptr});
        CHECK(reached.reached);
        return said(reached.lines, Verdict::Bad);
    };
    const auto now = SystemClock().now();
    CHECK(examine(server.port(), now).empty());
    const auto late = examine(server.port(), now + std::chrono::days(40'000));
    REQUIRE(late.size() >= 1);
    CHECK(late.front().starts_with("tls: TLSv1.3, CN=localhost"));
    const auto none = examine(plain, now);
    REQUIRE(none.size() == 1);
    CHECK(none.front().starts_with("tls: "));
}
