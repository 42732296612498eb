#pragma once

#include "controller/enrollment/api/line_file.h"
#include "shared/base/clock.h"
#include "shared/http/server/http_server.h"

namespace perennial::enrollment::server {

// One JSON object a line for each answer, in a file that logrotate may move away: reopen() takes
// up a new one. No call waits for the file.
class AccessLog {
public:
    static Result<std::unique_ptr<AccessLog>> open(
        const std::string& file, const Clock& clock, const Log& log);

    void write(const std::string& listener, const http::Call& call, const http::Answer& answer,
        std::chrono::milliseconds took);
    void reopen() { lines_->reopen(); }
    std::int64_t lostLines() const { return lines_->lost(); }

private:
    AccessLog(std::unique_ptr<LineFile> lines, const Clock& clock)
        : lines_(std::move(lines)), clock_(clock)
    {
    }

    std::unique_ptr<LineFile> lines_;
    const Clock& clock_;
};

} // namespace perennial::enrollment::server
