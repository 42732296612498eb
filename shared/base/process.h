#pragma once

#include "shared/base/clock.h"
#include "shared/base/file_descriptor.h"
#include "shared/base/result.h"

#include <map>
#include <string>
#include <vector>

namespace perennial {

struct Command {
    std::string program; // absolute path; never looked up, never a shell
    std::vector<std::string> arguments;
    std::map<std::string, std::string> environment; // exactly this; nothing is inherited
    std::string input;                              // what the child reads on standard input
    std::string workingFolder = "/";
    Duration timeout{60};               // then the child's whole process group is killed
    std::size_t outputLimit = 1U << 20U; // of each stream; a child that writes more is killed
};

struct Finished {
    int status = 0;          // exit status; 128 + signal when killed
    bool timedOut = false;
    std::string output;      // standard output
    std::string errorOutput; // standard error
};

// Runs to its end. NotFound: no such program; Unavailable: timed out or wrote too much.
Result<Finished> run(const Command& command);

} // namespace perennial
