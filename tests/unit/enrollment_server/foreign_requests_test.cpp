// First requests as openssl makes them: what they may ask for.

#include "controller/enrollment/rules/request_rules.h"

#include "tests/support/child_process.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_pki.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::test;
using namespace perennial::enrollment;
using namespace perennial::enrollment::server;

namespace {

CertificateTemplate webServer()
{
    CertificateTemplate t;
    t.name = "WebServer";
    t.keyAlgorithms = {"ec-p256"};
    t.namePatterns = {"*.example.test"};
    t.enroll.users = {"ann"};
    return t;
}

x509::SigningRequest requestOf(const std::string& subject, const std::vector<std::string>& more)
{
    const TemporaryFolder folder;
    std::vector<std::string> command = {"/usr/bin/openssl", "req", "-new", "-newkey", "ec",
        "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", folder / "key", "-subj",
        subject, "-out", folder / "request"};
    for (const auto& extension : more)
        command.insert(command.end(), {"-addext", extension});
    mustRun(command);
    auto request = x509::SigningRequest::fromPem(readText(folder / "request"));
    REQUIRE(request);
    return *std::move(request);
}

std::optional<Refusal> judged(const std::string& subject, const std::vector<std::string>& more = {})
{
    return refuseNew(webServer(), {"ann", {}, {}}, requestOf(subject, more));
}

} // namespace

TEST_CASE("a subject is one common name that the template allows, and nothing beside it")
{
    CHECK_FALSE(judged("/CN=web1.example.test"));
    for (const char* subject : {
             "/CN=web1.example.org",
             "/O=Bank/CN=web1.example.test",
             "/CN=web1.example.test/CN=bank",
             "/CN=bank/CN=web1.example.test",
             // one RDN of two parts, in either order of their DER
             "/CN=bank+CN=web1.example.test",
             "/CN=Administrator of everything+CN=web1.example.test",
             "/CN=Administrator of everything+OU=web1.example.test",
             "/O=Administrator of everything+CN=web1.example.test",
         }) {
        CAPTURE(subject);
        const auto refusal = judged(subject);
        REQUIRE(refusal);
        CHECK(refusal->code == HResult::BadRequestSubject);
    }
}

TEST_CASE("a request may ask for the SID of the caller's account and no other")
{
    // OCTET STRING "S-1-5-21-1-2-3-1104" as otherName 1.3.6.1.4.1.311.25.2.1 (KB5014754).
    const auto request = requestOf("/CN=web1.example.test",
        {"1.3.6.1.4.1.311.25.2=DER:3025a023060a2b060104018237190201a0150413"
         "532d312d352d32312d312d322d332d31313034"});
    Caller ann{"ann", {}, {}};
    for (const char* sid : {"", "S-1-5-21-1-2-3-500", "S-1-5-21-1-2-3-11040"}) {
        CAPTURE(sid);
        ann.account.sid = sid;
        const auto refusal = refuseNew(webServer(), ann, request);
        REQUIRE(refusal);
        CHECK(refusal->code == HResult::AccessDenied);
    }
    ann.account.sid = "S-1-5-21-1-2-3-1104";
    CHECK_FALSE(refuseNew(webServer(), ann, request));
    // An operator who approves it days later knows the name alone.
    CHECK_FALSE(refuseContent(webServer(), {"ann", {}, {}}, request));
}

TEST_CASE("a request's template version is newer by its major or its minor number, each for itself")
{
    auto chosen = webServer();
    chosen.oid = "1.2.3";
    chosen.majorVersion = 100;
    chosen.minorVersion = 4;
    const std::vector<std::pair<const char*, bool>> versions = {
        {"020164020104", true},  // 100.4
        {"020163020104", true},  // 99.4
        {"020164020105", false}, // 100.5
        {"020163020105", false}, // 99.5 (MS-WCCE 3.2.2.6.2.1.4.2)
        {"020165020100", false}, // 101.0
    };
    for (const auto& [version, taken] : versions) {
        CAPTURE(version);
        const auto request = requestOf("/CN=web1.example.test",
            {std::string("1.3.6.1.4.1.311.21.7=DER:300a06022a03") + version});
        const auto choice = chooseTemplate({{"WebServer", chosen}}, request, {});
        CHECK((choice.chosen != nullptr) == taken);
        if (!taken) CHECK(choice.refusal->code == HResult::BadTemplateVersion);
    }
}
