#pragma once

#include "shared/base/file_descriptor.h"

#include <string>
#include <sys/types.h>
#include <vector>

namespace perennial::test {

// A port of 127.0.0.1 and ::1 on which nobody listens, and which is nobody else's until this process
// ends: other tests that run are given others, and the kernel gives callers higher ones.
int freePort();

// A server that a test needs: started here, stopped by its process id when this goes. It dies with
// the test program too. Its standard output and error are kept together.
class ChildProcess {
public:
    // command[0] is an absolute path. Standard input stays open and silent: s_server ends at its
    // end.
    explicit ChildProcess(const std::vector<std::string>& command, const std::string& folder = "/");
    ~ChildProcess() { stop(); }
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;

    // Returns when somebody accepts connections there. Fails the test when the child ends first or
    // after thirty seconds.
    void waitForPort(int port, const std::string& address = "127.0.0.1");
    void say(const std::string& text) const;     // on its standard input
    void waitForOutput(const std::string& text); // fails the test after thirty seconds without it
    // The same for a SEQPACKET Unix socket.
    void waitForUnixSocket(const std::string& path);
    void signal(int number) const;
    bool running();
    int stop(); // SIGTERM, after five seconds SIGKILL; returns the exit status (128 + signal)
    std::string output();
    pid_t pid() const { return pid_; }

private:
    bool reap(bool block);

    std::string program_;
    pid_t pid_ = -1;
    int status_ = 0;
    FileDescriptor input_;   // the writing end of a pipe
    FileDescriptor output_;  // a file without a name
    FileDescriptor process_; // a pidfd, to wait for the end
};

// A tool that runs to its end and is judged by what it says.
struct ToolRun {
    int status = 0;     // 124: it did not end in time
    std::string output; // standard output and error
};
ToolRun runTool(const std::vector<std::string>& command, const std::string& input = "",
    int timeoutSeconds = 20);
// The same, and the test fails unless it ends with 0.
std::string mustRun(const std::vector<std::string>& command, const std::string& input = "");

} // namespace perennial::test
