#pragma once

#include "controller/audit/sink_runner.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace perennial::controller {

// One thread per sink: a blocked sink delays nobody.
class Publisher {
public:
    struct NamedSink {
        std::string name; // 1 to 64 letters, digits, - and _: it is a file name too
        std::unique_ptr<AuditSink> sink;
    };
    // Each sink's cursor is kept as <folder>/<its name>. InvalidInput for a bad name or one twice.
    static Result<std::unique_ptr<Publisher>> start(std::vector<NamedSink> sinks, AuditLog& log,
        FileSystem& files, const Clock& clock, const std::filesystem::path& cursorFolder);
    ~Publisher();
    Publisher(const Publisher&) = delete;
    Publisher& operator=(const Publisher&) = delete;

    void wakeUp(); // the log has grown
    // After AuditLog::stop(): what is left goes out through the sinks that still work, for at most
    // a few seconds. Then the sinks are closed.
    void stop();
    std::vector<SinkStatus> status() const;

private:
    class Worker;
    explicit Publisher(const Clock& clock);

    const Clock& clock_;
    std::vector<std::unique_ptr<Worker>> workers_;
};

} // namespace perennial::controller
