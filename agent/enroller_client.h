#pragma once

#include "agent/agent_config.h"
#include "agent/enroller/enroller_task.h"
#include "agent/renewal/hands.h"
#include "agent/waiting_enroller.h"
#include "shared/base/file_system.h"

namespace perennial::agent {

// perennial-enroller: what it parses dies with it. A renewal by key is prepared and sent by one
// process, where both come one after the other; everything else is a process a call.
class EnrollerClient final : public EnrollerHands {
public:
    EnrollerClient(const AgentConfig& config, FileSystem& files) : config_(config), files_(files) {}

    Result<PreparedRequest> prepare(const Renewal& renewal) override;
    Result<IssueOutcome> submit(const Renewal& renewal, const PreparedRequest& request) override;
    Result<IssueOutcome> poll(const Renewal& renewal, const std::string& ticket) override;
    Status revoke(const Renewal& renewal) override;
    std::optional<FaultCause> lastCause() const override { return cause_; }

    void release() { waiting_.reset(); } // what was prepared and not sent is not sent by it

private:
    Result<EnrollerTask> task(EnrollerTask::Operation operation, const Renewal& renewal) const;
    Status addCredential(const Enrollment& enrollment, EnrollerTask& task) const;
    Result<EnrollerOutcome> perform(const EnrollerTask& task);
    Result<EnrollerOutcome> performWaiting(EnrollerTask task);
    Result<EnrollerOutcome> outcomeOf(const Result<Finished>& finished, const EnrollerTask& task);
    Result<EnrollerOutcome> read(const std::string& answer, const EnrollerTask& task);
    static Result<IssueOutcome> issueOutcomeOf(Result<EnrollerOutcome> outcome);
    Command commandFor(const EnrollerTask& task) const;
    std::string memoryFile(const EnrollerTask& task) const;
    void remember(const EnrollerTask& task, const std::string& memory);

    const AgentConfig& config_;
    FileSystem& files_;
    std::optional<FaultCause> cause_; // of the last call
    std::unique_ptr<WaitingEnroller> waiting_;
    Bytes waitingFor_; // the request that it has prepared
};

} // namespace perennial::agent
