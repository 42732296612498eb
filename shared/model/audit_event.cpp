#include "shared/model/audit_event.h"

#include "shared/base/encoding.h"

#include <algorithm>
#include <utility>

namespace perennial::model {

namespace {

constexpr std::int64_t schemaVersion = 1;

constexpr std::array<std::pair<Outcome, std::string_view>, 4> outcomeNames = {
    {{Outcome::Success, "success"}, {Outcome::Failure, "failure"}, {Outcome::Denied, "denied"},
        {Outcome::Unknown, "unknown"}}};

constexpr std::array<std::string_view, 4> actorTypes = {
    "human", "agent", "controller", "scheduler"};

// RFC 9562: 8-4-4-4-12 lower-case hex digits, version 7, variant 10.
bool isUuidV7(std::string_view text)
{
    constexpr std::string_view form = "xxxxxxxx-xxxx-7xxx-vxxx-xxxxxxxxxxxx";
    if (text.size() != form.size()) return false;
    for (std::size_t i = 0; i < form.size(); ++i) {
        const std::string_view allowed = form[i] == 'x'   ? "0123456789abcdef"
                                         : form[i] == 'v' ? "89ab"
                                                          : form.substr(i, 1);
        if (allowed.find(text[i]) == std::string_view::npos) return false;
    }
    return true;
}

Error refusal(const std::string& what) { return {ErrorKind::InvalidInput, "audit event: " + what}; }

void putText(Json& json, const std::string& member, const std::string& text)
{
    if (!text.empty()) json[member] = text;
}

// What the name of a certificate holds is foreign; one bad byte must not cost the whole event. A
// key never gets as far as here; if a program were wrong about that, it would still not get
// further.
std::string fitText(const std::string& text)
{
    if (text.find("PRIVATE KEY-----") != std::string::npos) return "(a private key was here)";
    if (isValidUtf8(text)) return text;
    return toPrintable(text, text.size() * 6 + 1);
}

Json fitTexts(const Json& json)
{
    if (const auto* text = json.string()) return Json(fitText(*text));
    if (const auto* array = json.array()) {
        Json::Array fit;
        for (const auto& element : *array)
            fit.push_back(fitTexts(element));
        return Json(std::move(fit));
    }
    if (const auto* object = json.object()) {
        Json::Object fit;
        for (const auto& [name, value] : *object)
            fit[fitText(name)] = fitTexts(value);
        return Json(std::move(fit));
    }
    return json;
}

Json actorJson(const Actor& actor)
{
    Json json{Json::Object()};
    putText(json, "type", actor.type);
    putText(json, "id", actor.id);
    putText(json, "authentication", actor.authentication);
    putText(json, "address", actor.address);
    return json;
}

Json eventJson(const AuditEvent& event)
{
    Json json;
    json["schema_version"] = schemaVersion;
    json["id"] = event.id;
    json["kind"] = event.kind;
    json["time"] = toRfc3339(event.time);
    json["actor"] = actorJson(event.actor);
    json["outcome"] = nameOf(event.outcome);
    putText(json, "reason", event.reason);
    putText(json, "correlation_id", event.correlationId);
    putText(json, "agent_id", event.agentId);
    putText(json, "host", event.host);
    putText(json, "slot_id", event.slotId);
    putText(json, "policy", event.policy);
    if (!event.certificate.empty()) json["certificate"] = event.certificate;
    if (!event.details.empty()) json["details"] = event.details;
    if (event.agentSequence != 0) json["agent_seq"] = event.agentSequence;
    putText(json, "agent_epoch", event.agentEpoch);
    return json;
}

Status check(const AuditEvent& event)
{
    if (!isUuidV7(event.id)) return refusal("id is no UUIDv7");
    if (!isEventKind(event.kind))
        return refusal("kind " + toPrintable(event.kind, 100) + " is not on the list");
    if (std::find(actorTypes.begin(), actorTypes.end(), event.actor.type) == actorTypes.end())
        return refusal("actor.type is none of human, agent, controller, scheduler");
    if (event.agentSequence < 0) return refusal("agent_seq is negative");
    return {};
}

// "2026-11-21T06:00:00.123Z", exactly as toRfc3339(PreciseTime) writes it.
PreciseTime readTime(JsonReader& in)
{
    const std::string text = in.string("time", 64);
    const auto seconds = timeFromRfc3339(text);
    PreciseTime time = seconds ? *seconds : TimePoint();
    if (seconds && text.size() == 24) {
        const auto digit = [&](std::size_t at) { return text[at] - '0'; };
        time += std::chrono::milliseconds(digit(20) * 100 + digit(21) * 10 + digit(22));
    }
    if (!seconds || toRfc3339(time) != text)
        in.fail("time", "is not RFC 3339 in UTC with milliseconds");
    return time;
}

Actor readActor(JsonReader& in)
{
    JsonReader member(in.value("actor"), "actor");
    Actor actor;
    actor.type = member.string("type", 64);
    actor.id = member.optionalString("id", 1024).value_or("");
    actor.authentication = member.optionalString("authentication", 64).value_or("");
    actor.address = member.optionalString("address", 256).value_or("");
    if (const auto status = member.finish(); !status) in.fail("actor", status.error().message);
    return actor;
}

Json::Object readObject(JsonReader& in, const Json& json, const std::string& member)
{
    const Json& value = in.value(member);
    if (const auto* object = value.object()) return *object;
    if (json.find(member) != nullptr) in.fail(member, "must be an object");
    return {};
}

Outcome readOutcome(JsonReader& in)
{
    const std::string name = in.string("outcome", 64);
    for (const auto& [value, text] : outcomeNames) {
        if (text == name) return value;
    }
    in.fail("outcome", "is none of success, failure, denied, unknown");
    return Outcome::Unknown;
}

} // namespace

static_assert(std::is_sorted(eventKinds.begin(), eventKinds.end()));

bool isEventKind(std::string_view kind)
{
    return std::binary_search(eventKinds.begin(), eventKinds.end(), kind);
}

std::string nameOf(Outcome outcome)
{
    for (const auto& [value, name] : outcomeNames) {
        if (value == outcome) return std::string(name);
    }
    return {};
}

Result<Json> toJson(const AuditEvent& event)
{
    if (auto status = check(event); !status) return status.error();
    Json json = fitTexts(eventJson(event));
    if (json.canonical().size() > auditEventLimit) return refusal(event.kind + " is over 16 KB");
    return json;
}

Result<AuditEvent> auditEventFromJson(const Json& json)
{
    if (json.canonical().size() > auditEventLimit) return refusal("over 16 KB");
    JsonReader in(json, "audit event");
    if (in.integer("schema_version") != schemaVersion)
        in.fail("schema_version", "must be " + std::to_string(schemaVersion));
    AuditEvent event;
    event.id = in.string("id", 64);
    event.kind = in.string("kind", 64);
    event.time = readTime(in);
    event.actor = readActor(in);
    event.outcome = readOutcome(in);
    const auto text = [&in](const char* member) {
        return in.optionalString(member, auditEventLimit).value_or("");
    };
    event.reason = text("reason");
    event.correlationId = text("correlation_id");
    event.agentId = text("agent_id");
    event.host = text("host");
    event.slotId = text("slot_id");
    event.policy = text("policy");
    event.certificate = readObject(in, json, "certificate");
    event.details = readObject(in, json, "details");
    event.agentSequence = in.optionalInteger("agent_seq", 0);
    event.agentEpoch = text("agent_epoch");
    if (auto status = in.finish(); !status) return status.error();
    if (auto status = check(event); !status) return status.error();
    return event;
}

Json::Object eventCertificate(const CertificateFacts& facts)
{
    constexpr std::size_t textLimit = 1024;
    constexpr std::size_t namesLimit = 6U << 10U;
    Json::Array names;
    std::size_t used = 0;
    for (const auto& name : facts.names) {
        const std::string shown = toPrintable(name, textLimit);
        used += shown.size();
        if (used > namesLimit) break;
        names.emplace_back(shown);
    }
    Json::Object json = {{"fingerprint", facts.fingerprint.text()}, {"serial", facts.serial},
        {"subject", toPrintable(facts.subject, textLimit)},
        {"issuer", toPrintable(facts.issuer, textLimit)}, {"names", Json(std::move(names))},
        {"names_total", facts.names.size()}, {"key_type", facts.keyType},
        {"signature_algorithm", facts.signatureAlgorithm},
        {"not_before", toRfc3339(facts.notBefore)}, {"not_after", toRfc3339(facts.notAfter)}};
    if (!facts.templateOid.empty()) json["template"] = facts.templateOid;
    return json;
}

} // namespace perennial::model
