#pragma once

#include "shared/base/file_descriptor.h"
#include "shared/base/process.h"
#include "shared/base/result.h"

#include <sys/types.h>

namespace perennial {

// A child that leads its own process group, and our ends of its output, which do not block.
struct StartedChild {
    pid_t pid;
    FileDescriptor output;
    FileDescriptor errorOutput;
};

Result<StartedChild> startChild(const Command& command);

} // namespace perennial
