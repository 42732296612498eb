#include "agent/enroller_client.h"

#include "agent/agent_identity.h"
#include "shared/base/process.h"

namespace perennial::agent {

namespace {

constexpr Duration enrollerLimit = std::chrono::minutes(5);
constexpr std::size_t trustLimit = 256U << 10U;

} // namespace

Result<EnrollerTask> EnrollerClient::task(
    EnrollerTask::Operation operation, const Renewal& renewal) const
{
    EnrollerTask task{};
    task.operation = operation;
    task.order = renewal.order.id.text();
    task.certificatePath = renewal.place.certificatePath;
    task.keyPath = renewal.place.keyPath;
    task.certificatePem = renewal.oldChainPem;
    task.installerSocket = config_.installerSocket;
    task.service = renewal.service;
    task.host = localHostName();
    if (renewal.enrollment) {
        if (auto added = addCredential(*renewal.enrollment, task); !added) return added.error();
        return task;
    }
    if (operation != EnrollerTask::Operation::Prepare) {
        if (auto memory = files_.read(memoryFile(task), IssuerNotes::memoryLimit))
            task.memory = *std::move(memory);
    }
    return task;
}

// Where the proof is shown, and to whom, is this host's word; the policy's addresses are for keys.
Status EnrollerClient::addCredential(const Enrollment& enrollment, EnrollerTask& task) const
{
    const auto* credential = config_.findCredential(enrollment.credential);
    if (credential == nullptr)
        return Error{ErrorKind::InvalidInput,
            "agent.yaml has no credential " + enrollment.credential + " any more"};
    auto trust = files_.read(credential->trustFile, trustLimit);
    if (!trust) return trust.error().in("trust_file of credential " + credential->name);
    task.service.policyEndpoints = {credential->policyUrl};
    task.service.enrollmentEndpoints.clear();
    task.service.tlsTrustPem = *std::move(trust);
    task.enrollment = TaskEnrollment{
        enrollment.templateName, enrollment.names, enrollment.keyType, credential->caller};
    task.enrollment->caller.credentialsFolder = config_.credentialsFolder;
    return {};
}

std::string EnrollerClient::memoryFile(const EnrollerTask& task) const
{
    return config_.issuersFolder() + "/" + task.service.name + ".json";
}

// Only a convenience: when the disk refuses, the next renewal learns it anew. Preparing is told
// nothing and asks nobody: what comes back must not replace what others learned. An enrolment asks
// elsewhere.
void EnrollerClient::remember(const EnrollerTask& task, const std::string& memory)
{
    if (task.operation == EnrollerTask::Operation::Prepare || task.enrollment) return;
    if (memory.empty() || memory == task.memory) return;
    if (files_.makeFolder(config_.issuersFolder()))
        (void)files_.replace(memoryFile(task), memory, {0600, {}, {}});
}

Command EnrollerClient::commandFor(const EnrollerTask& task) const
{
    Command command;
    command.program = config_.enroller;
    command.environment = {{"LANG", "C.UTF-8"}, {"PATH", "/usr/bin:/bin"}};
    command.input = toJson(task).canonical();
    command.timeout = enrollerLimit;
    return command;
}

Result<EnrollerOutcome> EnrollerClient::perform(const EnrollerTask& task)
{
    return outcomeOf(run(commandFor(task)), task);
}

Result<EnrollerOutcome> EnrollerClient::outcomeOf(
    const Result<Finished>& finished, const EnrollerTask& task)
{
    cause_.reset();
    if (!finished) return finished.error().in("perennial-enroller");
    if (finished->status != 0)
        return Error{ErrorKind::Internal, "perennial-enroller ended with " +
                                              std::to_string(finished->status) + ": " +
                                              toPrintable(finished->errorOutput)};
    return read(finished->output, task);
}

Result<EnrollerOutcome> EnrollerClient::read(const std::string& text, const EnrollerTask& task)
{
    cause_.reset();
    const auto json = Json::parse(text);
    if (!json) return json.error().in("answer of perennial-enroller");
    auto answer = enrollerAnswerFromJson(*json);
    if (!answer) return answer.error();
    cause_ = answer->notes.cause;
    remember(task, answer->notes.memory);
    return std::move(answer->outcome);
}

Result<EnrollerOutcome> EnrollerClient::performWaiting(EnrollerTask task)
{
    task.waits = true;
    auto started = WaitingEnroller::start(commandFor(task));
    if (!started) return started.error();
    const auto heard = (*started)->hear(enrollerLimit);
    if (heard.empty()) return outcomeOf((*started)->finish(), task);
    waiting_ = *std::move(started);
    return read(heard, task);
}

Result<PreparedRequest> EnrollerClient::prepare(const Renewal& renewal)
{
    const auto prepare = task(EnrollerTask::Operation::Prepare, renewal);
    if (!prepare) return prepare.error();
    release();
    auto outcome = prepare->enrollment ? perform(*prepare) : performWaiting(*prepare);
    if (!outcome) return outcome.error();
    if (auto* prepared = std::get_if<PreparedRequest>(&*outcome)) {
        waitingFor_ = prepared->request;
        return std::move(*prepared);
    }
    if (const auto* error = std::get_if<Error>(&*outcome)) return *error;
    return Error{ErrorKind::Internal, "perennial-enroller answered something else than asked"};
}

Status EnrollerClient::revoke(const Renewal& renewal)
{
    const auto revoke = task(EnrollerTask::Operation::Revoke, renewal);
    if (!revoke) return revoke.error();
    const auto outcome = perform(*revoke);
    if (!outcome) return outcome.error();
    if (std::holds_alternative<Revoked>(*outcome)) return {};
    if (const auto* error = std::get_if<Error>(&*outcome)) return *error;
    return Error{ErrorKind::Internal, "perennial-enroller answered something else than asked"};
}

Result<IssueOutcome> EnrollerClient::issueOutcomeOf(Result<EnrollerOutcome> outcome)
{
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
    if (!submit) return submit.error();
    submit->prepared = request;
    const auto waiting = std::exchange(waiting_, nullptr);
    // One that has gone, or waits for another order, leaves it to a new process.
    if (waiting && waitingFor_ == request.request && waiting->tell(toJson(*submit).canonical()))
        return issueOutcomeOf(outcomeOf(waiting->finish(), *submit));
    return issueOutcomeOf(perform(*submit));
}

Result<IssueOutcome> EnrollerClient::poll(const Renewal& renewal, const std::string& ticket)
{
    auto poll = task(EnrollerTask::Operation::Poll, renewal);
    if (!poll) return poll.error();
    poll->ticket = ticket;
    if (const auto* waiting = std::get_if<AwaitingIssuer>(&renewal.stage))
        poll->prepared = waiting->request;
    return issueOutcomeOf(perform(*poll));
}

} // namespace perennial::agent
