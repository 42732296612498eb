#include "agent/enroller_client.h"

#include "shared/base/process.h"

namespace perennial::agent {

namespace {

constexpr Duration enrollerLimit = std::chrono::minutes(5);

} // namespace

EnrollerTask EnrollerClient::task(EnrollerTask::Operation operation, const Renewal& renewal) const
{
    EnrollerTask task{};
    task.operation = operation;
    task.order = renewal.order.id.text();
    task.certificatePath = renewal.place.certificatePath;
    task.keyPath = renewal.place.keyPath;
    task.certificatePem = renewal.oldChainPem;
    task.installerSocket = installerSocket_;
    task.service = renewal.service;
    return task;
}

Result<EnrollerOutcome> EnrollerClient::perform(const EnrollerTask& task) const
{
    Command command;
    command.program = program_;
    command.environment = {{"LANG", "C.UTF-8"}, {"PATH", "/usr/bin:/bin"}};
    command.input = toJson(task).canonical();
    command.timeout = enrollerLimit;
    const auto finished = run(command);
    if (!finished) return finished.error().in("perennial-enroller");
    if (finished->status != 0)
        return Error{ErrorKind::Internal, "perennial-enroller ended with " +
                                              std::to_string(finished->status) + ": " +
                                              toPrintable(finished->errorOutput)};
    const auto json = Json::parse(finished->output);
    if (!json) return json.error().in("answer of perennial-enroller");
    return enrollerOutcomeFromJson(*json);
}

Result<PreparedRequest> EnrollerClient::prepare(const Renewal& renewal)
{
    auto outcome = perform(task(EnrollerTask::Operation::Prepare, renewal));
    if (!outcome) return outcome.error();
    if (auto* prepared = std::get_if<PreparedRequest>(&*outcome)) return std::move(*prepared);
    if (const auto* error = std::get_if<Error>(&*outcome)) return *error;
    return Error{ErrorKind::Internal, "perennial-enroller answered something else than asked"};
}

Result<IssueOutcome> EnrollerClient::ask(const EnrollerTask& task) const
{
    auto outcome = perform(task);
    if (!outcome) return outcome.error();
    if (auto* issued = std::get_if<Issued>(&*outcome)) return IssueOutcome(std::move(*issued));
    if (auto* pending = std::get_if<Pending>(&*outcome)) return IssueOutcome(std::move(*pending));
    if (auto* denied = std::get_if<Denied>(&*outcome)) return IssueOutcome(std::move(*denied));
    if (const auto* error = std::get_if<Error>(&*outcome)) return *error;
    return Error{ErrorKind::Internal, "perennial-enroller answered something else than asked"};
}

Result<IssueOutcome> EnrollerClient::submit(const Renewal& renewal, const PreparedRequest& request)
{
    auto submit = task(EnrollerTask::Operation::Submit, renewal);
    submit.prepared = request;
    return ask(submit);
}

Result<IssueOutcome> EnrollerClient::poll(const Renewal& renewal, const std::string& ticket)
{
    auto poll = task(EnrollerTask::Operation::Poll, renewal);
    poll.ticket = ticket;
    return ask(poll);
}

} // namespace perennial::agent
