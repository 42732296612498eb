#include "agent/enroller/enroller_task.h"

#include "shared/base/encoding.h"
#include "shared/protocol/policy_messages.h"

namespace perennial::agent {

namespace {

constexpr std::size_t pemLimit = 256U << 10U;
constexpr std::size_t requestLimit = 512U << 10U;
constexpr std::int64_t longestPoll = 24 * 3600;
constexpr std::size_t mostNames = 100;

std::string nameOf(EnrollerTask::Operation operation)
{
    switch (operation) {
    case EnrollerTask::Operation::Prepare: return "prepare";
    case EnrollerTask::Operation::Submit: return "submit";
    case EnrollerTask::Operation::Poll: return "poll";
    case EnrollerTask::Operation::Revoke: return "revoke";
    }
    return "";
}

Json toJson(const TaskEnrollment& enrollment)
{
    Json json;
    json["template"] = enrollment.templateName;
    json["names"] = Json(Json::Array(enrollment.names.begin(), enrollment.names.end()));
    json["key_type"] = enrollment.keyType;
    writeCaller(enrollment.caller, json);
    return json;
}

Result<TaskEnrollment> taskEnrollmentFromJson(const Json& json)
{
    JsonReader in(json, "enroll");
    TaskEnrollment enrollment;
    enrollment.templateName = in.string("template");
    enrollment.names = in.strings("names");
    if (enrollment.names.empty() || enrollment.names.size() > mostNames)
        in.fail("names", "must be 1 to 100");
    enrollment.keyType = in.string("key_type");
    enrollment.caller = readCaller(in);
    if (auto status = in.finish(); !status) return status.error();
    return enrollment;
}

Json written(const PreparedRequest& prepared)
{
    Json json;
    json["outcome"] = "prepared";
    writePrepared(prepared, json);
    return json;
}
Json written(const Issued& issued)
{
    Json json;
    json["outcome"] = "issued";
    json["chain_pem"] = issued.chainPem;
    return json;
}
Json written(const Pending& pending)
{
    Json json;
    json["outcome"] = "pending";
    json["ticket"] = pending.ticket;
    json["poll_after_seconds"] = static_cast<std::int64_t>(pending.pollAfter.count());
    return json;
}
Json written(const Denied& denied)
{
    Json json;
    json["outcome"] = "denied";
    json["reason"] = denied.reason;
    return json;
}
Json written(const Revoked&)
{
    Json json;
    json["outcome"] = "revoked";
    return json;
}
Json written(const Error& error)
{
    Json json;
    json["outcome"] = "error";
    json["kind"] = nameOf(error.kind);
    json["message"] = error.message;
    return json;
}

EnrollerOutcome readOutcome(JsonReader& in, const std::string& outcome)
{
    if (outcome == "prepared") return readPrepared(in);
    if (outcome == "issued") return Issued{in.string("chain_pem", pemLimit)};
    if (outcome == "pending") {
        auto ticket = in.string("ticket");
        const auto wait = in.integer("poll_after_seconds");
        if (wait < 1 || wait > longestPoll) in.fail("poll_after_seconds", "must be 1 to 86400");
        return Pending{std::move(ticket), Duration(wait)};
    }
    if (outcome == "revoked") return Revoked{};
    if (outcome == "denied") return Denied{in.string("reason")};
    if (outcome != "error") in.fail("outcome", "is unknown");
    const auto kind = errorKindOf(in.string("kind"));
    if (!kind) in.fail("kind", "is unknown");
    return Error{kind.value_or(ErrorKind::Internal), in.string("message", 16U << 10U)};
}

} // namespace

void writePrepared(const PreparedRequest& prepared, Json& json)
{
    json["request"] = toBase64(prepared.request);
    json["format"] = prepared.format;
    json["authentication"] = prepared.authentication;
    if (!prepared.namesSupplied) json["names_supplied"] = false;
}

PreparedRequest readPrepared(JsonReader& in)
{
    auto request = fromBase64(in.string("request", requestLimit));
    if (!request) in.fail("request", request.error().message);
    auto format = in.string("format");
    auto authentication = in.string("authentication");
    return {request ? *std::move(request) : Bytes(), std::move(format), std::move(authentication),
        in.optionalBoolean("names_supplied", true)};
}

Json toJson(const EnrollerTask& task)
{
    Json json;
    json["operation"] = nameOf(task.operation);
    json["order"] = task.order;
    json["slot_certificate"] = task.certificatePath;
    json["slot_key"] = task.keyPath;
    json["certificate_pem"] = task.certificatePem;
    json["installer_socket"] = task.installerSocket;
    json["service"] = protocol::toJson(task.service);
    if (task.enrollment) json["enroll"] = toJson(*task.enrollment);
    if (task.carriesRequest()) writePrepared(task.prepared, json);
    if (task.operation == EnrollerTask::Operation::Poll) json["ticket"] = task.ticket;
    if (task.waits) json["waits"] = true;
    if (!task.host.empty()) json["host"] = task.host;
    if (!task.memory.empty()) json["memory"] = task.memory;
    return json;
}

Result<EnrollerTask> enrollerTaskFromJson(const Json& json)
{
    JsonReader in(json, "task");
    EnrollerTask task{};
    const auto operation = in.string("operation");
    if (operation == "submit")
        task.operation = EnrollerTask::Operation::Submit;
    else if (operation == "poll")
        task.operation = EnrollerTask::Operation::Poll;
    else if (operation == "revoke")
        task.operation = EnrollerTask::Operation::Revoke;
    else if (operation != "prepare")
        in.fail("operation", "is none of prepare, submit, poll, revoke");
    task.order = in.string("order");
    task.certificatePath = in.string("slot_certificate");
    task.keyPath = in.string("slot_key");
    task.certificatePem = in.string("certificate_pem", pemLimit);
    task.installerSocket = in.string("installer_socket");
    auto service = protocol::enrollmentServiceFromJson(in.value("service"));
    if (!service) return service.error();
    task.service = *std::move(service);
    if (json.find("enroll") != nullptr) {
        auto enrollment = taskEnrollmentFromJson(in.value("enroll"));
        if (!enrollment) return enrollment.error();
        task.enrollment = *std::move(enrollment);
    }
    if (task.carriesRequest()) task.prepared = readPrepared(in);
    if (task.operation == EnrollerTask::Operation::Poll) task.ticket = in.string("ticket");
    task.waits = in.optionalBoolean("waits", false);
    if (task.waits && (task.operation != EnrollerTask::Operation::Prepare || task.enrollment))
        in.fail("waits", "is for preparing a renewal by key");
    task.host = in.optionalString("host", 255).value_or("");
    task.memory = in.optionalString("memory", IssuerNotes::memoryLimit).value_or("");
    if (auto status = in.finish(); !status) return status.error();
    return task;
}

EnrollerOutcome asOutcome(const Result<IssueOutcome>& result)
{
    if (!result) return result.error();
    return std::visit([](const auto& what) -> EnrollerOutcome { return what; }, *result);
}

Json toJson(const EnrollerOutcome& outcome)
{
    return std::visit([](const auto& what) { return written(what); }, outcome);
}

Json toJson(const EnrollerAnswer& answer)
{
    auto json = toJson(answer.outcome);
    if (!answer.notes.memory.empty()) json["memory"] = answer.notes.memory;
    if (answer.notes.cause) json["cause"] = std::string(nameOf(*answer.notes.cause));
    return json;
}

Result<EnrollerAnswer> enrollerAnswerFromJson(const Json& json)
{
    JsonReader in(json, "outcome");
    auto outcome = readOutcome(in, in.string("outcome"));
    IssuerNotes notes;
    notes.memory = in.optionalString("memory", IssuerNotes::memoryLimit).value_or("");
    if (const auto cause = in.optionalString("cause")) {
        notes.cause = faultCauseOf(*cause);
        if (!notes.cause) in.fail("cause", "is unknown");
    }
    if (auto status = in.finish(); !status) return status.error();
    return EnrollerAnswer{std::move(outcome), std::move(notes)};
}

Result<EnrollerOutcome> enrollerOutcomeFromJson(const Json& json)
{
    auto answer = enrollerAnswerFromJson(json);
    if (!answer) return answer.error();
    return std::move(answer->outcome);
}

} // namespace perennial::agent
