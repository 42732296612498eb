#include "agent/enroller/enroller_task.h"

#include "shared/base/encoding.h"
#include "shared/protocol/policy_messages.h"

namespace perennial::agent {

namespace {

constexpr std::size_t pemLimit = 256U << 10U;
constexpr std::size_t requestLimit = 512U << 10U;
constexpr std::int64_t longestPoll = 24 * 3600;

std::string nameOf(EnrollerTask::Operation operation)
{
    switch (operation) {
    case EnrollerTask::Operation::Prepare: return "prepare";
    case EnrollerTask::Operation::Submit: return "submit";
    case EnrollerTask::Operation::Poll: return "poll";
    }
    return "";
}

Json written(const PreparedRequest& prepared)
{
    Json json;
    json["outcome"] = "prepared";
    json["request"] = toBase64(prepared.request);
    json["format"] = prepared.format;
    json["authentication"] = prepared.authentication;
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
    if (outcome == "prepared") {
        auto request = fromBase64(in.string("request", requestLimit));
        if (!request) in.fail("request", request.error().message);
        return PreparedRequest{
            request ? *request : Bytes(), in.string("format"), in.string("authentication")};
    }
    if (outcome == "issued") return Issued{in.string("chain_pem", pemLimit)};
    if (outcome == "pending") {
        auto ticket = in.string("ticket");
        const auto wait = in.integer("poll_after_seconds");
        if (wait < 1 || wait > longestPoll) in.fail("poll_after_seconds", "must be 1 to 86400");
        return Pending{std::move(ticket), Duration(wait)};
    }
    if (outcome == "denied") return Denied{in.string("reason")};
    if (outcome != "error") in.fail("outcome", "is unknown");
    const auto kind = errorKindOf(in.string("kind"));
    if (!kind) in.fail("kind", "is unknown");
    return Error{kind.value_or(ErrorKind::Internal), in.string("message", 16U << 10U)};
}

} // namespace

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
    if (task.operation == EnrollerTask::Operation::Submit) {
        json["request"] = toBase64(task.prepared.request);
        json["format"] = task.prepared.format;
        json["authentication"] = task.prepared.authentication;
    }
    if (task.operation == EnrollerTask::Operation::Poll) json["ticket"] = task.ticket;
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
    else if (operation != "prepare")
        in.fail("operation", "is none of prepare, submit, poll");
    task.order = in.string("order");
    task.certificatePath = in.string("slot_certificate");
    task.keyPath = in.string("slot_key");
    task.certificatePem = in.string("certificate_pem", pemLimit);
    task.installerSocket = in.string("installer_socket");
    auto service = protocol::enrollmentServiceFromJson(in.value("service"));
    if (!service) return service.error();
    task.service = *std::move(service);
    if (task.operation == EnrollerTask::Operation::Submit) {
        const auto request = fromBase64(in.string("request", requestLimit));
        if (!request) return request.error().in("task: request");
        task.prepared = {*request, in.string("format"), in.string("authentication")};
    }
    if (task.operation == EnrollerTask::Operation::Poll) task.ticket = in.string("ticket");
    task.host = in.optionalString("host", 255).value_or("");
    task.memory = in.optionalString("memory", IssuerNotes::memoryLimit).value_or("");
    if (auto status = in.finish(); !status) return status.error();
    return task;
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
