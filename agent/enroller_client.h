#pragma once

#include "agent/agent_config.h"
#include "agent/enroller/enroller_task.h"
#include "agent/renewal/hands.h"
#include "shared/base/file_system.h"

namespace perennial::agent {

// perennial-enroller, a process a call: what it parses dies with it.
class EnrollerClient final : public EnrollerHands {
public:
    EnrollerClient(const AgentConfig& config, FileSystem& files) : config_(config), files_(files) {}

    Result<PreparedRequest> prepare(const Renewal& renewal) override;
    Result<IssueOutcome> submit(const Renewal& renewal, const PreparedRequest& request) override;
    Result<IssueOutcome> poll(const Renewal& renewal, const std::string& ticket) override;
    std::optional<FaultCause> lastCause() const override { return cause_; }

private:
    Result<EnrollerTask> task(EnrollerTask::Operation operation, const Renewal& renewal) const;
    Status addCredential(const Enrollment& enrollment, EnrollerTask& task) const;
    Result<EnrollerOutcome> perform(const EnrollerTask& task);
    Result<IssueOutcome> ask(const EnrollerTask& task);
    std::string memoryFile(const EnrollerTask& task) const;
    void remember(const EnrollerTask& task, const std::string& memory);

    const AgentConfig& config_;
    FileSystem& files_;
    std::optional<FaultCause> cause_; // of the last call
};

} // namespace perennial::agent
