#pragma once

#include "shared/base/process.h"

namespace perennial {

// What a program of somebody else's may have.
struct Confinement {
    std::string unit;         // a name: two with the same one never run at the same time
    std::string folder;       // all that it may write to, besides a /tmp of its own
    std::uint64_t memory = 0; // bytes
    std::uint64_t fileSize = 0;
    int tasks = 0;
};

// The same program, confined, without any variable in its environment, and killed as a whole, with
// all that it started: at its own end, at the time limit, and with its caller. Where systemd runs
// and we are root: a transient service that can write to the folder alone and has no network. Else
// by util-linux: a process namespace of its own and resource limits, which keep it from no file.
Command asConfined(const Command& command, const Confinement& limits);
// The second way, whatever runs here.
Command inProcessNamespace(const Command& command, const Confinement& limits);

} // namespace perennial
