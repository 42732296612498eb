#include "shared/nss/nss_entries.h"

#include <algorithm>
#include <map>

namespace perennial::nss {

namespace {

constexpr std::size_t mostSlots = 100; // of one database, each of which reads it again

bool canBePath(const std::string& nickname)
{
    const bool printable = std::none_of(nickname.begin(), nickname.end(),
        [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
    return !nickname.empty() && printable && nickname != "." && nickname != ".." &&
           nickname.front() != '-' && nickname.find_first_of(":/") == std::string::npos;
}

} // namespace

std::vector<std::string> whyNoSlots(
    const std::vector<Entry>& entries, const std::set<std::string>& keyIds)
{
    std::map<std::string, std::size_t> named;
    for (const auto& entry : entries)
        ++named[entry.nickname];
    std::vector<std::string> reasons;
    std::size_t slots = 0;
    for (const auto& entry : entries) {
        auto& why = reasons.emplace_back();
        if (entry.authority)
            why = "the certificate of an authority";
        else if (entry.keyId.empty() || keyIds.count(entry.keyId) == 0)
            why = "no key was found for it";
        else if (!canBePath(entry.nickname))
            why = "its nickname cannot name a slot";
        else if (named[entry.nickname] > 1)
            why = "several certificates have its nickname";
        else if (++slots > mostSlots)
            why = "its database has " + std::to_string(mostSlots) + " slots already";
    }
    return reasons;
}

} // namespace perennial::nss
