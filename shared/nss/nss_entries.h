#pragma once

#include <set>
#include <string>
#include <vector>

namespace perennial::nss {

struct Entry {
    std::string nickname;
    std::string keyId; // as in StoredCertificate
    bool authority = false;
};

// For each entry of one database "" when it can be a slot, folder and nickname being its path, or
// why it cannot. Pure. What the helper of the store would refuse is none.
std::vector<std::string> whyNoSlots(
    const std::vector<Entry>& entries, const std::set<std::string>& keyIds);

} // namespace perennial::nss
