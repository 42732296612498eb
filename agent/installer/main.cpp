#include "agent/installer/installer.h"
#include "shared/base/accounts.h"
#include "shared/base/capabilities.h"
#include "shared/base/connection_server.h"
#include "shared/base/signals.h"
#include "shared/base/system_error.h"
#include "shared/base/trusted_path.h"
#include "shared/x509/key_memory.h"

#include <algorithm>
#include <cerrno>
#include <CLI/CLI.hpp>
#include <iostream>
#include <linux/capability.h>
#include <unistd.h>

using namespace perennial;
using namespace perennial::installer;

namespace {

constexpr Duration firstPatience{5}; // for a caller's first message; who may call is asked then
constexpr Duration patience{30};     // for its next one
constexpr int messagesPerConnection = 100;
constexpr Duration connectionLife{60};
constexpr Duration verbLife{600};
constexpr Duration idleUnderSystemd{60};

Result<Guard> load(const std::string& guardFile)
{
    return loadGuard(std::filesystem::absolute(guardFile).lexically_normal());
}

void refuse(const UnixSocket& caller, const Error& error, const Log& log)
{
    log.error(error.message);
    auto answer = model::encode(
        {"refused", {{"kind", std::string(nameOf(error.kind))}, {"reason", error.message}}});
    if (answer) (void)caller.send(*answer);
}

// What the guard allows at this moment, and whether it allows this caller anything.
Result<Guard> guardFor(const UnixSocket& caller, const std::string& guardFile)
{
    auto guard = load(guardFile);
    if (!guard) return guard.error().in("the guard file");
    const auto peer = caller.peer();
    if (!peer) return peer.error();
    const auto& callers = guard->callers;
    if (std::find(callers.begin(), callers.end(), peer->uid) == callers.end())
        return Error{ErrorKind::PermissionDenied,
            "user " + std::to_string(peer->uid) + " is not among the guard's callers"};
    return guard;
}

// One caller, in a process of its own. The guard counts as it is at each message.
void answer(const UnixSocket& caller, const std::string& guardFile, const Log& log)
{
    x509::lockKeyMemory(x509::keyMemoryOfAProgram); // no lock outlives a fork
    PosixFileSystem files(PosixFileSystem::Links::Refuse);
    const SystemClock clock;
    const Deadline life(connectionLife);
    for (int count = 0; count < messagesPerConnection && !life.over(); ++count) {
        auto message = receiveUnlessStopped(caller, count == 0 ? firstPatience : patience);
        if (!message || message->content.empty()) return;
        const auto guard = guardFor(caller, guardFile);
        if (!guard) return refuse(caller, guard.error(), log);
        Installer installer(files, clock, *guard, log);
        const auto recovered = count == 0 ? installer.recover() : Status();
        if (!recovered) return refuse(caller, recovered.error(), log);
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
    x509::lockKeyMemory(x509::keyMemoryOfAProgram);
    auto guard = load(guardFile);
    if (!guard) return guard.error();
    PosixFileSystem files(PosixFileSystem::Links::Refuse);
    const SystemClock clock;
    if (auto status = Installer(files, clock, *guard, log).recover(); !status)
        return status.error();
    if (!listens) return UnixSocket(FileDescriptor());
    if (auto status = checkFolders(guard->socket); !status) return status.error();
    auto socket = UnixSocket::listen(guard->socket, guard->socketMode);
    const gid_t group = guard->socketGroup.value_or(::getegid());
    if (socket && ::lchown(guard->socket.c_str(), static_cast<uid_t>(-1), group) != 0)
        return systemError("cannot give a group to " + guard->socket.string(), errno);
    return socket;
}

// Whatever reads the guard file or a message does so in a child: the process that waits stays
// small.
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
    how.childLife = connectionLife + patience + verbLife;
    how.upkeep = [&] {
        if (auto done = prepare(guardFile, false, log); !done) log.error(done.error().message);
    };
    if (!passed.empty()) how.idleLife = idleUnderSystemd;
    log.info("ready");
    return serveConnections(socket, how);
}

} // namespace

int main(int argc, char** argv)
{
    hardenProcess();
    prepareSignals();
    CLI::App app{"Makes keys and places certificates, where the host's guard file allows it."};
    app.fallthrough(); // options may follow the subcommand
    app.set_version_flag("--version", "perennial-installer " PERENNIAL_VERSION);
    std::string config;
    bool check = false;
    app.add_option("--config", config, "The guard file (guard.yaml)")->required();
    app.add_flag(
        "--check-config", check, "Read the guard file, say what is wrong with it, and end");
    auto* serving =
        app.add_subcommand("serve", "Answer the callers that the guard names, until stopped");
    app.require_subcommand(0, 1);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }

    if (!check && !serving->parsed()) {
        std::cerr << "perennial-installer: say serve or --check-config (--help tells more)\n";
        return 2;
    }
    const auto checked = [&] {
        auto guard = load(config);
        return guard ? Status() : guard.error();
    };
    const Status status = check ? checked() : serve(config);
    if (!status) std::cerr << "perennial-installer: " << status.error().message << "\n";
    if (status && check) std::cout << "ok\n";
    return status ? 0 : 2;
}
