#pragma once

#include "shared/base/result.h"
#include "shared/model/slot.h"

#include <string>
#include <vector>

namespace perennial {

// One place a source found: files that belong together, and who uses them.
struct DiscoveredPlace {
    model::Place place;
    std::string service;                    // "nginx", or empty
    std::vector<model::Listener> listeners; // not looked at yet
};

struct Discovery {
    std::vector<DiscoveredPlace> places;
    std::vector<std::string> skipped; // "path: why"
};

// Finds certificates on a host by reading: no service program is run. Bounded in files, bytes and
// depth.
class DiscoverySource {
public:
    virtual ~DiscoverySource() = default;
    virtual Result<Discovery> discover() = 0;
};

} // namespace perennial
