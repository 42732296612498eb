#include "shared/base/pid_file.h"

#include "shared/base/file_descriptor.h"
#include "shared/base/file_system.h"
#include "shared/base/system_error.h"
#include "shared/base/trusted_path.h"

#include <cerrno>
#include <charconv>
#include <csignal>
#include <poll.h>
#include <sys/syscall.h>

namespace perennial {

namespace {

Result<pid_t> readPidFile(const std::filesystem::path& file)
{
    auto text = readTrustedFile(file, 32);
    if (!text) return text.error();
    if (text->ends_with('\n')) text->pop_back();
    pid_t pid = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), pid);
    if (error != std::errc() || end != text->data() + text->size() || pid < 2 ||
        text->front() == '0')
        return Error{
            ErrorKind::InvalidInput, file.string() + " does not hold a process's number alone"};
    return pid;
}

// One that ended and waits to be reaped is not alive. Says nothing of /proc, which may be hidden.
bool isAlive(const FileDescriptor& process)
{
    pollfd ended{process.get(), POLLIN, 0};
    return process && ::poll(&ended, 1, 0) == 0;
}

} // namespace

Status signalProcessOf(const std::filesystem::path& pidFile, int signal)
{
    auto pid = readPidFile(pidFile);
    if (!pid) return pid.error();
    // Through a descriptor: whoever gets the number later is not meant.
    const FileDescriptor process(static_cast<int>(::syscall(SYS_pidfd_open, *pid, 0)));
    if (!isAlive(process))
        return Error{ErrorKind::NotFound,
            "process " + std::to_string(*pid) + " of " + pidFile.string() + " is not running"};
    if (::syscall(SYS_pidfd_send_signal, process.get(), signal, nullptr, 0) != 0)
        return systemError("cannot signal process " + std::to_string(*pid), errno);
    return {};
}

} // namespace perennial
