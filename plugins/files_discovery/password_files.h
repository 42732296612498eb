#pragma once

#include "shared/base/secret.h"
#include "shared/plugin_api/discovery_source.h"

#include <string>
#include <utility>
#include <vector>

namespace perennial::plugins::files {

// Which file's first line is the password of which file, or of everything below which folder.
class PasswordFiles {
public:
    // Lines "/srv/tls/web.p12: /etc/perennial/passwords/web". InvalidInput names the line.
    static Result<PasswordFiles> fromLines(const std::string& lines);

    // Reads the passwords. What cannot be read is skipped, with the reason.
    void read(Discovery& found);
    // Of the longest path that fits; null for none.
    const Secret* passwordFor(const std::string& path) const;
    // Another text when one of the files or their naming has changed.
    std::string state() const;

private:
    struct Entry {
        std::string path;
        std::string passwordFile;
        Secret password;
        bool known = false;
        std::string state;
    };
    std::vector<Entry> entries_;
};

} // namespace perennial::plugins::files
