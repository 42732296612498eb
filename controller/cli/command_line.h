#pragma once

#include "controller/cli/context.h"

#include <string>
#include <vector>

namespace perennial::cli {

// The program `perennial`: arguments without the program's name; gives its exit status.
int runCommandLine(const std::vector<std::string>& arguments, const Surroundings& around);

} // namespace perennial::cli
