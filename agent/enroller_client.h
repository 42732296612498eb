#pragma once

#include "agent/enroller/enroller_task.h"
#include "agent/renewal/hands.h"
#include "shared/base/file_system.h"

namespace perennial::agent {

// perennial-enroller, a process a call: what it parses dies with it.
class EnrollerClient final : public EnrollerHands {
public:
    // `memory`: a folder of files of what issuers want to be reminded of; made when first needed.
    EnrollerClient(
        std::string program, std::string installerSocket, FileSystem& files, std::string memory)
        : program_(std::move(program)), installerSocket_(std::move(installerSocket)), files_(files),
          memory_(std::move(memory))
    {
    }

    Result<PreparedRequest> prepare(const Renewal& renewal) override;
    Result<IssueOutcome> submit(const Renewal& renewal, const PreparedRequest& request) override;
    Result<IssueOutcome> poll(const Renewal& renewal, const std::string& ticket) override;
    std::optional<FaultCause> lastCause() const override { return cause_; }

private:
    EnrollerTask task(EnrollerTask::Operation operation, const Renewal& renewal) const;
    Result<EnrollerOutcome> perform(const EnrollerTask& task);
    Result<IssueOutcome> ask(const EnrollerTask& task);
    std::string memoryFile(const EnrollerTask& task) const;
    void remember(const EnrollerTask& task, const std::string& memory);

    std::string program_;
    std::string installerSocket_;
    FileSystem& files_;
    std::string memory_;
    std::optional<FaultCause> cause_; // of the last call
};

} // namespace perennial::agent
