#include "controller/enrollment/api/access_log.h"

#include "shared/base/encoding.h"
#include "shared/base/json.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>

namespace perennial::enrollment::server {

namespace {

// A line stays within what one write puts at the end whole.
constexpr std::size_t textLimit = 256;

void put(Json& line, const std::string& member, const std::string& text)
{
    if (!text.empty()) line[member] = toPrintable(text, textLimit);
}

} // namespace

Result<std::unique_ptr<AccessLog>> AccessLog::open(
    const std::string& file, const Clock& clock, const Log& log)
{
    std::unique_ptr<AccessLog> access(new AccessLog(file, clock, log));
    auto opened = access->openFile();
    if (!opened) return opened.error();
    access->descriptor_ = *std::move(opened);
    return access;
}

Result<FileDescriptor> AccessLog::openFile() const
{
    FileDescriptor opened(::open(
        file_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW, 0640));
    if (!opened) return Error{ErrorKind::InvalidInput, file_ + ": " + std::strerror(errno)};
    return opened;
}

void AccessLog::write(const std::string& listener, const http::Call& call,
    const http::Answer& answer, std::chrono::milliseconds took)
{
    Json line;
    line["time"] = toRfc3339(clock_.now());
    line["listener"] = listener;
    line["address"] = call.remoteAddress;
    put(line, "method", call.method);
    put(line, "path", call.path);
    const auto agent = call.headers.find("user-agent");
    if (agent != call.headers.end()) put(line, "user_agent", agent->second);
    put(line, "caller", answer.caller);
    if (call.peer) put(line, "certificate", call.peer->serial());
    line["status"] = answer.status;
    line["bytes"] = answer.body.size();
    line["milliseconds"] = static_cast<std::int64_t>(took.count());
    const auto text = line.canonical() + "\n";

    const std::lock_guard lock(mutex_);
    const bool written =
        ::write(descriptor_.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
    if (!written && !failing_)
        log_.error(
            file_ + ": lines are lost until it can be written again: " + std::strerror(errno));
    failing_ = !written;
}

void AccessLog::reopen()
{
    auto opened = openFile();
    if (!opened) {
        log_.error("access log: the old file is kept: " + opened.error().message);
        return;
    }
    const std::lock_guard lock(mutex_);
    descriptor_ = *std::move(opened);
}

} // namespace perennial::enrollment::server
