#pragma once

#include "controller/controller_config.h"

// What an administrator does on the controller's own machine.
namespace perennial::controller {

// Makes a token for the operator API, stores its hash, writes it to a new file that only its owner
// may read.
Status addOperator(const ControllerConfig& config, FileSystem& files, const std::string& name,
    const std::string& role, const std::string& tokenFile);

// Database (while in use), authority, audit log and its key, policy state: everything a new machine
// needs. The folder must not exist. The audit log is copied after the database, so it is never
// behind it; SHA256SUMS, in the form that sha256sum reads, comes last: without it a backup is not
// whole.
Status backup(const ControllerConfig& config, FileSystem& files, const Clock& clock,
    const std::string& folder);
// Into an empty state folder; the controller must not run. Nothing is written when a file of the
// backup is not as it was made (Corrupt) or when a newer version made it (InvalidInput). The
// database comes last: a restore that was cut off is made again.
Status restore(const ControllerConfig& config, FileSystem& files, const std::string& folder);

} // namespace perennial::controller
