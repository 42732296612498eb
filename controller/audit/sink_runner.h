#pragma once

#include "controller/audit/audit_log.h"
#include "shared/base/clock.h"
#include "shared/base/file_system.h"
#include "shared/plugin_api/audit_sink.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace perennial::controller {

struct SinkStatus {
    std::string name;
    bool working = true;
    std::int64_t cursor = 0; // the first event not known delivered
    std::int64_t lag = 0;    // events behind the log
    std::string message;     // why it does not work, or empty
};

// Carries the log to one sink, at least once, from where it stopped before a restart.
class SinkRunner {
public:
    // So many events may be on their way; then the sink must know some delivered first.
    static constexpr std::int64_t window = 20'000;
    static constexpr std::size_t batchSize = 500;

    SinkRunner(std::string name, std::unique_ptr<AuditSink> sink, AuditLog& log, FileSystem& files,
        const Clock& clock, std::filesystem::path cursorFile);

    // One batch, or one look at what is on its way. True: there is more to do at once.
    bool step();
    SinkStatus status() const;

private:
    Status load();
    Status deliver();
    Status settle();
    Status advance(std::int64_t delivered);
    Result<std::string> fingerprintOf(std::int64_t sequence) const;
    void failed(const Error& error);
    void tell(const std::string& kind, model::Outcome outcome, const std::string& reason);
    void set(std::int64_t cursor, bool working, const std::string& message);

    std::string name_;
    std::unique_ptr<AuditSink> sink_;
    AuditLog& log_;
    FileSystem& files_;
    const Clock& clock_;
    std::filesystem::path cursorFile_;

    bool loaded_ = false;
    std::int64_t cursor_ = 0; // the first event not known delivered; also in the cursor file
    std::int64_t next_ = 0;   // the next event to give to the sink
    bool working_ = true;
    std::chrono::milliseconds retryAt_{0};
    std::chrono::milliseconds wait_{0};

    mutable std::mutex mutex_;
    SinkStatus shown_;
};

} // namespace perennial::controller
