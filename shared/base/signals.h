#pragma once

namespace perennial {

// Ignores SIGPIPE and blocks SIGTERM, SIGINT and SIGHUP for every thread started later. Call first
// in main().
void prepareSignals();

enum class Signal { Stop, Reload };
Signal waitForSignal(); // SIGTERM and SIGINT stop, SIGHUP reloads

// No core dumps, no ptrace by others (RLIMIT_CORE 0, PR_SET_DUMPABLE 0). For every program near
// keys.
void hardenProcess();

} // namespace perennial
