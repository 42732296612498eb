#pragma once

#include "agent/change_watch.h"
#include "agent/enroller_client.h"
#include "agent/host_answers.h"
#include "agent/installer_client.h"
#include "agent/renewal/listener_eyes.h"
#include "agent/retirement.h"
#include "agent/trust_desk.h"
#include "shared/base/file_descriptor.h"
#include "shared/base/periodic_task.h"

#include <atomic>
#include <memory>

namespace perennial::agent {

// The daemon: scans, renews, talks to its controller, and goes on without it.
class Agent {
public:
    // Conflict when another agent has this state open.
    static Result<std::unique_ptr<Agent>> open(
        const AgentConfig& config, FileSystem& files, const Clock& clock, const Log& log);
    ~Agent();

    void start(); // two threads: one works, one talks

    // For the host admin's commands; docs/agent_programs.md.
    Json answerCommand(const Json& command) { return answers_->answer(command); }

private:
    Agent(const AgentConfig& config, FileSystem& files, const Clock& clock, const Log& log);

    Status load();
    Status loadMemory();
    void work();
    void talk();
    void scanIfDue();
    void tellFailedScan(const Error& error);
    void complain(const Status& status);
    RenewalDesk::Alone howAlone() const;
    void wakeWork();
    void wakeTalk();
    model::AuditEvent ownEvent(const std::string& kind, const std::string& reason) const;
    Status publish(const std::vector<model::AuditEvent>& events);
    void scanNow();

    const AgentConfig& config_;
    FileSystem& files_;
    const Clock& clock_;
    const Log& log_;
    RenewalJournal journal_;
    InstallerClient installer_;
    EnrollerClient enroller_;
    ListenerEyes eyes_;
    DesiredStateKeeper desired_;
    SlotTable slots_;
    Pauses pauses_;
    ChangeWatch changes_;
    SupersededArchive superseded_;
    std::unique_ptr<EventQueue> events_;
    RenewalRunner runner_;
    RenewalDesk desk_;
    TrustDesk trust_;
    Retirement retirement_;
    FileDescriptor stateLock_;
    std::optional<AgentIdentity> identity_;      // as it was at the start
    std::unique_ptr<Conversation> conversation_; // none without a controller
    std::unique_ptr<HostAnswers> answers_;
    std::atomic<std::chrono::milliseconds> nextScan_{}; // monotonic
    bool scanFailed_ = false; // the last one; told once, until one succeeds
    std::string complaint_;   // the last one, which is not repeated every second
    std::mutex tasks_;        // each task wakes the other
    std::unique_ptr<PeriodicTask> working_;
    std::unique_ptr<PeriodicTask> talking_;
};

} // namespace perennial::agent
