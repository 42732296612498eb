#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace perennial::plugins::files {

// A set of numbers that are spread evenly, 8 to 16 bytes each.
class FingerprintSet {
public:
    bool insert(std::uint64_t value); // false: it was there
    bool contains(std::uint64_t value) const;
    std::size_t size() const { return size_ + (hasZero_ ? 1 : 0); }

private:
    std::size_t slotOf(std::uint64_t value) const; // where it is, or would be
    void grow();

    std::vector<std::uint64_t> slots_; // a power of two; 0: free
    std::size_t size_ = 0;
    bool hasZero_ = false;
};

} // namespace perennial::plugins::files
