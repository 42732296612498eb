#include "controller/enrollment/api/admin_api.h"

#include "controller/enrollment/api/answers.h"
#include "controller/enrollment/api/template_list.h"
#include "shared/x509/digest.h"

#include <charconv>

namespace perennial::enrollment::server {

namespace {

Json toJson(const RequestRecord& r)
{
    Json item;
    item["request_id"] = r.id;
    item["state"] = r.state;
    item["kind"] = r.kind;
    item["requester"] = r.requester;
    item["template"] = r.templateName;
    item["subject"] = r.subject;
    item["names"] = r.names;
    item["received_at"] = toRfc3339(r.receivedAt);
    item["decided_at"] = r.state == "pending" ? Json() : Json(toRfc3339(r.decidedAt));
    item["decided_by"] = r.decidedBy;
    item["serial"] = r.serial;
    item["message"] = r.message;
    return item;
}

Json toJson(const CertificateRecord& c)
{
    Json item;
    item["serial"] = c.serial;
    item["request_id"] = c.requestId;
    item["subject"] = c.subject;
    item["template"] = c.templateName;
    item["not_before"] = toRfc3339(c.notBefore);
    item["not_after"] = toRfc3339(c.notAfter);
    item["fingerprint"] = c.fingerprint;
    item["revoked"] = c.revoked;
    item["test"] = c.isTest;
    return item;
}

Json toJson(const EventRecord& e)
{
    Json item;
    item["id"] = e.id;
    item["time"] = toRfc3339(e.time);
    item["kind"] = e.kind;
    item["details"] = e.details;
    item["digest"] = e.digest;
    return item;
}

template <class Records>
http::Answer listOf(const Result<Records>& records)
{
    if (!records) return failureAnswer(records.error());
    Json body;
    body["items"] = Json(Json::Array{});
    for (const auto& record : *records)
        body["items"].push(toJson(record));
    return jsonAnswer(200, body);
}

http::Answer eventsAnswer(const Result<EventPage>& page)
{
    if (!page) return failureAnswer(page.error());
    Json body;
    body["items"] = Json(Json::Array{});
    for (const auto& event : page->items)
        body["items"].push(toJson(event));
    body["database"] = page->database;
    body["newest"] = page->newest;
    body["after_digest"] = page->afterDigest.empty() ? Json() : Json(page->afterDigest);
    return jsonAnswer(200, body);
}

http::Answer relayed(const std::string& what)
{
    return failureAnswer(409, ErrorKind::Conflict,
        "this service relays requests: " + what + " at the machine that has the authority");
}

Result<std::int64_t> number(const http::Call& call, const std::string& name, std::int64_t otherwise)
{
    const auto found = call.query.find(name);
    if (found == call.query.end()) return otherwise;
    std::int64_t value = 0;
    const auto& text = found->second;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
    if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || value < 0)
        return Error{ErrorKind::InvalidInput, name + " is not a number"};
    return value;
}

} // namespace

AdminApi::AdminApi(const Parts& parts)
    : parts_(parts), users_(parts.users, parts.store, parts.clock)
{
    if (parts.authority != nullptr)
        tests_.emplace(
            TestCertificateApi::Parts{parts.templates, *parts.authority, parts.store, parts.clock});
}

http::Answer AdminApi::answer(const http::Call& call)
{
    const auto* route = findAdminRoute(call.method, call.path);
    const auto access = route == nullptr ? http::Access::Operators : route->access;
    if (access == http::Access::Everybody) {
        Json body;
        body["status"] = "ok";
        return jsonAnswer(200, body);
    }
    const auto header = call.headers.find("authorization");
    const std::string prefix = "Bearer ";
    if (header == call.headers.end() || header->second.rfind(prefix, 0) != 0)
        return failureAnswer(
            401, ErrorKind::PermissionDenied, "send Authorization: Bearer <token>");
    // Only the hash is kept, and the look-up is by hash: nothing to compare byte by byte.
    const auto admin =
        parts_.store.findAdmin(x509::sha256Hex(header->second.substr(prefix.size())));
    if (!admin) return failureAnswer(admin.error());
    if (!*admin) {
        parts_.log.warning(call.remoteAddress + ": unknown admin token");
        return failureAnswer(401, ErrorKind::PermissionDenied, "the token is unknown");
    }
    auto answer = http::mayCall((*admin)->role, access) ? answerAs((*admin)->name, call)
                                                        : refuse(**admin, access, call);
    answer.caller = (*admin)->name;
    return answer;
}

http::Answer AdminApi::refuse(
    const EnrollmentStore::Admin& admin, http::Access access, const http::Call& call)
{
    parts_.log.warning(call.remoteAddress + ": " + admin.name + " has the role " + admin.role +
                       " and was refused " + toPrintable(call.method + " " + call.path, 100));
    return failureAnswer(403, ErrorKind::PermissionDenied,
        "the role " + admin.role + " may not do this: it needs a token of the role " +
            http::rolesFor(access));
}

http::Answer AdminApi::answerAs(const std::string& admin, const http::Call& call)
{
    if (parts_.revocation != nullptr) {
        if (auto answered = parts_.revocation->answer(admin, call)) return *std::move(answered);
    }
    if (auto answered = users_.answer(admin, call)) return *std::move(answered);
    if (call.method == "POST" && call.path == "/v1/issue-test") {
        if (!tests_) return relayed("issue");
        const auto issued = tests_->issue(admin, call);
        return issued ? jsonAnswer(200, *issued) : failureAnswer(issued.error());
    }
    if (call.method == "POST") return decide(admin, call);
    if (call.method != "GET") return failureAnswer(405, ErrorKind::InvalidInput, "use GET or POST");
    return list(call);
}

http::Answer AdminApi::list(const http::Call& call)
{
    if (call.path == "/metrics") {
        const auto text = parts_.metrics.text();
        return text ? http::Answer{200, "text/plain; version=0.0.4", *text, {}}
                    : failureAnswer(text.error());
    }
    const auto limit = number(call, "limit", 100);
    const auto after = number(call, "after", 0);
    if (!limit) return failureAnswer(limit.error());
    if (!after) return failureAnswer(after.error());
    if (*limit < 1 || *limit > 1000)
        return failureAnswer(400, ErrorKind::InvalidInput, "limit must be between 1 and 1000");
    if (call.path == "/v1/requests") {
        const auto state = call.query.find("state");
        return listOf(
            parts_.store.requests(state == call.query.end() ? "" : state->second, *limit));
    }
    if (call.path == "/v1/certificates") return listOf(parts_.store.certificates(*limit));
    if (call.path == "/v1/templates")
        return jsonAnswer(200, templateList(*parts_.templates.current()));
    if (call.path == "/v1/events")
        return eventsAnswer(readEvents(parts_.store.database(), *after, *limit));
    return failureAnswer(404, ErrorKind::NotFound, "there is no " + toPrintable(call.path, 100));
}

// POST /v1/requests/<id>/approve|deny
http::Answer AdminApi::decide(const std::string& admin, const http::Call& call)
{
    const std::string prefix = "/v1/requests/";
    const auto slash = call.path.find('/', prefix.size());
    if (call.path.rfind(prefix, 0) != 0 || slash == std::string::npos)
        return failureAnswer(
            404, ErrorKind::NotFound, "there is no " + toPrintable(call.path, 100));
    if (parts_.service == nullptr) return relayed("decide");
    std::int64_t id = 0;
    const auto* begin = call.path.data() + prefix.size();
    const auto* end = call.path.data() + slash;
    if (const auto parsed = std::from_chars(begin, end, id);
        parsed.ec != std::errc() || parsed.ptr != end)
        return failureAnswer(400, ErrorKind::InvalidInput, "the request id is not a number");
    const auto verb = call.path.substr(slash + 1);
    if (verb == "approve") {
        const auto done = parts_.service->approve(id, admin, parts_.clock.now());
        return done ? jsonAnswer(200, toJson(*done)) : failureAnswer(done.error());
    }
    if (verb != "deny") return failureAnswer(404, ErrorKind::NotFound, "approve or deny");
    const auto body = Json::parse(call.body.empty() ? "{}" : call.body);
    if (!body) return failureAnswer(body.error());
    JsonReader in(*body, "body");
    const auto reason = in.optionalString("reason").value_or("");
    if (auto status = in.finish(); !status) return failureAnswer(status.error());
    const auto done = parts_.service->deny(id, admin, toPrintable(reason), parts_.clock.now());
    return done ? jsonAnswer(200, toJson(*done)) : failureAnswer(done.error());
}

} // namespace perennial::enrollment::server
