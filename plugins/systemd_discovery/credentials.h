#pragma once

#include "plugins/systemd_discovery/unit_text.h"

#include <map>
#include <string>
#include <utility>

namespace perennial::plugins::systemd {

// One credential of a unit in the end.
struct Credential {
    CredentialLine::Kind kind = CredentialLine::Kind::Load;
    std::string source; // a path, relative to the stores of credentials; empty for one that is set
    std::string at;     // "/etc/systemd/system/web.service:12"
    std::vector<x509::Certificate> certificates = {}; // that it is set to
    bool isBroken = false;                            // one of them cannot be read
};

// Those that are loaded count before those that are set, and both are kept.
using CredentialName = std::pair<bool, std::string>; // whether it is set, and its name

// The credentials of one unit while its files are read one after the other.
class Credentials {
public:
    explicit Credentials(UnitName unit) : unit_(std::move(unit)) {}

    // "" or what is wrong with the line.
    std::string take(const CredentialLine& line, const std::string& file);
    const std::map<CredentialName, Credential>& all() const { return all_; }

private:
    UnitName unit_;
    std::map<CredentialName, Credential> all_;
};

} // namespace perennial::plugins::systemd
