#include "shared/base/log.h"

#include "shared/base/clock.h"
#include "shared/base/encoding.h"

#include <cerrno>
#include <cstdlib>
#include <string>
#include <unistd.h>

namespace perennial {

namespace {

constexpr std::size_t longestMessage = 4096;

std::string_view wordFor(LogLevel level)
{
    switch (level) {
    case LogLevel::Debug: return "debug";
    case LogLevel::Info: return "info";
    case LogLevel::Warning: return "warning";
    case LogLevel::Error: return "error";
    }
    return "error";
}

// sd-daemon(3): systemd takes a line's priority from such a prefix.
std::string_view priorityFor(LogLevel level)
{
    switch (level) {
    case LogLevel::Debug: return "<7>";
    case LogLevel::Info: return "<6>";
    case LogLevel::Warning: return "<4>";
    case LogLevel::Error: return "<3>";
    }
    return "<3>";
}

} // namespace

Log::Log(std::string_view program, LogLevel level) : program_(program), level_(level) {}

void Log::write(LogLevel level, std::string_view message) const
{
    if (level < level_) return;
    std::string line;
    if (std::getenv("JOURNAL_STREAM") != nullptr) {
        line = priorityFor(level);
    } else {
        line = toRfc3339(SystemClock().preciseNow()) + " ";
    }
    line.append(program_).append(" ").append(wordFor(level)).append(": ");
    line += toPrintable(message, longestMessage) + "\n";

    // One write, so that lines of several threads or programs do not mix.
    while (::write(STDERR_FILENO, line.data(), line.size()) < 0 && errno == EINTR) {}
}

} // namespace perennial
