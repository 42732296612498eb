#include "shared/base/owner_shares.h"

#include <algorithm>
#include <unistd.h>

namespace perennial {

OwnerShares::OwnerShares(std::uint64_t whole) : whole_(whole), self_(::geteuid()) {}

std::uint64_t OwnerShares::left(uid_t owner) const
{
    if (isTrusted(owner)) return left();
    const auto found = by_.find(owner);
    const auto spent = found == by_.end() ? 0 : found->second;
    const auto ofOne = whole_ - whole_ / 2;
    const auto ofAll = whole_ - whole_ / 4;
    return std::min({left(), ofOne - std::min(ofOne, spent), ofAll - std::min(ofAll, byOthers_)});
}

void OwnerShares::spend(uid_t owner, std::uint64_t amount)
{
    amount = std::min(amount, left());
    spent_ += amount;
    if (isTrusted(owner)) return;
    byOthers_ += amount;
    by_[owner] += amount;
}

} // namespace perennial
