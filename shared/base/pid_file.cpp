#include "shared/base/pid_file.h"

#include "shared/base/file_descriptor.h"
#include "shared/base/file_system.h"
#include "shared/base/system_error.h"
#include "shared/base/trusted_path.h"

#include <cerrno>
#include <charconv>
#include <csignal>
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

// A process that ended and waits to be reaped is not alive.
bool isAlive(pid_t pid)
{
    auto stat = PosixFileSystem().read("/proc/" + std::to_string(pid) + "/stat", 4096);
    if (!stat) return false;
    const auto name = stat->rfind(')'); // "<pid> (<name>) <state> ..."; the name may hold anything
    return name != std::string::npos && name + 2 < stat->size() && (*stat)[name + 2] != 'Z' &&
           (*stat)[name + 2] != 'X';
}

} // namespace

Status signalProcessOf(const std::filesystem::path& pidFile, int signal)
{
    auto pid = readPidFile(pidFile);
    if (!pid) return pid.error();
    // Through a descriptor: whoever gets the number later is not meant.
    const FileDescriptor process(static_cast<int>(::syscall(SYS_pidfd_open, *pid, 0)));
    if (!process || !isAlive(*pid))
        return Error{ErrorKind::NotFound,
            "process " + std::to_string(*pid) + " of " + pidFile.string() + " is not running"};
    if (::syscall(SYS_pidfd_send_signal, process.get(), signal, nullptr, 0) != 0)
        return systemError("cannot signal process " + std::to_string(*pid), errno);
    return {};
}

} // namespace perennial
