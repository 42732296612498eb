#pragma once

#include <string>

namespace perennial::service_config {

// "" or why a path of a configuration is no file that can be renewed. Says nothing of the path:
// keys can be written in its stead.
std::string findPathFault(const std::string& path);

// A path as the service takes it, relative to a folder; without "." and "..", which an installer
// would refuse.
std::string fullPath(const std::string& path, const std::string& folder);

} // namespace perennial::service_config
