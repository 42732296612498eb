#pragma once

#include "controller/audit/audit_log.h"
#include "shared/base/clock.h"
#include "shared/base/file_system.h"
#include "shared/base/periodic_task.h"
#include "shared/plugin_api/audit_sink.h"

#include <atomic>
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
    SinkRunner(std::string name, std::unique_ptr<AuditSink> sink, AuditLog& log, FileSystem& files,
        const Clock& clock, const std::filesystem::path& cursorFolder);

    // One batch, or a look at what is on its way. True: there is more to do at once.
    bool step();
    SinkStatus status() const;

private:
    bool deliverBatch(std::int64_t head);
    Status advance(std::int64_t delivered);
    void failed(const Error& error);
    void recovered();
    model::AuditEvent event(const std::string& kind) const;

    std::string name_;
    std::unique_ptr<AuditSink> sink_;
    AuditLog& log_;
    FileSystem& files_;
    const Clock& clock_;
    std::filesystem::path cursorFile_;
    bool loaded_ = false;
    std::int64_t sent_ = 0; // the next event to give to the sink
    std::chrono::milliseconds retryAt_{0};
    std::chrono::milliseconds wait_{0};

    mutable std::mutex mutex_;   // guards what status() shows
    std::int64_t delivered_ = 0; // events known delivered; also in the cursor file
    bool working_ = true;
    std::string message_;
};

// One thread per sink: a blocked sink delays nobody.
class Publisher {
public:
    struct NamedSink {
        std::string name; // a file name: letters, digits, - and _
        std::unique_ptr<AuditSink> sink;
    };
    // Cursors are kept as <folder>/<sink's name>.
    static Result<std::unique_ptr<Publisher>> start(std::vector<NamedSink> sinks, AuditLog& log,
        FileSystem& files, const Clock& clock, const std::filesystem::path& cursorFolder);
    ~Publisher();

    void wakeUp(); // the log has grown
    // Call after AuditLog::stop(): what is left goes out through the sinks that still work.
    void stop();
    std::vector<SinkStatus> status() const;

private:
    struct Worker;
    Publisher();
    std::vector<std::unique_ptr<Worker>> workers_;
    std::atomic<bool> stopping_{false};
};

} // namespace perennial::controller
