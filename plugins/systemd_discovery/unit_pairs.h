#pragma once

#include "plugins/systemd_discovery/credentials.h"
#include "shared/base/file_system.h"
#include "shared/plugin_api/discovery_source.h"

namespace perennial::plugins::systemd {

// Adds what the credentials of one unit are, as far as they are certificates: a file of PEM with
// the file of its key among the same unit's credentials, or with the key in itself, is a place;
// others are found. `folders`: where a credential without a path is looked for.
class UnitPairs {
public:
    UnitPairs(const FileSystem& files, const std::vector<std::string>& folders, Discovery& found)
        : files_(files), folders_(folders), found_(found)
    {
    }
    void add(const UnitName& unit, const Credentials& credentials);

private:
    struct Held;
    void look(const std::string& path, const Credential& credential, Held& held, int depth);
    std::string pathOf(const Credential& credential) const;
    void addSet(const std::string& name, const Credential& credential, const UnitName& unit);

    const FileSystem& files_;
    const std::vector<std::string>& folders_;
    Discovery& found_;
};

} // namespace perennial::plugins::systemd
