#include "tests/unit/enrollment_server/renewal_bench.h"

using namespace perennial;
using namespace perennial::test;

TEST_CASE("a first request is held to rights, keys and names")
{
    const auto key = must(x509::PrivateKey::generate("ec-p256"));
    const auto weak = must(x509::PrivateKey::generate("rsa-2048"));
    const Caller ann{"ann", {}, {}};
    CHECK_FALSE(refuseNew(webServer(), ann, requestFor({}, key)));

    const Caller bob{"bob", {}, {}};
    CHECK(codeOf(refuseNew(webServer(), bob, requestFor({}, key))) == HResult::TemplateDenied);
    CHECK(codeOf(refuseNew(webServer(), ann, requestFor({}, weak))) == HResult::KeyLength);
    const Wanted nothing{"", {}, {}};
    CHECK(codeOf(refuseNew(webServer(), ann, requestFor(nothing, key))) ==
          HResult::BadRequestSubject);
    const Wanted stranger{
        "web1.example.test", {{x509::GeneralName::Type::Dns, "web.other.test"}}, {}};
    CHECK(codeOf(refuseNew(webServer(), ann, requestFor(stranger, key))) ==
          HResult::BadRequestSubject);
    const Wanted subject{"web.other.test", {}, {}};
    CHECK(codeOf(refuseNew(webServer(), ann, requestFor(subject, key))) ==
          HResult::BadRequestSubject);
    const Wanted account{"", {{x509::GeneralName::Type::Upn, "admin@example.test"}}, {}};
    CHECK(codeOf(refuseNew(webServer(), ann, requestFor(account, key))) ==
          HResult::BadRequestSubject);
    const Wanted sidAsUri{"",
        {{x509::GeneralName::Type::Uri, "tag:microsoft.com,2022-09-14:sid:S-1-5-21-1-2-3-500"}},
        {}};
    CHECK(codeOf(refuseNew(webServer(), ann, requestFor(sidAsUri, key))) ==
          HResult::BadRequestSubject);
    Wanted withSid;
    withSid.more = sid("S-1-5-21-1-2-3-500");
    CHECK(codeOf(refuseNew(webServer(), ann, requestFor(withSid, key))) == HResult::AccessDenied);
}

TEST_CASE("every place that names a template must name the same")
{
    const auto key = must(x509::PrivateKey::generate("ec-p256"));
    const auto request = requestFor({}, key);
    auto other = webServer();
    other.name = "Other";
    other.oid = "1.3.6.1.4.1.311.21.8.7";
    const Templates templates = {{"WebServer", webServer()}, {"Other", other}};
    CHECK(chooseTemplate(templates, request, {}).chosen->name == "WebServer");
    CHECK(codeOf(chooseTemplate(templates, request, {{"CertificateTemplate", "other"}}).refusal) ==
          HResult::TemplateConflict);
    CHECK(codeOf(chooseTemplate(templates, request, {{"CertificateTemplate", "Web\nSAN:upn=a"}})
                     .refusal) == HResult::UnsupportedCertificateType);
    CHECK(codeOf(chooseTemplate({{"Other", other}}, request, {}).refusal) ==
          HResult::UnsupportedCertificateType);
    x509::TemplateInformation byName;
    byName.name = "webserver";
    Wanted both;
    both.more = must(x509::templateInformationExtension(byName));
    const auto agreeing = requestFor(both, key);
    CHECK(chooseTemplate(templates, agreeing, {}).chosen->name == "WebServer");
    byName.name = "Other";
    both.more = must(x509::templateInformationExtension(byName));
    CHECK(codeOf(chooseTemplate(templates, requestFor(both, key), {}).refusal) ==
          HResult::TemplateConflict);
    CHECK(codeOf(chooseTemplate({{"WebServer", webServer()}}, requestFor(both, key), {}).refusal) ==
          HResult::UnsupportedCertificateType);
    auto older = webServer();
    older.majorVersion = 1;
    CHECK(codeOf(chooseTemplate({{"WebServer", older}}, request, {}).refusal) ==
          HResult::BadTemplateVersion);
    CHECK(chooseTemplate({{"WebServer", older}}, request, {}, Renewal().old).chosen != nullptr);
}
