#include "controller/enrollment/api/test_certificate_api.h"

#include "shared/base/encoding.h"

namespace perennial::enrollment::server {

namespace {

constexpr std::int64_t usualLife = 86'400;                                // seconds
constexpr std::size_t requestLimit = 2 * x509::SigningRequest::sizeLimit; // base64

struct Asked {
    std::string templateName;
    std::string request; // PEM
    Duration life{};
};

Result<Asked> readBody(const std::string& text)
{
    const auto body = Json::parse(text);
    if (!body) return body.error();
    JsonReader in(*body, "body");
    Asked asked;
    asked.templateName = in.string("template");
    asked.request = in.string("request", requestLimit);
    asked.life = Duration(in.optionalInteger("valid_for_seconds", usualLife));
    if (asked.life <= Duration(0)) in.fail("valid_for_seconds", "must be above 0");
    if (auto status = in.finish(); !status) return status.error();
    return asked;
}

Error refused(const Refusal& refusal)
{
    return {ErrorKind::InvalidInput, toText(refusal.code).substr(0, 10) + ", " + refusal.reason};
}

} // namespace

Result<Json> TestCertificateApi::issue(const std::string& admin, const http::Call& call)
{
    const auto asked = readBody(call.body);
    if (!asked) return asked.error();
    const auto held = parts_.templates.current();
    const auto chosen = held->templates.find(asked->templateName);
    if (chosen == held->templates.end())
        return Error{
            ErrorKind::NotFound, "there is no template " + toPrintable(asked->templateName, 100)};
    const auto& t = chosen->second;
    if (!t.subjectSupplied)
        return Error{ErrorKind::InvalidInput,
            "the names of " + t.name + " are those of a caller: enrol as one to try it"};
    if (asked->life > t.validity)
        return Error{ErrorKind::InvalidInput,
            "valid_for_seconds: longer than the template's " + perennial::toText(t.validity)};
    const auto request = x509::SigningRequest::fromPem(asked->request);
    if (!request) return request.error().in("request");
    if (!request->isSelfSigned())
        return Error{ErrorKind::InvalidInput, "request: not signed with its own key"};
    const Caller caller{admin, {}, std::nullopt, {}};
    if (const auto refusal = refuseSid(caller, *request)) return refused(*refusal);
    if (const auto refusal = refuseContent(t, caller, *request)) return refused(*refusal);
    const auto now = parts_.clock.now();
    const auto issued =
        issueTestCertificate({t, *request, admin, call.remoteAddress, now, now + asked->life, now},
            parts_.authority, parts_.store);
    if (!issued) return issued.error();
    Json body;
    body["request_id"] = issued->requestId;
    body["serial"] = issued->certificate.serial();
    body["not_after"] = toRfc3339(issued->certificate.notAfter());
    body["pem"] = issued->certificate.toPem() + parts_.authority.certificate().toPem();
    return body;
}

} // namespace perennial::enrollment::server
