#pragma once

#include "shared/base/file_system.h"
#include "shared/model/audit_event.h"

#include <deque>
#include <filesystem>
#include <map>
#include <mutex>
#include <set>
#include <vector>

namespace perennial::agent {

// The agent's own events, numbered by it and kept on disk until the controller has acknowledged
// them.
class EventQueue {
public:
    // `epoch` names this numbering: a new one begins with every joining.
    static Result<std::unique_ptr<EventQueue>> open(
        FileSystem& files, std::filesystem::path folder, std::string epoch);

    // Gives each its number and fsyncs. An event whose id is in the queue already is passed over.
    // Of each kind only so many wait: what is over that is not kept but counted, which is an event
    // of its own (agent.events_dropped). So nobody who causes one kind crowds out another.
    Status add(const std::vector<model::AuditEvent>& events);
    std::vector<model::AuditEvent> next(std::size_t most) const;
    // Everything up to the number is the controller's now.
    Status acknowledge(std::int64_t sequence);
    std::int64_t pending() const;
    // Of what changes on this host, which the guard bounds; of what others can cause at will.
    static constexpr std::size_t shareOfChanges = 2000;
    static constexpr std::size_t shareOfOthers = 250;
    static std::size_t shareOf(const std::string& kind);
    const std::string& epoch() const { return epoch_; }

private:
    EventQueue(FileSystem& files, std::filesystem::path folder, std::string epoch)
        : files_(files), folder_(std::move(folder)), epoch_(std::move(epoch))
    {
    }
    Status load();
    struct Share {
        std::size_t waiting = 0;
        std::int64_t dropped = 0; // since it was full
        std::int64_t told = 0;    // of them
        model::AuditEvent last;   // that was dropped
    };
    Status append(std::vector<model::AuditEvent> events); // under the lock, whatever the share
    Status tellDropped(bool rest);
    void forgetUpTo(std::int64_t sequence);
    std::filesystem::path eventsFile() const { return folder_ / "events.jsonl"; }
    std::filesystem::path acknowledgedFile() const { return folder_ / "events.acknowledged"; }

    FileSystem& files_;
    std::filesystem::path folder_;
    std::string epoch_;
    mutable std::mutex mutex_;
    std::deque<model::AuditEvent> events_; // not acknowledged, in order
    std::set<std::string> ids_;
    std::map<std::string, Share> shares_; // by kind
    std::int64_t last_ = 0;               // number of the newest event ever
    std::int64_t acknowledged_ = 0;
};

} // namespace perennial::agent
