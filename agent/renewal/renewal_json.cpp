#include "agent/enroller/enroller_task.h"
#include "agent/renewal/renewal.h"
#include "shared/protocol/agent_messages.h"
#include "shared/protocol/policy_messages.h"

namespace perennial::agent {

namespace {

constexpr std::size_t pemLimit = 256U << 10U;
constexpr std::size_t requestLimit = 512U << 10U;

Json written(const Accepted&) { return Json(Json::Object{}); }
Json written(const KeyReady& s)
{
    Json json;
    json["public_key"] = toBase64(s.publicKey);
    writePrepared(s.request, json);
    return json;
}
Json written(const AwaitingIssuer& s)
{
    Json json;
    json["public_key"] = toBase64(s.publicKey);
    json["ticket"] = s.ticket;
    if (!s.request.request.empty()) writePrepared(s.request, json);
    return json;
}
Json written(const AwaitingAcceptance& s)
{
    Json json;
    json["chain"] = s.chainPem;
    json["reason"] = s.reason;
    return json;
}
Json written(const CertificateReady& s)
{
    Json json;
    json["chain"] = s.chainPem;
    return json;
}
Json written(const Installed& s)
{
    Json json;
    json["chain"] = s.chainPem;
    if (s.goBack) json["go_back"] = *s.goBack;
    return json;
}
Json written(const Completed& s)
{
    Json json;
    json["chain"] = s.chainPem;
    return json;
}
Json written(const Abandoned& s)
{
    Json json;
    json["reason"] = s.reason;
    json["rolled_back"] = s.rolledBack;
    json["had_key"] = s.hadKey;
    if (s.overtaken) json["overtaken"] = true;
    return json;
}

Bytes bytesOf(JsonReader& in, const std::string& member)
{
    const auto bytes = fromBase64(in.string(member, requestLimit));
    if (!bytes) in.fail(member, bytes.error().message);
    return bytes ? *bytes : Bytes();
}

RenewalStage readStage(const Json& json, JsonReader& in, const std::string& name)
{
    if (name == "accepted") return Accepted{};
    if (name == "key-ready") {
        auto key = bytesOf(in, "public_key");
        return KeyReady{std::move(key), readPrepared(in)};
    }
    if (name == "awaiting-issuer") {
        auto key = bytesOf(in, "public_key");
        auto ticket = in.string("ticket");
        return AwaitingIssuer{std::move(key), std::move(ticket),
            json.find("request") != nullptr ? readPrepared(in) : PreparedRequest{}};
    }
    if (name == "awaiting-acceptance") {
        auto chain = in.string("chain", pemLimit);
        return AwaitingAcceptance{std::move(chain), in.string("reason", 16384)};
    }
    if (name == "certificate-ready") return CertificateReady{in.string("chain", pemLimit)};
    if (name == "installed")
        return Installed{in.string("chain", pemLimit), in.optionalString("go_back", 16384)};
    if (name == "completed") return Completed{in.string("chain", pemLimit)};
    if (name == "abandoned") {
        auto reason = in.string("reason", 16384);
        const bool rolledBack = in.boolean("rolled_back");
        const bool hadKey = in.boolean("had_key");
        return Abandoned{
            std::move(reason), rolledBack, hadKey, in.optionalBoolean("overtaken", false)};
    }
    in.fail("stage", "is unknown");
    return Accepted{};
}

Result<RenewalStage> stageFromJson(const std::string& name, const Json& json)
{
    JsonReader in(json, "stage " + name);
    auto stage = readStage(json, in, name);
    if (auto status = in.finish(); !status) return status.error();
    return stage;
}

Json toJson(const Enrollment& enrollment)
{
    Json json;
    json["credential"] = enrollment.credential;
    json["template"] = enrollment.templateName;
    json["names"] = Json(Json::Array(enrollment.names.begin(), enrollment.names.end()));
    json["key_type"] = enrollment.keyType;
    if (enrollment.forNames) json["for_names"] = true;
    return json;
}

Result<Enrollment> enrollmentFromJson(const Json& json)
{
    JsonReader in(json, "enrollment");
    Enrollment enrollment;
    enrollment.credential = in.string("credential");
    enrollment.templateName = in.string("template");
    enrollment.names = in.strings("names");
    enrollment.keyType = in.string("key_type");
    enrollment.forNames = in.optionalBoolean("for_names", false);
    if (auto status = in.finish(); !status) return status.error();
    return enrollment;
}

Json toJson(const model::Listener& listener)
{
    Json json;
    json["host"] = listener.host;
    json["port"] = listener.port;
    json["server_name"] = listener.serverName;
    json["served"] = listener.served.text();
    if (!listener.startTls.empty()) json["start_tls"] = listener.startTls;
    if (listener.observed) json["observed"] = true;
    return json;
}

Json toJson(const std::vector<model::Listener>& listeners)
{
    Json json(Json::Array{});
    for (const auto& listener : listeners)
        json.push(toJson(listener));
    return json;
}

std::vector<model::Listener> readListeners(JsonReader& outer, const std::string& member)
{
    std::vector<model::Listener> listeners;
    for (const auto& item : outer.array(member, 1000)) {
        JsonReader in(item, "listener");
        model::Listener listener{in.string("host"), static_cast<int>(in.integer("port")),
            in.string("server_name"), model::Fingerprint(in.string("served")),
            in.optionalString("start_tls").value_or(""), in.optionalBoolean("observed", false)};
        if (auto status = in.finish(); !status) outer.fail(member, status.error().message);
        listeners.push_back(std::move(listener));
    }
    return listeners;
}

std::vector<model::AuditEvent> readEvents(JsonReader& in)
{
    std::vector<model::AuditEvent> events;
    for (const auto& item : in.array("events", 100)) {
        auto event = model::auditEventFromJson(item);
        if (!event)
            in.fail("events", event.error().message);
        else
            events.push_back(*std::move(event));
    }
    return events;
}

} // namespace

std::string problemOf(const Renewal& renewal)
{
    if (renewal.unsaved) return renewal.unsaved->why;
    const auto* waiting = std::get_if<AwaitingAcceptance>(&renewal.stage);
    return waiting == nullptr ? renewal.lastProblem : waiting->reason;
}

std::string nameOf(const RenewalStage& stage)
{
    static constexpr const char* names[] = {"accepted", "key-ready", "awaiting-issuer",
        "awaiting-acceptance", "certificate-ready", "installed", "completed", "abandoned"};
    return names[stage.index()];
}

Result<Json> toJson(const Renewal& renewal)
{
    Json json;
    json["order"] = protocol::toJson(renewal.order);
    json["store"] = renewal.place.store;
    json["certificate_path"] = renewal.place.certificatePath;
    json["key_path"] = renewal.place.keyPath;
    json["listeners"] = toJson(renewal.listeners);
    json["neighbours"] = toJson(renewal.neighbours);
    json["service_was_down"] = renewal.serviceWasDown;
    json["old_chain"] = renewal.oldChainPem;
    json["policy"] = protocol::toJson(renewal.policy);
    json["service"] = protocol::toJson(renewal.service);
    if (renewal.enrollment) json["enrollment"] = toJson(*renewal.enrollment);
    json["stage"] = nameOf(renewal.stage);
    json["stage_data"] =
        std::visit([](const auto& stage) { return written(stage); }, renewal.stage);
    json["accepted_at_ms"] =
        static_cast<std::int64_t>(renewal.acceptedAt.time_since_epoch().count());
    json["elapsed_ms"] = renewal.elapsedMilliseconds;
    json["failures"] = renewal.failures;
    json["next_try"] = toRfc3339(renewal.nextTry);
    json["last_problem"] = renewal.lastProblem;
    json["settled"] = renewal.settled;
    json["events"] = Json(Json::Array{});
    for (const auto& event : renewal.events) {
        auto written = model::toJson(event);
        if (!written) return written.error();
        json["events"].push(*std::move(written));
    }
    return json;
}

Result<Renewal> renewalFromJson(const Json& json)
{
    JsonReader in(json, "renewal");
    Renewal renewal;
    auto order = protocol::orderFromJson(in.value("order"));
    if (!order) return order.error();
    renewal.order = *std::move(order);
    renewal.place = {in.string("store"), in.string("certificate_path"), in.string("key_path")};
    renewal.listeners = readListeners(in, "listeners");
    // Journals of before there were neighbours have none.
    if (json.find("neighbours") != nullptr) renewal.neighbours = readListeners(in, "neighbours");
    renewal.serviceWasDown = in.optionalBoolean("service_was_down", false);
    renewal.oldChainPem = in.string("old_chain", pemLimit);
    auto policy = protocol::certificatePolicyFromJson(in.value("policy"));
    if (!policy) return policy.error();
    renewal.policy = *std::move(policy);
    auto service = protocol::enrollmentServiceFromJson(in.value("service"));
    if (!service) return service.error();
    renewal.service = *std::move(service);
    if (json.find("enrollment") != nullptr) {
        auto enrollment = enrollmentFromJson(in.value("enrollment"));
        if (!enrollment) return enrollment.error();
        renewal.enrollment = *std::move(enrollment);
    }
    auto stage = stageFromJson(in.string("stage"), in.value("stage_data"));
    if (!stage) return stage.error();
    renewal.stage = *std::move(stage);
    renewal.acceptedAt = PreciseTime(std::chrono::milliseconds(in.integer("accepted_at_ms")));
    renewal.elapsedMilliseconds = in.integer("elapsed_ms");
    renewal.failures = static_cast<int>(in.integer("failures"));
    const auto nextTry = timeFromRfc3339(in.string("next_try"));
    if (!nextTry) return nextTry.error();
    renewal.nextTry = *nextTry;
    renewal.lastProblem = in.string("last_problem", 16384);
    renewal.settled = in.boolean("settled");
    renewal.events = readEvents(in);
    if (auto status = in.finish(); !status) return status.error();
    return renewal;
}

} // namespace perennial::agent
