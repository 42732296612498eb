#include "shared/base/confined_program.h"

#include "shared/base/transient_unit.h"

#include <unistd.h>

namespace perennial {

namespace {

// systemd gives a service variables of its own, so the program that starts it takes them away.
void append(std::vector<std::string>& words, const Command& command)
{
    words.emplace_back("/usr/bin/env");
    words.emplace_back("-i");
    for (const auto& [name, value] : command.environment)
        words.push_back(name + "=" + value);
    words.push_back(command.program);
    words.insert(words.end(), command.arguments.begin(), command.arguments.end());
}

Command confinedUnit(const Command& command, const Confinement& limits)
{
    std::vector<std::string> settings = {"--unit=" + limits.unit};
    const auto set = [&settings](const std::string& property) {
        settings.push_back("--property=" + property);
    };
    set("KillMode=control-group");
    set("TimeoutStopSec=1");
    set("MemoryMax=" + std::to_string(limits.memory));
    set("MemorySwapMax=0");
    set("TasksMax=" + std::to_string(limits.tasks));
    set("LimitFSIZE=" + std::to_string(limits.fileSize));
    set("LimitCORE=0");
    set("UMask=0077");
    set("ProtectSystem=strict");
    set("ProtectHome=read-only");
    set("ReadWritePaths=" + limits.folder);
    set("CapabilityBoundingSet=CAP_CHOWN CAP_DAC_OVERRIDE CAP_FOWNER");
    set("RestrictAddressFamilies=AF_UNIX");
    for (const char* right : {"NoNewPrivileges", "PrivateTmp", "PrivateDevices", "PrivateNetwork",
             "PrivateIPC", "ProtectClock", "ProtectControlGroups", "ProtectHostname",
             "ProtectKernelLogs", "ProtectKernelModules", "ProtectKernelTunables",
             "RestrictNamespaces", "RestrictRealtime", "RestrictSUIDSGID", "LockPersonality"})
        set(std::string(right) + "=yes");
    Command bare = command;
    std::vector<std::string> words;
    append(words, command);
    bare.environment.clear();
    bare.program = words.front();
    bare.arguments.assign(words.begin() + 1, words.end());
    return asTransientUnit(bare, settings);
}

} // namespace

Command inProcessNamespace(const Command& command, const Confinement& limits)
{
    Command confined = command;
    confined.environment.clear();
    confined.program = "/usr/bin/setpriv";
    // The first process of a namespace takes all others with it. The second unshare is it, which
    // ends with the program, and goes with the first one as that goes with us. The program itself
    // as the first would be deaf to signals, its own too.
    confined.arguments = {"--no-new-privs", "--pdeathsig", "KILL", "/usr/bin/prlimit", "--core=0",
        "--as=" + std::to_string(limits.memory), "--fsize=" + std::to_string(limits.fileSize), "--",
        "/usr/bin/unshare", "--pid", "--fork", "--kill-child=KILL"};
    if (::geteuid() != 0)
        confined.arguments.insert(confined.arguments.end(), {"--user", "--map-current-user"});
    confined.arguments.insert(
        confined.arguments.end(), {"--", "/usr/bin/unshare", "--fork", "--kill-child=KILL", "--"});
    append(confined.arguments, command);
    return confined;
}

Command asConfined(const Command& command, const Confinement& limits)
{
    return canUseTransientUnits() ? confinedUnit(command, limits)
                                  : inProcessNamespace(command, limits);
}

} // namespace perennial
