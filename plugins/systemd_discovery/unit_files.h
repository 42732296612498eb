#pragma once

#include "plugins/systemd_discovery/unit_text.h"
#include "shared/plugin_api/discovery_source.h"
#include "shared/service_config/config_files.h"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace perennial::plugins::systemd {

// The units of a host, by the folders that systemd looks into, the most important one first.
class UnitFiles {
public:
    UnitFiles(service_config::ConfigFiles& files, std::vector<std::string> folders);

    // Services, sockets, mounts and swaps that have a file, instances of a template that are
    // enabled or have drop-ins of their own; no templates, no other names of one, none that is
    // masked.
    std::vector<UnitName> units() const;
    // The unit's file, then its drop-ins in the order in which systemd reads them.
    std::vector<std::string> filesOf(const UnitName& unit) const;

private:
    void addFolder(const std::string& folder);
    void addName(const std::string& name, const std::string& path);
    std::string fileOf(const UnitName& unit) const;

    service_config::ConfigFiles& files_;
    std::vector<std::string> folders_;
    std::map<std::string, std::string> paths_;                // of units, by name
    std::set<std::string> instances_;                         // "web@blue.service"
    std::map<std::string, std::vector<std::string>> dropIns_; // names in a folder, by its path
};

} // namespace perennial::plugins::systemd
