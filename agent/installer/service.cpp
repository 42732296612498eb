#include "agent/installer/service.h"

#include "agent/installer/installer.h"
#include "shared/base/accounts.h"
#include "shared/base/capabilities.h"
#include "shared/base/connection_server.h"
#include "shared/base/system_error.h"

#include <algorithm>
#include <cerrno>
#include <linux/capability.h>
#include <unistd.h>

namespace perennial::installer {

namespace {

constexpr Duration patience{30}; // for a caller's next message
constexpr int messagesPerConnection = 100;
constexpr Duration idleUnderSystemd{60};

Result<Guard> load(const std::string& guardFile)
{
    const auto path = std::filesystem::absolute(guardFile).lexically_normal();
    return loadGuard(PosixFileSystem(PosixFileSystem::Links::Refuse), path);
}

Status recover(const Guard& guard, const Log& log)
{
    PosixFileSystem files(PosixFileSystem::Links::Refuse);
    const SystemClock clock;
    return Installer(files, clock, guard, log).recover();
}

void refuse(const UnixSocket& caller, const Error& error, const Log& log)
{
    log.error(error.message);
    auto answer = model::encode(
        {"refused", {{"kind", std::string(nameOf(error.kind))}, {"reason", error.message}}});
    if (answer) (void)caller.send(*answer);
}

// One caller, in a process of its own.
void answer(const UnixSocket& caller, const std::string& guardFile, const Log& log)
{
    auto guard = load(guardFile);
    if (!guard) return refuse(caller, guard.error().in("the guard file"), log);
    auto peer = caller.peer();
    if (!peer) return refuse(caller, peer.error(), log);
    const auto& callers = guard->callers;
    if (std::find(callers.begin(), callers.end(), peer->uid) == callers.end())
        return refuse(caller,
            {ErrorKind::PermissionDenied,
                "user " + std::to_string(peer->uid) + " is not among the guard's callers"},
            log);
    PosixFileSystem files(PosixFileSystem::Links::Refuse);
    const SystemClock clock;
    Installer installer(files, clock, *guard, log);
    if (auto status = installer.recover(); !status) return refuse(caller, status.error(), log);
    for (int count = 0; count < messagesPerConnection; ++count) {
        auto message = receiveUnlessStopped(caller, patience);
        if (!message || message->content.empty()) return;
        auto request = model::decodeInstallerMessage(message->content);
        if (!request) return refuse(caller, request.error(), log);
        const Answer given = installer.handle(*request);
        std::vector<int> lent;
        for (const auto& descriptor : given.descriptors)
            lent.push_back(descriptor.get());
        auto bytes = model::encode(given.message);
        if (!bytes) return refuse(caller, bytes.error(), log);
        if (!caller.send(*bytes, lent)) return;
    }
}

Result<UnixSocket> prepare(const std::string& guardFile, bool listens, const Log& log)
{
    auto guard = load(guardFile);
    if (!guard) return guard.error();
    if (auto status = recover(*guard, log); !status) return status.error();
    if (!listens) return UnixSocket(FileDescriptor());
    auto socket = UnixSocket::listen(guard->socket, guard->socketMode);
    const gid_t group = guard->socketGroup.value_or(::getegid());
    if (socket && ::lchown(guard->socket.c_str(), static_cast<uid_t>(-1), group) != 0)
        return systemError("cannot give a group to " + guard->socket.string(), errno);
    return socket;
}

} // namespace

Status checkConfig(const std::string& guardFile)
{
    auto guard = load(guardFile);
    return guard ? Status() : guard.error();
}

Status serve(const std::string& guardFile)
{
    const Log log("perennial-installer");
    // For files of others, and their owners and modes; for signals. Actions start with root's usual
    // ones.
    if (auto status = keepCapabilities({CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_KILL});
        !status)
        return status;
    auto passed = UnixSocket::fromSystemd();
    auto made = socketFromChild([&] { return prepare(guardFile, passed.empty(), log); });
    if (!made) return made.error();
    const UnixSocket& socket = passed.empty() ? *made : passed.front();

    ConnectionServing how;
    how.serve = [&](const UnixSocket& caller) { answer(caller, guardFile, log); };
    how.upkeep = [&] {
        auto guard = load(guardFile);
        Status status = guard ? recover(*guard, log) : guard.error();
        if (!status) log.error(status.error().message);
    };
    if (!passed.empty()) how.idleLife = idleUnderSystemd;
    log.info("ready");
    return serveConnections(socket, how);
}

} // namespace perennial::installer
