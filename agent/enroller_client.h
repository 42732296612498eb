#pragma once

#include "agent/enroller/enroller_task.h"
#include "agent/renewal/hands.h"

namespace perennial::agent {

// perennial-enroller, a process a call: what it parses dies with it.
class EnrollerClient final : public EnrollerHands {
public:
    EnrollerClient(std::string program, std::string installerSocket)
        : program_(std::move(program)), installerSocket_(std::move(installerSocket))
    {
    }

    Result<PreparedRequest> prepare(const Renewal& renewal) override;
    Result<IssueOutcome> submit(const Renewal& renewal, const PreparedRequest& request) override;
    Result<IssueOutcome> poll(const Renewal& renewal, const std::string& ticket) override;

private:
    EnrollerTask task(EnrollerTask::Operation operation, const Renewal& renewal) const;
    Result<EnrollerOutcome> perform(const EnrollerTask& task) const;
    Result<IssueOutcome> ask(const EnrollerTask& task) const;

    std::string program_;
    std::string installerSocket_;
};

} // namespace perennial::agent
