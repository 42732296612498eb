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
// behind it.
Status backup(const ControllerConfig& config, FileSystem& files, const std::string& folder);
// Into an empty state folder; the controller must not run.
Status restore(const ControllerConfig& config, FileSystem& files, const std::string& folder);

} // namespace perennial::controller
