#pragma once

#include "tests/support/child_process.h"
#include "tests/support/temporary_folder.h"

#include <string>
#include <unistd.h>
#include <vector>

namespace perennial::test {

// What Debian's Apache needs to run as a test's own, before any site.
inline std::string apacheBase(const TemporaryFolder& folder)
{
    const std::string modules = "/usr/lib/apache2/modules/";
    std::string text = "ServerRoot \"" + folder.path().string() +
                       "\"\nServerName main.invalid\nPidFile pid\nErrorLog /dev/stderr\n"
                       "DefaultRuntimeDir " +
                       folder.path().string() + "\nMutex posixsem\n";
    if (::geteuid() == 0) text += "User nobody\nGroup nogroup\n";
    for (const std::string name : {"mpm_event", "authz_core", "ssl"})
        text += "LoadModule " + name + "_module " + modules + "mod_" + name + ".so\n";
    return text;
}

inline std::vector<std::string> apacheCommand(const TemporaryFolder& folder,
    const std::string& file, const std::vector<std::string>& more = {})
{
    std::vector<std::string> command = {
        "/usr/sbin/apache2", "-d", folder.path().string(), "-f", file};
    command.insert(command.end(), more.begin(), more.end());
    return command;
}

// A running Apache; stopped by its process id.
class Apache {
public:
    Apache(const TemporaryFolder& folder, const std::string& file, int port)
        : process_(apacheCommand(folder, file, {"-D", "FOREGROUND"}))
    {
        process_.waitForPort(port);
    }

private:
    ChildProcess process_;
};

} // namespace perennial::test
