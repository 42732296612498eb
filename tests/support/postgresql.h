#pragma once

#include "tests/support/child_process.h"
#include "tests/support/test_pki.h"

#include <csignal>
#include <optional>
#include <pwd.h>

namespace perennial::test {

// Debian's PostgreSQL with a cluster of its own, which answers to nobody but asks for TLS; stopped
// by its process id. It refuses to run as root: then it is the user "postgres".
class PostgresqlServer {
public:
    static constexpr const char* programs = "/usr/lib/postgresql/15/bin/";

    explicit PostgresqlServer(int port) : port_(port)
    {
        std::filesystem::permissions(folder_.path(), std::filesystem::perms(0711));
        std::filesystem::create_directory(data());
        own(data());
        mustRun(command("initdb", {"-D", data(), "-A", "reject", "-U", "nobody", "--no-sync",
                                      "--no-instructions", "-E", "UTF8", "--locale", "C"}));
        configure(
            "postgresql.conf", "listen_addresses = '127.0.0.1'\nport = " + std::to_string(port) +
                                   "\nunix_socket_directories = ''\nfsync = off\n");
    }
    std::string data() const { return folder_ / "data"; }
    // A file in the data folder, PostgreSQL's own.
    std::string configure(const std::string& name, const std::string& text) const
    {
        auto file = folder_.write("data/" + name, text);
        own(file);
        return file;
    }
    void start()
    {
        process_.emplace(command("postgres", {"-D", data()}));
        process_->waitForPort(port_);
    }
    void reload() const { process_->signal(SIGHUP); }
    void waitForOutput(const std::string& text) { process_->waitForOutput(text); }

private:
    static void own(const std::string& path)
    {
        if (::geteuid() != 0) return;
        const auto* user = ::getpwnam("postgres");
        REQUIRE(user != nullptr);
        REQUIRE(::chown(path.c_str(), user->pw_uid, user->pw_gid) == 0);
    }
    static std::vector<std::string> command(
        const std::string& program, const std::vector<std::string>& arguments)
    {
        std::vector<std::string> words;
        if (::geteuid() == 0)
            words = {"/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"};
        words.push_back(programs + program);
        words.insert(words.end(), arguments.begin(), arguments.end());
        return words;
    }

    TemporaryFolder folder_;
    int port_;
    std::optional<ChildProcess> process_;
};

} // namespace perennial::test
