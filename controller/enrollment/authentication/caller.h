#pragma once

#include "shared/x509/certificate.h"

#include <optional>
#include <set>
#include <string>

namespace perennial::enrollment::server {

// Who asks, proven.
struct Caller {
    std::string name; // of a user or a mapping; "certificate <serial>" at a key-based endpoint
    std::set<std::string> groups;
    std::optional<x509::Certificate>
        certificate; // TLS client certificate, issued here and unrevoked
};

// Names that may stand for a caller: 1 to 128 visible ASCII characters. None has a space, so none
// passes for "certificate <serial>".
bool isCallerName(const std::string& name);

} // namespace perennial::enrollment::server
