#pragma once

#include "tests/support/child_process.h"
#include "tests/support/temporary_folder.h"

#include <optional>

namespace perennial::test {

// What Postfix needs to run apart from the host's own, before anything of TLS.
inline std::string postfixBase(const TemporaryFolder& folder)
{
    const auto in = folder.path().string();
    return "compatibility_level = 3.6\nqueue_directory = " + in + "/spool\ndata_directory = " + in +
           "/state\nmail_owner = postfix\nsetgid_group = postdrop\nmyhostname = mail.test\n"
           "inet_interfaces = 127.0.0.1\ninet_protocols = ipv4\nmydestination =\n"
           "local_transport = error:none\nalias_maps =\nmaillog_file = " +
           in + "/log\nmaillog_file_prefixes = " + in + "\n";
}

// The services that smtpd asks.
inline const std::string postfixHelpers = "rewrite unix - - n - - trivial-rewrite\n"
                                          "proxymap unix - - n - - proxymap\n"
                                          "anvil unix - - n - 1 anvil\n"
                                          "tlsmgr unix - - n 1000? 1 tlsmgr\n"
                                          "postlog unix-dgram n - n - 1 postlogd\n";

// Debian's Postfix with a configuration, a queue and a log of its own; stopped by its process id.
// Only root can run it.
class Postfix {
public:
    Postfix(const TemporaryFolder& folder, int port)
    {
        const auto in = folder.path().string();
        for (const char* name : {"spool", "state"})
            std::filesystem::create_directory(folder / name);
        mustRun({"/usr/bin/chown", "postfix", folder / "state"});
        std::filesystem::permissions(folder.path(), std::filesystem::perms(0711));
        mustRun({"/usr/sbin/postfix", "-c", in, "check"});
        process_.emplace(std::vector<std::string>{"/usr/lib/postfix/sbin/master", "-d", "-c", in});
        process_->waitForPort(port);
    }

private:
    std::optional<ChildProcess> process_;
};

// What Dovecot needs to run apart from the host's own, before its listeners.
inline std::string dovecotBase(const TemporaryFolder& folder)
{
    const auto in = folder.path().string();
    return "base_dir = " + in + "/run\nstate_dir = " + in + "/run\nlog_path = " + in +
           "/log\nprotocols = imap pop3\nlisten = 127.0.0.1\n"
           "passdb {\n driver = static\n args = password=none\n}\n"
           "userdb {\n driver = static\n args = uid=nobody gid=nogroup home=/nonexistent\n}\n"
           "service anvil {\n chroot =\n}\n";
}

// Debian's Dovecot with `dovecot.conf` of a folder; stopped by its process id.
class Dovecot {
public:
    Dovecot(const TemporaryFolder& folder, int port)
    {
        std::filesystem::permissions(folder.path(), std::filesystem::perms(0711));
        std::filesystem::create_directory(folder / "run");
        process_.emplace(
            std::vector<std::string>{"/usr/sbin/dovecot", "-F", "-c", folder / "dovecot.conf"});
        process_->waitForPort(port);
    }

private:
    std::optional<ChildProcess> process_;
};

} // namespace perennial::test
