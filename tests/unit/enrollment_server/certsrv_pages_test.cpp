#include "controller/enrollment/web/page.h"
#include "controller/enrollment/web/pages.h"
#include "controller/enrollment/web/same_origin.h"
#include "controller/enrollment/web/web_settings.h"

#include <doctest/doctest.h>
#include <regex>

using namespace perennial;
using namespace perennial::enrollment;
using namespace perennial::enrollment::server;
using namespace perennial::enrollment::server::web;

namespace {

const std::string hostile = "<script>x</script>\"'&\t\r\n\xE2\x80\xAE";
const TimePoint now{Duration(1'800'000'000)};

std::string found(const std::string& text, const char* expression)
{
    std::smatch match;
    const bool any = std::regex_search(text, match, std::regex(expression));
    return any ? match[1].str() : "";
}

bool isHarmless(const std::string& html)
{
    return html.find("<script") == std::string::npos && html.find("x</") == std::string::npos &&
           html.find("\xE2\x80\xAE") == std::string::npos;
}

http::Call postWith(const std::map<std::string, std::string>& headers)
{
    http::Call call;
    call.method = "POST";
    call.headers = headers;
    call.headers.emplace("host", "PKI.example.test:8443");
    return call;
}

} // namespace

TEST_CASE("foreign text on a page is escaped and printable")
{
    CHECK(Html().text("a<b>&\"'").toString() == "a&lt;b&gt;&amp;&quot;&#39;");
    const auto text = Html().text(hostile).toString();
    CHECK(text.find_first_of("<>\"'\t\r\n") == std::string::npos);
    CHECK(isHarmless(text));
}

TEST_CASE("every page with foreign text in each of its places is harmless")
{
    CertificateTemplate strange;
    strange.name = strange.displayName = strange.oid = hostile;
    strange.keyAlgorithms = {hostile};
    const Offered offered{&strange};
    RequestRecord request;
    request.subject = request.names = request.templateName = hostile;
    CertificateRecord certificate;
    certificate.subject = certificate.templateName = certificate.serial = hostile;
    const Disposition disposition{
        Disposition::State::Denied, hostile, hostile, HResult::TemplateDenied, {}};
    for (const auto& html :
        {submissionPage(offered), requestFormPage(offered), recipePage(strange, {hostile}),
            pendingPage({request}), certificatesPage({certificate}, now),
            authorityPage({hostile, now, hostile, 0, true, true}), issuedPage(disposition),
            pendingResultPage(disposition), deniedPage(disposition), statusPage(disposition),
            messagePage(hostile)}) {
        CHECK(isHarmless(html.toString()));
        CHECK(html.toString().find("&lt;script&gt;") != std::string::npos);
    }
    const auto answer = pageAnswer(200, {hostile, hostile}, "Title", Html());
    CHECK(isHarmless(answer.body));
}

TEST_CASE("results carry what programs look for, and nothing of another result")
{
    const Disposition issued{Disposition::State::Issued, "17", "Issued", HResult::Failed, {}};
    CHECK(found(issuedPage(issued).toString(), R"(certnew.cer\?ReqID=(\d+)&)") == "17");

    const Disposition pending{
        Disposition::State::Pending, "18", "Taken Under Submission", HResult::Failed, {}};
    CHECK(found(pendingResultPage(pending).toString(), R"(Your Request Id is (\d+).)") == "18");
    CHECK(pendingResultPage(pending).toString().find("certnew.cer") == std::string::npos);

    const Disposition denied{Disposition::State::Denied, "19",
        "Denied by Policy Module  0x80094800, not supported", HResult::UnsupportedCertificateType,
        {}};
    const auto page = deniedPage(denied).toString();
    CHECK(found(page, R"re(The disposition message is "([^"]+))re") == denied.message);
    CHECK(found(page, R"(Denied by Policy Module  (0x[0-9a-fA-F]+),)") == "0x80094800");
    CHECK(found(page, R"(Error Number: (0x[0-9a-fA-F]+))") == "0x80094800");
    CHECK(page.find("template that is not supported") != std::string::npos);
    CHECK(page.find("certnew.cer") == std::string::npos);
}

TEST_CASE("the status page has two tabs before each value, and none elsewhere")
{
    const Disposition pending{
        Disposition::State::Pending, "18", "Taken Under Submission", HResult::Failed, {}};
    const auto text = statusPage(pending).toString();
    CHECK(found(text, "Disposition message:[^\t]+\t\t([^\r\n]+)") == "Taken Under Submission");
    CHECK(found(text, "LastStatus:[^\t]+\t\t([^\r\n]+)") ==
          "The operation completed successfully. 0x0 (WIN32: 0)");
    CHECK(text.find("Denied by") == std::string::npos);

    const Disposition denied{Disposition::State::Denied, "18", "Denied by x\ty" + hostile,
        HResult::AdminDeniedRequest, {}};
    const auto refused = statusPage(denied).toString();
    CHECK(found(refused, "Disposition message:[^\t]+\t\t([^\r\n]+)").find("Denied by x") == 0);
    CHECK(found(refused, "(0x[0-9a-fA-F]+) \\([-]?[0-9]+ ") == "0x80094014");
    CHECK(refused.find("0x80094014 (-2146877420 CERTSRV_E_ADMIN_DENIED_REQUEST)") !=
          std::string::npos);
    CHECK(refused.find("Taken Under Submission") == std::string::npos);
    const Disposition unknown{
        Disposition::State::Failed, "4", "There is no such request.", HResult::PropertyEmpty, {}};
    CHECK(statusPage(unknown).toString().find("The requested property value is empty") !=
          std::string::npos);
}

TEST_CASE("certcarc says how often the authority was renewed")
{
    const auto text = authorityPage({"CA", now, "00", 3, true, false}).toString();
    CHECK(found(text, R"(var nRenewals=(\d+);)") == "3");
    CHECK(text.find("Type=base&amp;Renewal=3") != std::string::npos);
    CHECK(text.find("Type=delta") == std::string::npos);
}

TEST_CASE("a post counts when it comes from here or says nothing of where it comes from")
{
    const std::string own = "https://pki.example.test:8443";
    CHECK(isOwnPost(postWith({})));
    CHECK(isOwnPost(postWith({{"origin", own}, {"sec-fetch-site", "same-origin"}})));
    CHECK(isOwnPost(postWith({{"sec-fetch-site", "none"}})));
    CHECK(isOwnPost(postWith({{"referer", own + "/certsrv/certrqxt.asp"}})));
    CHECK(isOwnPost(
        postWith({{"host", "pki.example.test:443"}, {"origin", "https://pki.example.test"}})));
    for (const auto* site : {"cross-site", "same-site", "", "Same-Origin, cross-site"})
        CHECK_FALSE(isOwnPost(postWith({{"sec-fetch-site", site}, {"origin", own}})));
    for (const auto& origin : {std::string("null"), std::string(), "http" + own.substr(5),
             own + "0", own + ".evil.example", std::string("https://evil.example")}) {
        CHECK_FALSE(isOwnPost(postWith({{"origin", origin}})));
        CHECK_FALSE(isOwnPost(postWith({{"referer", origin + "/"}})));
    }
    http::Call hostless;
    hostless.headers = {{"origin", "https://"}};
    CHECK_FALSE(isOwnPost(hostless));
}

TEST_CASE("/certsrv in any letter case, and nothing that only begins like it")
{
    for (const auto* path : {"/certsrv", "/CertSrv/", "/CERTSRV/certnew.cer"})
        CHECK(isWebEnrollmentPath(path));
    for (const auto* path : {"/certsrvx", "/", "/x/certsrv", "/cert"})
        CHECK_FALSE(isWebEnrollmentPath(path));
}

TEST_CASE("web_enrollment is off without its section, and names its ways to sign in")
{
    const auto read = [](const std::string& text) -> Result<std::optional<WebEnrollmentSettings>> {
        const auto parsed = yaml::parse(text, "e.yaml");
        REQUIRE(parsed);
        yaml::Reader in(*parsed, "e.yaml");
        auto settings = readWebEnrollment(in);
        if (auto status = in.finish(); !status) return status.error();
        return settings;
    };
    REQUIRE(read("{}"));
    CHECK_FALSE(read("{}")->has_value());
    const auto all = read("web_enrollment: {authentication: [kerberos, username-password, "
                          "certificate], channel_binding: optional}");
    REQUIRE(all);
    CHECK((*all)->password);
    CHECK((*all)->certificate);
    CHECK_FALSE((*all)->kerberos->channelBindingRequired);
    const auto one = read("web_enrollment: {authentication: [kerberos]}");
    REQUIRE(one);
    CHECK((*one)->kerberos->channelBindingRequired);
    CHECK_FALSE((*one)->password);
    for (const auto* wrong : {"authentication: []", "authentication: [ntlm]",
             "authentication: [certificate], channel_binding: optional",
             "authentication: [certificate], other: 1", "channel_binding: required"})
        CHECK_FALSE(read("web_enrollment: {" + std::string(wrong) + "}"));
}
