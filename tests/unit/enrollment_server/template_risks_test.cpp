#include "controller/enrollment/templates/template_reader.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/enrollment_server/template_samples.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::enrollment::server;
using perennial::test::replaced;
using perennial::test::templateText;
using Weight = TemplateFinding::Weight;

namespace {

// "ESC1 refused, ESC17 refused"
std::string risks(const std::string& text)
{
    const auto file = readTemplateFile(text, "web.yaml");
    REQUIRE_MESSAGE(file, (file ? "" : file.error().message));
    std::string all;
    for (const auto& finding : file->findings) {
        const auto* weight = finding.weight == Weight::Refused    ? " refused"
                             : finding.weight == Weight::Accepted ? " accepted"
                                                                  : " noted";
        all += (all.empty() ? "" : ", ") + finding.risk + weight;
    }
    return all;
}

const char* anybody = "{enroll: {users: [\"*\"]}}";
const char* ann = "{enroll: {users: [ann]}}";

} // namespace

TEST_CASE("a template for anybody with names of their own choice is refused")
{
    CHECK(risks(templateText("", anybody)) == "ESC1 refused, ESC17 refused");
    CHECK(risks(templateText("", anybody, "[serverAuthentication]")) == "ESC17 refused");
    CHECK(risks(templateText("", anybody, "[clientAuthentication]")) == "ESC1 refused");
    CHECK(risks(templateText("", anybody, "[emailProtection]")) == "ESC1 refused");
    CHECK(risks(templateText("", "{enroll: {groups: [Domain Computers]}}")) ==
          "ESC1 refused, ESC17 refused");
    // Windows takes application policies for usages.
    CHECK(risks(templateText("application_policies: [smartCardLogon]\n", anybody,
              "[emailProtection]")) == "ESC1 refused");
}

TEST_CASE("approval, a signature or rights of a few let supplied names through, and are noted")
{
    CHECK(risks(templateText("key_based_renewal: true\n")) == "ESC1 noted");
    CHECK(risks(templateText("key_based_renewal: true\nmanager_approval: true\n", anybody)) ==
          "ESC1 noted");
    CHECK(risks(templateText(
              "ra_signatures: {count: 1, extended_key_usages: [1.3.6.1.4.1.99999.5]}\n",
              anybody)) == "ESC1 noted");
    CHECK(risks(templateText("", ann, "[serverAuthentication]")).empty());
    CHECK(
        risks(replaced(templateText("subject: built\nbuilt_from: {common_name: caller}\n", anybody),
                  "names: [\"*.example.test\"]\n", ""))
            .empty());
}

TEST_CASE("what certifies everything, or acts for everybody, is refused")
{
    CHECK(risks(templateText("", ann, "[anyExtendedKeyUsage]")) == "ESC1 noted, ESC2 refused");
    CHECK(risks(templateText("", ann, "[]")) == "ESC1 noted, ESC2 refused");
    CHECK(risks(templateText("", ann, "[certificateRequestAgent]")) == "ESC1 noted, ESC3 refused");
    CHECK(risks(templateText("application_policies: [certificateRequestAgent]\n", ann,
              "[serverAuthentication]")) == "ESC3 refused");
}

TEST_CASE("weaker risks are noted")
{
    CHECK(risks(templateText("security_extension: false\n")) == "ESC1 noted, ESC9 noted");
    CHECK(risks(templateText("certificate_policies: [1.3.6.1.4.1.99999.1]\n")) ==
          "ESC1 noted, ESC13 noted");
    CHECK(risks(replaced(templateText("schema: 1\n"), "[ec-p256, rsa]", "[rsa]")) ==
          "ESC1 noted, ESC15 noted");
}

TEST_CASE("a deadly risk is accepted by its name only, and with a reason")
{
    const std::string one = "accepted_risks: [ESC1]\nrisk_reason: lab\n";
    const std::string both = "accepted_risks: [ESC1, ESC17]\nrisk_reason: lab\n";
    CHECK(risks(templateText(one, anybody)) == "ESC1 accepted, ESC17 refused");
    CHECK(risks(templateText(both, anybody)) == "ESC1 accepted, ESC17 accepted");
    CHECK(readTemplate(templateText(both, anybody), "web.yaml"));
    const auto refused = readTemplate(templateText(one, anybody), "web.yaml");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.rfind("web.yaml:10: rights: anybody may be certified", 0) == 0);
    CHECK(risks(templateText("accepted_risks: [ESC3]\nrisk_reason: lab\n")) ==
          "ESC1 noted, ESC3 noted"); // needless
}

TEST_CASE("a folder is refused whole, with every reason")
{
    const test::TemporaryFolder folder;
    (void)folder.write("a.yaml", templateText());
    REQUIRE(readTemplates(folder.path()));
    (void)folder.write("b.yaml", templateText("", anybody));
    (void)folder.write("c.yaml", replaced(templateText(), "name: Web", "name: WEB"));
    (void)folder.write("d.yaml", "name: D\n");
    const auto read = readTemplates(folder.path());
    REQUIRE_FALSE(read);
    const auto& message = read.error().message;
    CAPTURE(message);
    CHECK(message.find("b.yaml:10: rights: ") != std::string::npos);
    CHECK(message.find("(ESC17)") != std::string::npos);
    CHECK(message.find("c.yaml: oid: ") != std::string::npos);
    CHECK(message.find("d.yaml:1: oid: missing") != std::string::npos);
}

TEST_CASE("templates that everybody may write are refused")
{
    const test::TemporaryFolder folder;
    (void)folder.write("a.yaml", templateText(), 0646);
    const auto read = readTemplates(folder.path());
    REQUIRE_FALSE(read);
    CHECK(read.error().message.find("(ESC4)") != std::string::npos);
}

TEST_CASE("a link to a template is refused, wherever it leads")
{
    const test::TemporaryFolder folder;
    std::filesystem::create_directories(folder / "far");
    std::filesystem::create_directories(folder / "held");
    (void)folder.write("far/a.yaml", templateText());
    CHECK(readTemplates(folder / "held"));
    std::filesystem::create_symlink(folder / "far/a.yaml", folder / "held/a.yaml");
    const auto read = readTemplates(folder / "held");
    REQUIRE_FALSE(read);
    CHECK(read.error().message.find("is a symbolic link, which is refused") != std::string::npos);
}

TEST_CASE("templates that supersede each other in a circle are refused")
{
    const test::TemporaryFolder folder;
    (void)folder.write("a.yaml", templateText("supersedes: [New]\n"));
    const auto other =
        replaced(replaced(templateText("supersedes: [Web]\n"), "name: Web", "name: New"),
            "21.8.1.2.3", "21.8.1.2.4");
    (void)folder.write("b.yaml", other);
    const auto read = readTemplates(folder.path());
    REQUIRE_FALSE(read);
    CHECK(read.error().message.find("supersedes itself") != std::string::npos);
    (void)folder.write("a.yaml", templateText());
    CHECK(readTemplates(folder.path()));
}
