#include "controller/api/operator_api.h"

#include "controller/api/answers.h"
#include "controller/api/operator_views.h"
#include "controller/audit/audit_outbox.h"
#include "shared/base/periodic_task.h"
#include "shared/base/random.h"
#include "shared/x509/digest.h"

#include <array>

namespace perennial::controller {

namespace {

bool startsWith(const std::string& text, std::string_view prefix)
{
    return text.rfind(prefix, 0) == 0;
}

http::Answer answerOf(const Result<Json>& view)
{
    return view ? jsonAnswer(*view) : errorAnswer(view.error());
}

model::Actor actorOf(const OperatorRecord& who, const http::Call& call)
{
    return {"human", who.name, "token", call.remoteAddress};
}

http::Answer healthy(const OperatorApi::Asked&)
{
    Json body;
    body["status"] = "ok";
    return jsonAnswer(body);
}

} // namespace

std::span<const OperatorApi::Route> OperatorApi::routes()
{
    using http::Access;
    static constexpr std::array all = {
        Route{"GET", "/healthz", healthy, Access::Everybody},
        Route{"GET", "/readyz", [](const Asked& a) { return a.api.ready(); }, Access::Everybody},
        Route{"GET", "/metrics", [](const Asked& a) { return a.api.metrics(); }, Access::Viewers},
        Route{"GET", "/v1/status",
            [](const Asked& a) { return answerOf(statusView(a.api.parts_)); }, Access::Viewers},
        Route{"GET", "/v1/agents",
            [](const Asked& a) { return answerOf(agentsView(a.api.parts_, a.call)); },
            Access::Viewers},
        Route{"POST", "/v1/agents/{agent_id}/revoke",
            [](const Asked& a) { return a.api.revokeAgent(a.who, model::AgentId(a.id), a.call); },
            Access::Operators},
        Route{"POST", "/v1/agents/{agent_id}/release",
            [](const Asked& a) { return a.api.releaseAgent(a); }, Access::Operators},
        Route{"GET", "/v1/certificates",
            [](const Asked& a) { return answerOf(certificatesView(a.api.parts_, a.call)); },
            Access::Viewers},
        Route{"GET", "/v1/renewals",
            [](const Asked& a) { return answerOf(renewalsView(a.api.parts_, a.call)); },
            Access::Viewers},
        Route{"POST", "/v1/renewals",
            [](const Asked& a) { return a.api.orderRenewal(a.who, a.call); }, Access::Operators},
        Route{"GET", "/v1/renewals/{order_id}",
            [](const Asked& a) {
                return answerOf(renewalView(a.api.parts_, model::OrderId(a.id)));
            },
            Access::Viewers},
        Route{"GET", "/v1/policies",
            [](const Asked& a) { return jsonAnswer(policiesView(a.api.parts_)); }, Access::Viewers},
        Route{"POST", "/v1/policies/refresh",
            [](const Asked& a) { return a.api.refreshPolicies(); }, Access::Operators},
        Route{"GET", "/v1/join-tokens",
            [](const Asked& a) { return answerOf(tokensView(a.api.parts_)); }, Access::Viewers},
        Route{"POST", "/v1/join-tokens",
            [](const Asked& a) { return a.api.createToken(a.who, a.call); }, Access::Operators},
        Route{"DELETE", "/v1/join-tokens/{id}", [](const Asked& a) { return a.api.revokeToken(a); },
            Access::Operators},
        Route{"GET", "/v1/audit/events", [](const Asked& a) { return a.api.auditEvents(a.call); },
            Access::Auditors},
        Route{"GET", "/v1/audit/checkpoint", [](const Asked& a) { return a.api.checkpoint(); },
            Access::Auditors},
    };
    return all;
}

http::Answer OperatorApi::answer(const http::Call& call)
{
    std::string id;
    const Route* found = nullptr;
    for (const auto& route : routes()) {
        auto matched =
            route.method == call.method ? http::segmentOf(route.path, call.path) : std::nullopt;
        if (!matched) continue;
        found = &route;
        id = *std::move(matched);
        break;
    }
    const auto access = found == nullptr ? http::Access::Operators : found->access;
    if (access == http::Access::Everybody)
        return found->answer({*this, OperatorRecord{}, call, id});
    const auto who = whoIs(call);
    if (!who) return errorAnswer(who.error());
    if (!*who) return refuseStranger(call);
    if (!http::mayCall((*who)->role, access))
        return errorAnswer(403, ErrorKind::PermissionDenied,
            "the role " + (*who)->role + " may not do this: it needs a token of the role " +
                http::rolesFor(access));
    if (found == nullptr) return errorAnswer(404, ErrorKind::NotFound, "there is no such call");
    return found->answer({*this, **who, call, id});
}

http::Answer OperatorApi::ready() const
{
    const auto reasons = parts_.notReady();
    Json body;
    body["status"] = reasons.empty() ? "ready" : "not-ready";
    for (const auto& reason : reasons)
        body["reasons"].push(reason);
    return jsonAnswer(body, reasons.empty() ? 200 : 503);
}

Result<std::optional<OperatorRecord>> OperatorApi::whoIs(const http::Call& call)
{
    std::optional<OperatorRecord> found;
    const auto header = call.headers.find("authorization");
    if (header == call.headers.end() || !startsWith(header->second, "Bearer ")) return found;
    // Only hashes are stored, and the look-up is by hash: nothing is compared byte by byte.
    const auto hash = x509::sha256Hex(header->second.substr(7));
    const auto done = parts_.database.read([&](sql::Session& session) -> Status {
        auto who = access::findOperator(session, hash);
        if (!who) return who.error();
        found = *std::move(who);
        return {};
    });
    if (!done) return done.error();
    return found;
}

// A token that is known was let in before: nobody can shut an operator out by guessing from the
// same address.
http::Answer OperatorApi::refuseStranger(const http::Call& call)
{
    const auto now = parts_.clock.monotonic();
    const auto verdict = badTokens_.ask(call.remoteAddress, now);
    if (!verdict.allows()) {
        if (verdict.first)
            tellOfRefusal(call, "too many unknown tokens, here or in all: further ones are "
                                "refused and not told of until it is quiet");
        return tooManyAnswer(verdict.wait, "too many unknown tokens");
    }
    badTokens_.failed(call.remoteAddress, now);
    tellOfRefusal(call, "unknown operator token");
    return errorAnswer(
        401, ErrorKind::PermissionDenied, "send Authorization: Bearer <a known token>");
}

void OperatorApi::tellOfRefusal(const http::Call& call, const std::string& reason)
{
    parts_.operations.warning(call.remoteAddress + ": " + reason);
    model::AuditEvent event;
    event.time = parts_.clock.preciseNow();
    event.id = uuidV7(event.time);
    event.kind = "admin.signed_in_failed";
    event.actor = {"human", "", "token", call.remoteAddress};
    event.outcome = model::Outcome::Denied;
    event.reason = reason;
    event.details = {{"path", toPrintable(call.path, 255)}};
    parts_.log.note(std::move(event));
    parts_.changed();
}

http::Answer OperatorApi::metrics() const
{
    const auto text = metricsText(parts_);
    if (!text) return errorAnswer(text.error());
    return {200, "text/plain; version=0.0.4; charset=utf-8", *text, {}};
}

http::Answer OperatorApi::checkpoint() const
{
    Json body;
    body["checkpoint"] = parts_.log.checkpoint();
    body["public_key"] = parts_.log.publicKey();
    return jsonAnswer(body);
}

http::Answer OperatorApi::refreshPolicies()
{
    if (auto done = parts_.refreshPolicies(); !done) return errorAnswer(done.error());
    return jsonAnswer(policiesView(parts_));
}

http::Answer OperatorApi::revokeToken(const Asked& asked)
{
    if (auto done = parts_.joinDesk.revokeToken(asked.id, actorOf(asked.who, asked.call)); !done)
        return errorAnswer(done.error());
    parts_.changed();
    Json body;
    body["id"] = asked.id;
    body["revoked"] = true;
    return jsonAnswer(body);
}

http::Answer OperatorApi::auditEvents(const http::Call& call)
{
    const auto limit = queryNumber(call, "limit", 100, 1, 1000);
    if (!limit) return errorAnswer(limit.error());
    const auto wait = queryNumber(call, "wait", 0, 0, 60);
    if (!wait) return errorAnswer(wait.error());
    const auto cursor = queryText(call, "cursor");
    const auto start = queryText(call, "start");
    if (!cursor.empty() && !start.empty())
        return errorAnswer(400, ErrorKind::InvalidInput, "name cursor or start, not both");
    const auto most = static_cast<std::size_t>(*limit);
    const auto deadline = parts_.clock.monotonic() + std::chrono::seconds(*wait);
    auto page = cursor.empty() ? feed_.readFrom(start.empty() ? "earliest" : start, most)
                               : feed_.read(cursor, most);
    while (page && page->items.empty() && parts_.clock.monotonic() < deadline) {
        pauseFor(std::chrono::milliseconds(100));
        page = feed_.read(page->nextCursor, most);
    }
    if (!page) return errorAnswer(page.error());
    // The items stay the bytes of the log: they are put in as they are, not parsed and written
    // again.
    std::string items;
    for (const auto& item : page->items)
        items += (items.empty() ? "" : ",") + item;
    std::string body = "{\"checkpoint\":" + Json(page->checkpoint).canonical();
    body += ",\"has_more\":" + std::string(page->hasMore ? "true" : "false");
    body += ",\"head_seq\":" + std::to_string(page->headSequence);
    body += ",\"items\":[" + items + "]";
    body += ",\"next_cursor\":" + Json(page->nextCursor).canonical();
    body += ",\"oldest_available_seq\":" + std::to_string(page->oldestSequence) + "}";
    return {200, "application/json", std::move(body), {}};
}

http::Answer OperatorApi::orderRenewal(const OperatorRecord& who, const http::Call& call)
{
    const auto json = Json::parse(call.body);
    if (!json) return errorAnswer(json.error());
    JsonReader in(*json, "body");
    const model::AgentId agent(in.string("agent_id"));
    const model::SlotId slot(in.string("slot_id"));
    const auto reason = in.optionalString("reason", 500).value_or("an operator asked for it");
    if (auto status = in.finish(); !status) return errorAnswer(status.error());
    const auto snapshot = parts_.policies.current();
    if (!snapshot)
        return errorAnswer(503, ErrorKind::Unavailable, "no policies have been read yet");
    const auto order = parts_.orders.placeNow(
        *snapshot, {agent, slot}, toPrintable(reason, 500), actorOf(who, call));
    if (!order) return errorAnswer(order.error());
    if (auto reloaded = parts_.directory.reload(); !reloaded) return errorAnswer(reloaded.error());
    parts_.changed();
    return jsonAnswer(protocol::toJson(*order), 201);
}

http::Answer OperatorApi::createToken(const OperatorRecord& who, const http::Call& call)
{
    const auto json = Json::parse(call.body);
    if (!json) return errorAnswer(json.error());
    JsonReader in(*json, "body");
    const auto host = in.string("host", 255);
    std::map<std::string, std::string> labels;
    if (json->find("labels") != nullptr) labels = in.stringMap("labels");
    const auto life = Duration(in.optionalInteger("ttl_seconds", 3600));
    if (auto status = in.finish(); !status) return errorAnswer(status.error());
    const auto made = parts_.joinDesk.createToken(host, labels, life, actorOf(who, call));
    if (!made) return errorAnswer(made.error());
    parts_.changed();
    Json body;
    body["id"] = made->token.id;
    body["token"] = protocol::toText(made->token);
    body["expires"] = toRfc3339(made->expires);
    return jsonAnswer(body, 201);
}

http::Answer OperatorApi::releaseAgent(const Asked& asked)
{
    const model::AgentId agent(asked.id);
    if (auto done = parts_.quarantine.end(agent, actorOf(asked.who, asked.call)); !done)
        return errorAnswer(done.error());
    parts_.changed();
    Json body;
    body["agent_id"] = agent.text();
    body["state"] = "active";
    return jsonAnswer(body);
}

http::Answer OperatorApi::revokeAgent(
    const OperatorRecord& who, const model::AgentId& agent, const http::Call& call)
{
    const auto done = parts_.database.transaction([&](sql::Session& session) -> Status {
        const auto record = agents::find(session, agent);
        if (!record) return record.error();
        if (!*record) return Error{ErrorKind::NotFound, "there is no such agent"};
        if (auto set = agents::setState(session, agent, "revoked"); !set) return set;
        if (auto ended =
                orders::abandonOpenOf(session, agent, "the agent was revoked", parts_.clock.now());
            !ended)
            return ended;
        model::AuditEvent event;
        event.time = parts_.clock.preciseNow();
        event.id = uuidV7(event.time);
        event.kind = "agent.revoked";
        event.actor = actorOf(who, call);
        event.agentId = agent.text();
        event.host = toPrintable((*record)->host, 255);
        return AuditOutbox::add(session, event);
    });
    if (!done) return errorAnswer(done.error());
    if (auto reloaded = parts_.directory.reload(); !reloaded) return errorAnswer(reloaded.error());
    parts_.changed();
    Json body;
    body["agent_id"] = agent.text();
    body["state"] = "revoked";
    return jsonAnswer(body);
}

} // namespace perennial::controller
