#include "controller/enrollment/templates/template_reader.h"
#include "tests/unit/enrollment_server/template_samples.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::enrollment::server;
using perennial::test::replaced;
using perennial::test::templateText;

namespace {

CertificateTemplate read(const std::string& text)
{
    auto result = readTemplate(text, "web.yaml");
    REQUIRE_MESSAGE(result, (result ? "" : result.error().message));
    return *std::move(result);
}

std::string refusal(const std::string& text)
{
    const auto result = readTemplate(text, "web.yaml");
    return result ? "accepted" : result.error().message;
}

bool startsWith(const std::string& text, const std::string& with)
{
    CAPTURE(text);
    return text.rfind(with, 0) == 0;
}

} // namespace

TEST_CASE("the flag words of a template are those that MS-CRTD gives its settings")
{
    auto t = read(templateText());
    CHECK(t.subjectNameFlags() == 0x1);
    CHECK(t.enrollmentFlags() == 0);
    CHECK(t.privateKeyFlags() == 0x04040000);
    CHECK(t.generalFlags() == 0x40);

    // Sample A.1 of the protocol notes: 65632, 101056512, 9, 131648.
    t = read(templateText("key_based_renewal: true\nflags: [IS_MODIFIED]\n"
                          "compatibility: {server: 2016, client: \"2016\"}\n",
        "{enroll: {users: [ann]}, autoenroll: {users: [ann]}}"));
    CHECK(t.enrollmentFlags() == 65632);
    CHECK(t.privateKeyFlags() == 101056512);
    CHECK(t.subjectNameFlags() == 9);
    CHECK(t.generalFlags() == ((131648 & ~0x200) | 0x20)); // 0x200 is schema 1's

    t = read(
        templateText("manager_approval: true\nprevious_approval: true\nsecurity_extension: false\n"
                     "names_from_old_certificate: true\nmachine: false\n"
                     "flags: [EXPORTABLE_KEY, USER_INTERACTION_REQUIRED, SKIP_AUTO_RENEWAL]\n"));
    CHECK(t.enrollmentFlags() == (0x2 | 0x40 | 0x80000 | 0x100 | 0x40000));
    CHECK(t.privateKeyFlags() == 0x04040010);
    CHECK(t.subjectNameFlags() == 9);
    CHECK(t.generalFlags() == 0);

    t = read(replaced(templateText("subject: built\nbuilt_from: {common_name: dns, "
                                   "alternative_names: [dns, upn, email]}\n"),
        "names: [\"*.example.test\"]\n", ""));
    CHECK(t.subjectNameFlags() == (0x10000000U | 0x2000000U | 0x4000000U | 0x8000000U));
}

TEST_CASE("only a key that must be kept is told as REQUIRE_SAME_KEY_RENEWAL")
{
    const auto key = [](const std::string& word) {
        return replaced(templateText(), "[ec-p256, rsa]", "[rsa], same_for_renewal: " + word);
    };
    CHECK(read(key("true")).privateKeyFlags() == 0x04040080);
    CHECK(read(key("true")).key.inRenewals == KeyInRenewals::Same);
    CHECK(read(key("allowed")).privateKeyFlags() == 0x04040000);
    CHECK(read(key("allowed")).key.inRenewals == KeyInRenewals::Either);
    CHECK(read(key("false")).key.inRenewals == KeyInRenewals::New);
    CHECK(read(templateText()).key.inRenewals == KeyInRenewals::New);
    CHECK(startsWith(refusal(key("sometimes")), "web.yaml:6: key.same_for_renewal: "));
}

TEST_CASE("a schema 1 template is named by name and has no application policies")
{
    const auto t = read(replaced(templateText("schema: 1\n"), "[ec-p256, rsa]", "[rsa]"));
    CHECK(t.generalFlags() == 0x240);
    CHECK(t.privateKeyFlags() == 0);
    CHECK(t.key.spec == 1U);
    CHECK_FALSE(t.key.usageProperty);
    const auto extensions = extensionsOf(t);
    REQUIRE(extensions);
    REQUIRE(extensions->size() == 3);
    CHECK((*extensions)[0].oid == "1.3.6.1.4.1.311.20.2");
    CHECK((*extensions)[0].value == Bytes("\x1e\x06\0W\0e\0b", 8)); // BMPString
    CHECK(t.isNamedBy({"", "WEB", 0, 0}));
    CHECK_FALSE(t.isNamedBy({t.oid, "", 0, 0}));
    CHECK(startsWith(refusal(templateText("schema: 1\n")), "web.yaml:6: key.algorithms: "));
    CHECK(startsWith(refusal(replaced(templateText("schema: 1\nkey_based_renewal: true\n"),
                         "[ec-p256, rsa]", "[rsa]")),
        "web.yaml:12: key_based_renewal: needs schema 2"));
}

TEST_CASE("policies, extensions and flags of a template become extensions of its certificates")
{
    const auto t =
        read(templateText("application_policies: [clientAuthentication]\ncertificate_policies: "
                          "[1.3.6.1.4.1.99999.1]\n"
                          "extensions: [{oid: 1.3.6.1.5.5.7.1.24, value: 3003020105}]\n"
                          "flags: [INCLUDE_BASIC_CONSTRAINTS_FOR_EE_CERTS, ADD_OCSP_NOCHECK]\n"));
    const auto extensions = extensionsOf(t);
    REQUIRE(extensions);
    std::vector<std::string> oids;
    for (const auto& extension : *extensions)
        oids.push_back(extension.oid);
    CHECK(oids == std::vector<std::string>{"1.3.6.1.4.1.311.21.7", "2.5.29.37", "2.5.29.15",
                      "1.3.6.1.4.1.311.21.10", "2.5.29.32", "2.5.29.19", "1.3.6.1.5.5.7.48.1.5",
                      "1.3.6.1.5.5.7.1.24"});
    CHECK((*extensions)[3].value ==
          Bytes("\x30\x0c\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x02"));
    CHECK((*extensions)[5].critical);
    CHECK((*extensions)[7].value == Bytes("\x30\x03\x02\x01\x05"));
}

TEST_CASE("what is wrong in a template file is said with file, line and key")
{
    CHECK(startsWith(refusal(templateText("surprise: 1\n")), "web.yaml:11: surprise: unknown key"));
    CHECK(startsWith(refusal(replaced(templateText(), "renewal: 42d", "renewal: 91d")),
        "web.yaml:5: renewal: "));
    CHECK(startsWith(refusal(templateText("schema: 5\n")), "web.yaml:11: schema: "));
    CHECK(startsWith(refusal(replaced(templateText(), "name: Web", "name: \"Web\\nSAN:upn=a\"")),
        "web.yaml:1: name: "));
    CHECK(startsWith(refusal(templateText("flags: [NO_SUCH]\n")), "web.yaml:11: flags: NO_SUCH"));
    CHECK(startsWith(refusal(templateText("flags: [REQUIRE_PRIVATE_KEY_ARCHIVAL]\n")),
        "web.yaml:11: flags: REQUIRE_PRIVATE_KEY_ARCHIVAL needs key archival"));
    CHECK(startsWith(refusal(templateText("flags: [ISSUANCE_POLICIES_FROM_REQUEST]\n")),
        "web.yaml:11: flags: "));
    CHECK(startsWith(refusal(templateText("extensions: [{oid: 2.5.29.17, value: \"3000\"}]\n")),
        "web.yaml:11: extensions[0].oid: "));
    CHECK(startsWith(refusal(templateText("subject: built\n")), "web.yaml:7: names: "));
    CHECK(startsWith(refusal(templateText("ra_signatures: {count: 5, policies: [1.2.3]}\n")),
        "web.yaml:11: ra_signatures.count: must be 0 to 4"));
    CHECK(startsWith(refusal(templateText("ra_signatures: {count: 1}\n")),
        "web.yaml:11: ra_signatures.count: "));
    CHECK(startsWith(refusal(templateText("", "{enroll: {certificates: [\"sha256:12\"]}}")),
        "web.yaml:10: rights.enroll.certificates: "));
    CHECK(startsWith(
        refusal(templateText("accepted_risks: [ESC1]\n")), "web.yaml:11: accepted_risks: say why"));
    CHECK(startsWith(refusal(templateText("accepted_risks: [ESC18]\nrisk_reason: x\n")),
        "web.yaml:11: accepted_risks: "));
    CHECK(startsWith(
        refusal(templateText("key_based_renewal: true\ncompatibility: {client: 2008R2}\n")),
        "web.yaml:12: compatibility: "));
}

TEST_CASE("rights are held by users, groups and certificates")
{
    const auto t = read(templateText(
        "", "{enroll: {users: [ann], groups: [Web Admins]}, autoenroll: {groups: [Web Admins]}}"));
    CHECK(t.mayEnroll("ann", {}));
    CHECK(t.mayEnroll("bob", {"Web Admins"}));
    CHECK_FALSE(t.mayEnroll("bob", {"Others"}));
    CHECK_FALSE(t.mayEnroll("*", {}));
    CHECK_FALSE(t.mayAutoEnroll("ann", {}));
    CHECK(t.mayAutoEnroll("bob", {"Web Admins"}));
    CHECK_FALSE(t.enroll.anybody());
    EnrollmentRights broad;
    for (const char* everybody : {"EXAMPLE\\Domain Users", "S-1-5-21-1-2-3-513",
             "S-1-5-21-1-2-3-515", "S-1-5-32-545", "S-1-5-7", "s-1-5-11", "Domain Guests"}) {
        broad.groups = {everybody};
        CHECK_MESSAGE(broad.anybody(), everybody);
    }
    for (const char* few : {"S-1-5-21-1-2-3-512", "S-1-5-21-1-2-3-1513", "S-1-5-32-544"}) {
        broad.groups = {few};
        CHECK_FALSE_MESSAGE(broad.anybody(), few);
    }
}
