#pragma once

#include "shared/base/clock.h"
#include "shared/base/file_descriptor.h"
#include "shared/base/log.h"
#include "shared/http/server/http_server.h"

#include <memory>
#include <mutex>
#include <string>

namespace perennial::enrollment::server {

// One JSON object a line for each answer, in a file that logrotate may move away: reopen() takes
// up a new one. What cannot be written is lost and said once; no call waits for it.
class AccessLog {
public:
    // Makes the file with mode 0640.
    static Result<std::unique_ptr<AccessLog>> open(
        const std::string& file, const Clock& clock, const Log& log);

    void write(const std::string& listener, const http::Call& call, const http::Answer& answer,
        std::chrono::milliseconds took);
    void reopen(); // keeps the old one when the new one cannot be made

private:
    AccessLog(std::string file, const Clock& clock, const Log& log)
        : file_(std::move(file)), clock_(clock), log_(log)
    {
    }
    Result<FileDescriptor> openFile() const;

    std::string file_;
    const Clock& clock_;
    const Log& log_;
    std::mutex mutex_;
    FileDescriptor descriptor_;
    bool failing_ = false;
};

} // namespace perennial::enrollment::server
