#include "controller/enrollment/cep/seen_rights.h"

#include <functional>

namespace perennial::enrollment::server {

namespace {

// Times count whole seconds: who asked earlier in this second may have been told of others.
constexpr Duration nextSecond = Duration(1);

} // namespace

TimePoint SeenRights::since(const std::string& caller, const std::string& rights, TimePoint now)
{
    const std::hash<std::string> hash;
    const std::lock_guard lock(mutex_);
    if (seen_.size() >= limit) seen_.clear();
    const auto [found, added] =
        seen_.try_emplace(hash(caller), Seen{hash(rights), now + nextSecond});
    auto& seen = found->second;
    if (!added && seen.rights != hash(rights)) seen = {hash(rights), now + nextSecond};
    return seen.since;
}

} // namespace perennial::enrollment::server
