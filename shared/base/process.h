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
    std::vector<int> descriptors; // open in the child as 3, 4, ... in this order; no other is
    std::string workingFolder = "/";
    Duration timeout{60};                // then the child's whole process group is killed
    std::size_t outputLimit = 1U << 20U; // of each stream; a child that writes more is killed
};

struct Finished {
    int status = 0;          // exit status; 128 + signal when killed by somebody else
    std::string output;      // standard output
    std::string errorOutput; // standard error
};

// Runs to the end of the program itself; what it left running in the background is left alone.
// NotFound: no such program; PermissionDenied: it may not be run; Unavailable: it timed out or
// wrote too much, and was killed with its process group.
Result<Finished> run(const Command& command);

} // namespace perennial
