#include "controller/enrollment/api/revocation_api.h"

#include "controller/enrollment/api/answers.h"

namespace perennial::enrollment::server {

namespace {

const std::string certificatePrefix = "/v1/certificates/";
const std::string revokeSuffix = "/revoke";

Json toJson(const char* kind, const x509::RevocationList& list)
{
    Json item;
    item["kind"] = kind;
    item["number"] = list.number();
    if (const auto base = list.baseNumber()) item["base_number"] = *base;
    item["this_update"] = toRfc3339(list.thisUpdate());
    item["next_update"] = toRfc3339(list.nextUpdate());
    item["entries"] = static_cast<std::int64_t>(list.revoked().size());
    item["pem"] = list.toPem();
    return item;
}

http::Answer answerOf(const Result<Json>& result)
{
    return result ? jsonAnswer(200, *result) : failureAnswer(result.error());
}

// The path's middle part; empty when the path is another.
std::string serialIn(const std::string& path)
{
    if (path.rfind(certificatePrefix, 0) != 0 ||
        path.size() <= certificatePrefix.size() + revokeSuffix.size() ||
        path.compare(path.size() - revokeSuffix.size(), revokeSuffix.size(), revokeSuffix) != 0)
        return "";
    return path.substr(
        certificatePrefix.size(), path.size() - certificatePrefix.size() - revokeSuffix.size());
}

} // namespace

std::optional<http::Answer> RevocationApi::answer(const std::string& admin, const http::Call& call)
{
    if (call.path == "/v1/crl" && call.method == "GET") return jsonAnswer(200, lists());
    if (call.method != "POST") return std::nullopt;
    if (call.path == "/v1/crl/publish") return answerOf(publish(admin, call));
    if (!serialIn(call.path).empty()) return answerOf(revoke(admin, call));
    return std::nullopt;
}

Result<Json> RevocationApi::revoke(const std::string& admin, const http::Call& call)
{
    const auto body = Json::parse(call.body);
    if (!body) return body.error();
    JsonReader in(*body, "body");
    const auto word = in.string("reason");
    if (auto status = in.finish(); !status) return status.error();
    const auto reason = x509::reasonFromName(word);
    if (!reason)
        return Error{ErrorKind::InvalidInput,
            "reason: " + toPrintable(word, 64) + " is none of " + x509::reasonNames()};
    const auto done = desk_.revoke(serialIn(call.path), *reason, admin, clock_.now());
    if (!done) return done.error();
    Json item;
    item["serial"] = done->record.serial;
    item["reason"] = x509::nameOf(done->record.reason);
    item["revoked_at"] = toRfc3339(done->record.revokedAt);
    item["revoked_by"] = done->record.revokedBy;
    item["published"] = done->publication.empty();
    if (!done->publication.empty()) item["publication_failure"] = done->publication;
    return item;
}

Result<Json> RevocationApi::publish(const std::string& admin, const http::Call& call)
{
    const auto body = Json::parse(call.body.empty() ? "{}" : call.body);
    if (!body) return body.error();
    JsonReader in(*body, "body");
    const auto kind = in.optionalString("kind").value_or("base");
    if (auto status = in.finish(); !status) return status.error();
    if (kind != "base" && kind != "delta")
        return Error{ErrorKind::InvalidInput, "kind: base or delta"};
    const auto done = desk_.publish(kind == "base" ? Due::Base : Due::Delta, admin, clock_.now());
    if (!done) return done.error();
    return lists();
}

Json RevocationApi::lists() const
{
    const auto current = desk_.lists();
    Json body;
    body["items"] = Json(Json::Array{});
    if (current.base) body["items"].push(toJson("base", *current.base));
    if (current.delta) body["items"].push(toJson("delta", *current.delta));
    return body;
}

} // namespace perennial::enrollment::server
