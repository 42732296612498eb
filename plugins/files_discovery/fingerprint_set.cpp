#include "plugins/files_discovery/fingerprint_set.h"

#include "plugins/files_discovery/file_identity.h"

#include <utility>

namespace perennial::plugins::files {

namespace {

__extension__ using Wide = unsigned __int128;

std::uint64_t fold(std::uint64_t a, std::uint64_t b)
{
    const auto product = static_cast<Wide>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

} // namespace

std::uint64_t fingerprintOf(const FileIdentity& identity, const FingerprintSeed& seed)
{
    auto mixed = fold(identity.device ^ seed[0], identity.inode ^ seed[1]);
    mixed = fold(
        mixed ^ identity.size ^ seed[2], static_cast<std::uint64_t>(identity.modified) ^ seed[3]);
    return fold(mixed ^ seed[4], static_cast<std::uint64_t>(identity.changed) ^ seed[0]);
}

std::size_t FingerprintSet::slotOf(std::uint64_t value) const
{
    const auto mask = slots_.size() - 1;
    auto at = value & mask;
    while (slots_[at] != 0 && slots_[at] != value)
        at = (at + 1) & mask;
    return at;
}

bool FingerprintSet::contains(std::uint64_t value) const
{
    if (value == 0) return hasZero_;
    return !slots_.empty() && slots_[slotOf(value)] == value;
}

bool FingerprintSet::insert(std::uint64_t value)
{
    if (value == 0) return !std::exchange(hasZero_, true);
    if (size_ * 4 >= slots_.size() * 3) grow();
    auto& slot = slots_[slotOf(value)];
    if (slot == value) return false;
    slot = value;
    ++size_;
    return true;
}

void FingerprintSet::grow()
{
    const auto old = std::exchange(
        slots_, std::vector<std::uint64_t>(slots_.empty() ? 1024 : slots_.size() * 2));
    for (const auto value : old) {
        if (value != 0) slots_[slotOf(value)] = value;
    }
}

} // namespace perennial::plugins::files
