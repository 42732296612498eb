#pragma once

#include "shared/base/file_system.h"
#include "shared/plugin_api/discovery_source.h"

#include <set>

namespace perennial::scanner {

// The most that a file with a chain, or with a chain and its key, may have: what the installer can
// put back.
inline constexpr std::size_t chainFileLimit = 95'000;

// What is in a place now. Of the key file only its attributes and whether its public half matches
// come out, as warnings. `roots`: see checkChain(). An Error says why the place is not taken.
Result<model::Slot> readSlot(const FileSystem& files, const DiscoveredPlace& found,
    const std::set<std::string>& roots, TimePoint now);

} // namespace perennial::scanner
