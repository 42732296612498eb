#pragma once

#include "tests/support/child_process.h"
#include "tests/support/test_pki.h"

#include <optional>
#include <pwd.h>

namespace perennial::test {

// Debian's MariaDB with data of its own and without tables of rights; stopped by its process id. As
// root it is the user "mysql".
class MariadbServer {
public:
    explicit MariadbServer(int port) : port_(port)
    {
        std::filesystem::permissions(folder_.path(), std::filesystem::perms(0711));
        std::filesystem::create_directory(data());
        own(data());
    }
    std::string data() const { return folder_ / "data"; }
    std::string config() const { return folder_ / "my.cnf"; }
    // A file in the data folder, MariaDB's own.
    void place(const std::string& name, const std::string& text) const
    {
        own(folder_.write("data/" + name, text));
    }
    // `options`: what stands in [mysqld] besides data and sockets.
    void start(const std::string& options)
    {
        folder_.write("my.cnf", "[mysqld]\ndatadir = " + data() + "\nsocket = " + socket() +
                                    "\npid-file = " + data() +
                                    "/pid\nport = " + std::to_string(port_) +
                                    "\ninnodb-log-file-size = 4M\n" + options);
        std::vector<std::string> command = {"/usr/sbin/mariadbd", "--defaults-file=" + config(),
            "--skip-grant-tables", "--skip-networking=0"};
        if (::geteuid() == 0) command.emplace_back("--user=mysql");
        process_.emplace(command);
        process_->waitForPort(port_);
    }

private:
    std::string socket() const { return data() + "/socket"; }
    static void own(const std::string& path)
    {
        if (::geteuid() != 0) return;
        const auto* user = ::getpwnam("mysql");
        REQUIRE(user != nullptr);
        REQUIRE(::chown(path.c_str(), user->pw_uid, user->pw_gid) == 0);
    }

    TemporaryFolder folder_;
    int port_;
    std::optional<ChildProcess> process_;
};

} // namespace perennial::test
