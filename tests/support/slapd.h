#pragma once

#include "tests/support/child_process.h"

namespace perennial::test {

// Debian's slapd in the foreground with the arguments given; stopped by its process id.
class Slapd {
public:
    Slapd(const std::vector<std::string>& arguments, int port)
    {
        std::vector<std::string> command = {"/usr/sbin/slapd", "-d", "none"};
        command.insert(command.end(), arguments.begin(), arguments.end());
        process_.emplace(command);
        process_->waitForPort(port);
    }

private:
    std::optional<ChildProcess> process_;
};

} // namespace perennial::test
