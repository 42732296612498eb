#include "controller/enrollment/web/basic_credentials.h"
#include "controller/enrollment/web/parameters.h"
#include "controller/enrollment/web/submission.h"

#include <doctest/doctest.h>
#include <fstream>
#include <iterator>

using namespace perennial;
using namespace perennial::enrollment::server::web;

namespace {

constexpr const char* urlEncoded = "application/x-www-form-urlencoded";
constexpr const char* multipart = "multipart/form-data; boundary=xyz";

bool isRefused(const char* type, const std::string& body)
{
    const auto form = readForm(type, body);
    return !form && form.error().kind == ErrorKind::InvalidInput;
}

Parameters formOf(const std::vector<std::pair<std::string, std::string>>& fields)
{
    Parameters form;
    for (const auto& [name, value] : fields)
        REQUIRE(form.add(name, value));
    return form;
}

std::string requestDer() // made by another tool
{
    std::ifstream in(PERENNIAL_SOURCE_DIR "/tests/fuzz/seeds/signing_request/p10_v2_template.der",
        std::ios::binary);
    std::string der((std::istreambuf_iterator<char>(in)), {});
    REQUIRE_FALSE(der.empty());
    return der;
}

std::string pem(const std::string& label, const std::string& der)
{
    return "-----BEGIN " + label + "-----\n" + toBase64(der) + "\n-----END " + label + "-----\n";
}

} // namespace

TEST_CASE("urlencoded forms: names in any letter case, values with lines, plus is a space")
{
    const auto form = readForm(
        "Application/X-WWW-Form-UrlEncoded; charset=UTF-8", "MODE=newreq&a=1%2B1+%C3%A9%0D%0A&&b");
    REQUIRE(form);
    CHECK(form->value("mode") == "newreq");
    CHECK(form->value("a") == "1+1 \xC3\xA9\r\n");
    CHECK(form->has("b"));
    CHECK_FALSE(form->has("MODE"));
    CHECK(form->value("nothing").empty());
}

TEST_CASE("urlencoded forms that are malformed, ambiguous or too large are refused")
{
    CHECK(isRefused(urlEncoded, "a=%"));
    CHECK(isRefused(urlEncoded, "a=%4"));
    CHECK(isRefused(urlEncoded, "a=%zz"));
    CHECK(isRefused(urlEncoded, "a=%00"));
    CHECK(isRefused(urlEncoded, "a=%FF"));
    CHECK(isRefused(urlEncoded, "=x"));
    CHECK(isRefused(urlEncoded, "a=1&A=1"));
    CHECK(isRefused(urlEncoded, std::string(65, 'n') + "=1"));
    CHECK(isRefused(urlEncoded, "a=" + std::string(formLimit, 'x')));
    std::string many;
    for (int i = 0; i < 65; ++i)
        many += "n" + std::to_string(i) + "=1&";
    CHECK(isRefused(urlEncoded, many));
    CHECK(isRefused("text/plain", "a=1"));
    CHECK(isRefused("", "a=1"));
    CHECK(isRefused("multipart/mixed; boundary=xyz", "--xyz--"));
}

TEST_CASE("multipart forms: fields and files, empty files left out")
{
    const std::string file("\x30\x82\0\r\n--xy", 9);
    const auto form = readForm("multipart/form-data; charset=utf-8; boundary=\"xyz\"",
        "--xyz\r\nContent-Disposition: form-data; name=\"Mode\"\r\n\r\nnewreq\r\n"
        "--xyz\r\ncontent-disposition: FORM-DATA; name=\"CertFile\"; "
        "filename=\"C:\\a;b.csr\"\r\nContent-Type: application/octet-stream\r\n\r\n" +
            file +
            "\r\n--xyz\r\nContent-Disposition: form-data; name=other; filename=\"\"\r\n\r\n\r\n"
            "--xyz--\r\n");
    REQUIRE(form);
    CHECK(form->value("mode") == "newreq");
    CHECK(form->value("certfile") == file);
    CHECK_FALSE(form->has("other"));
}

TEST_CASE("malformed multipart forms are refused")
{
    const std::string part = "--xyz\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n";
    REQUIRE(readForm(multipart, part + "--xyz--"));
    CHECK(isRefused("multipart/form-data", part + "--xyz--"));
    CHECK(isRefused("multipart/form-data; boundary=", part + "--xyz--"));
    CHECK(isRefused("multipart/form-data; boundary=\"xyz", part + "--xyz--"));
    CHECK(isRefused(multipart, ""));
    CHECK(isRefused(multipart, part));
    CHECK(isRefused(multipart, part + "--xyz"));
    CHECK(isRefused(multipart, "text before\r\n" + part + "--xyz--"));
    CHECK(isRefused(multipart, part + "--xyz--\r\nmore"));
    CHECK(isRefused(multipart, part + part + "--xyz--"));
    CHECK(isRefused(multipart, "--xyz\r\nContent-Disposition: form-data\r\n\r\n1\r\n--xyz--"));
    CHECK(isRefused(multipart, "--xyz\r\nContent-Type: text/plain\r\n\r\n1\r\n--xyz--"));
    CHECK(isRefused(
        multipart, "--xyz\r\nContent-Disposition: form-data; name=a; name=b\r\n\r\n1\r\n--xyz--"));
    CHECK(isRefused(
        multipart, "--xyz\r\nContent-Disposition: attachment; name=a\r\n\r\n1\r\n--xyz--"));
    CHECK(isRefused(multipart, "--xyz\r\nContent-Disposition: form-data; name=a\r\n"
                               "Content-Transfer-Encoding: base64\r\n\r\n1\r\n--xyz--"));
    CHECK(isRefused(multipart, "--xyz\r\nno colon\r\n\r\n1\r\n--xyz--"));
    CHECK(isRefused(multipart, "--xyz\r\nContent-Disposition: form-data; name=a\r\nX: " +
                                   std::string(3000, 'x') + "\r\n\r\n1\r\n--xyz--"));
}

TEST_CASE(
    "a request is pasted as PEM of either label or as base64, or comes as a file of PEM or DER")
{
    const auto der = requestDer();
    for (const auto& text : {pem("CERTIFICATE REQUEST", der), pem("NEW CERTIFICATE REQUEST", der),
             "comment\r\n" + pem("PKCS7", der), toBase64(der), " " + toBase64(der) + "\r\n"}) {
        for (const auto* field : {"CertRequest", "CertFile"}) {
            const auto submission = readSubmission(formOf({{field, text}}));
            REQUIRE(submission);
            CHECK(submission->request == der);
            CHECK(submission->additionalContext.empty());
        }
    }
    const auto file = readSubmission(formOf({{"CertRequest", "\r\n"}, {"CertFile", der}}));
    REQUIRE(file);
    CHECK(file->request == der);
}

TEST_CASE("what is no single request is refused; a private key unread")
{
    const auto der = requestDer();
    const auto request = pem("CERTIFICATE REQUEST", der);
    for (const auto& text : {std::string(), std::string("  \r\n"), std::string("%%%"),
             std::string("-----BEGIN CERTIFICATE REQUEST-----"), request + request,
             request + pem("PKCS7", der), pem("CERTIFICATE", der), toBase64(der) + "=",
             pem("CERTIFICATE REQUEST", std::string(300U << 10U, 'x'))})
        CHECK_FALSE(readSubmission(formOf({{"CertRequest", text}})));
    CHECK_FALSE(readSubmission(formOf({{"CertRequest", request}, {"CertFile", der}})));
    for (const auto* label : {"PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY"}) {
        const auto both = readSubmission(formOf({{"CertRequest", request + pem(label, "secret")}}));
        REQUIRE_FALSE(both);
        CHECK(both.error().message.find("private key") != std::string::npos);
        CHECK(both.error().message.find(toBase64("secret")) == std::string::npos);
    }
}

TEST_CASE("request attributes: lines of CertAttrib, and the template's own fields")
{
    const auto text = toBase64(requestDer());
    const auto submission = readSubmission(formOf({{"CertRequest", text},
        {"CertAttrib", "CertificateTemplate:Web Server\r\n\n SAN : dns=a&dns=b:c \n"},
        {"CertificateTemplate", "WebServer"}, {"lbCertTemplate", "E;Other;1.2.3;x"}}));
    REQUIRE(submission);
    const std::vector<perennial::enrollment::wstep::ContextItem> expected = {
        {"CertificateTemplate", "Web Server"}, {"SAN", "dns=a&dns=b:c"},
        {"CertificateTemplate", "WebServer"}, {"CertificateTemplate", "Other"}};
    CHECK(submission->additionalContext == expected);
    for (const auto* option : {"N;;", "", "WebServer"}) {
        const auto none =
            readSubmission(formOf({{"CertRequest", text}, {"lbCertTemplate", option}}));
        REQUIRE(none);
        CHECK(none->additionalContext.empty());
    }
    CHECK_FALSE(readSubmission(formOf({{"CertRequest", text}, {"CertAttrib", "no colon"}})));
    CHECK_FALSE(readSubmission(formOf({{"CertRequest", text}, {"CertAttrib", ":value"}})));
    std::string many;
    for (int i = 0; i < 33; ++i)
        many += "a:b\n";
    CHECK_FALSE(readSubmission(formOf({{"CertRequest", text}, {"CertAttrib", many}})));
    for (const char* field : {"CertificateTemplate", "lbCertTemplate"}) { // found by the fuzzer
        for (const char* value : {"E;Web\nSAN:dns=a;", "E;Web\rSAN:dns=a;", "E;Web\x01;"})
            CHECK_FALSE(readSubmission(formOf({{"CertRequest", text}, {field, value}})));
    }
}

TEST_CASE("Basic credentials: UTF-8, a colon in the password, nothing malformed")
{
    const auto sent = readBasicCredentials("basic " + toBase64("j\xC3\xBCrgen:a:b"));
    REQUIRE(sent);
    CHECK(sent->name == "j\xC3\xBCrgen");
    CHECK(sent->password.reveal() == "a:b");
    for (const auto& value : {std::string("Basic"), std::string("Basic "), std::string("Basic !!"),
             "Basic " + toBase64("nocolon"), "Basic " + toBase64("a\xFF:b"),
             "Basic " + toBase64(std::string("a\0:b", 4)), "Negotiate " + toBase64("a:b"),
             "Basic " + toBase64(std::string(4096, 'x') + ":b")})
        CHECK_FALSE(readBasicCredentials(value));
}
