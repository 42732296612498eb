#pragma once

#include "shared/base/encoding.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace perennial::audit {

// The Merkle tree of RFC 6962 section 2.1 over SHA-256. Hashes are 32 bytes. Leaves come as their
// hashes one after the other, as the log's file `leaves` has them.
inline constexpr std::size_t hashSize = 32;

Bytes leafHash(std::string_view record); // SHA-256(0x00 || record)

// A tree that grows at its right edge: keeps one hash per level, so both calls cost O(log n).
class TreeEdge {
public:
    void append(std::string_view leaf);
    std::uint64_t size() const { return size_; }
    Bytes root() const; // of nothing: SHA-256("")

private:
    std::vector<Bytes> complete_; // roots of the complete subtrees, biggest first
    std::uint64_t size_ = 0;
};

Bytes rootOf(std::string_view leaves);

// From the leaf's sibling up (2.1.1). index < number of leaves.
std::vector<Bytes> inclusionProof(std::string_view leaves, std::uint64_t index);
// That the first `oldSize` leaves are the beginning of all of them (2.1.2). Empty for 0 and for
// all.
std::vector<Bytes> consistencyProof(std::string_view leaves, std::uint64_t oldSize);

bool provesInclusion(const std::vector<Bytes>& proof, std::string_view leaf, std::uint64_t index,
    std::uint64_t size, std::string_view root);
bool provesConsistency(const std::vector<Bytes>& proof, std::uint64_t oldSize,
    std::string_view oldRoot, std::uint64_t newSize, std::string_view newRoot);

} // namespace perennial::audit
