#include "shared/audit/merkle_tree.h"

#include "shared/x509/digest.h"

#include <bit>

namespace perennial::audit {

namespace {

// RFC 6962 2.1: the first byte keeps leaves and nodes apart.
Bytes nodeHash(std::string_view left, std::string_view right)
{
    std::string bytes(1, '\x01');
    bytes.append(left).append(right);
    return x509::sha256(bytes);
}

std::uint64_t countOf(std::string_view leaves) { return leaves.size() / hashSize; }

std::string_view part(std::string_view leaves, std::uint64_t first, std::uint64_t last)
{
    return leaves.substr(static_cast<std::size_t>(first) * hashSize,
        static_cast<std::size_t>(last - first) * hashSize);
}

// The largest power of two smaller than `count`; count > 1.
std::uint64_t splitOf(std::uint64_t count) { return std::bit_floor(count - 1); }

// SUBPROOF(m, D[n], b) of RFC 6962 2.1.2; `whole`: the old tree's root is known to the reader.
void addConsistency(
    std::vector<Bytes>& proof, std::string_view leaves, std::uint64_t oldSize, bool whole)
{
    const auto count = countOf(leaves);
    if (oldSize == count) {
        if (!whole) proof.push_back(rootOf(leaves));
        return;
    }
    const auto split = splitOf(count);
    const auto left = part(leaves, 0, split);
    const auto right = part(leaves, split, count);
    if (oldSize <= split) {
        addConsistency(proof, left, oldSize, whole);
        proof.push_back(rootOf(right));
    } else {
        addConsistency(proof, right, oldSize - split, false);
        proof.push_back(rootOf(left));
    }
}

} // namespace

Bytes leafHash(std::string_view record)
{
    std::string bytes(1, '\0');
    bytes.append(record);
    return x509::sha256(bytes);
}

void TreeEdge::append(std::string_view leaf)
{
    complete_.emplace_back(leaf);
    for (auto full = size_; (full & 1U) != 0; full >>= 1U) {
        const Bytes right = std::move(complete_.back());
        complete_.pop_back();
        complete_.back() = nodeHash(complete_.back(), right);
    }
    ++size_;
}

Bytes TreeEdge::root() const
{
    if (complete_.empty()) return x509::sha256("");
    Bytes root = complete_.back();
    for (auto left = complete_.rbegin() + 1; left != complete_.rend(); ++left)
        root = nodeHash(*left, root);
    return root;
}

Bytes rootOf(std::string_view leaves)
{
    TreeEdge edge;
    for (std::uint64_t i = 0; i < countOf(leaves); ++i)
        edge.append(part(leaves, i, i + 1));
    return edge.root();
}

std::vector<Bytes> inclusionProof(std::string_view leaves, std::uint64_t index)
{
    std::vector<Bytes> fromRoot;
    while (countOf(leaves) > 1) {
        const auto count = countOf(leaves);
        const auto split = splitOf(count);
        const bool left = index < split;
        fromRoot.push_back(rootOf(left ? part(leaves, split, count) : part(leaves, 0, split)));
        leaves = left ? part(leaves, 0, split) : part(leaves, split, count);
        if (!left) index -= split;
    }
    return {fromRoot.rbegin(), fromRoot.rend()};
}

std::vector<Bytes> consistencyProof(std::string_view leaves, std::uint64_t oldSize)
{
    std::vector<Bytes> proof;
    if (oldSize > 0 && oldSize < countOf(leaves)) addConsistency(proof, leaves, oldSize, true);
    return proof;
}

// RFC 9162 2.1.3.2
bool provesInclusion(const std::vector<Bytes>& proof, std::string_view leaf, std::uint64_t index,
    std::uint64_t size, std::string_view root)
{
    if (index >= size) return false;
    auto node = index;
    auto last = size - 1;
    Bytes hash(leaf);
    for (const auto& sibling : proof) {
        if (last == 0) return false;
        if ((node & 1U) != 0 || node == last) {
            hash = nodeHash(sibling, hash);
            while ((node & 1U) == 0 && node != 0) {
                node >>= 1U;
                last >>= 1U;
            }
        } else {
            hash = nodeHash(hash, sibling);
        }
        node >>= 1U;
        last >>= 1U;
    }
    return last == 0 && hash == root;
}

// RFC 9162 2.1.4.2
bool provesConsistency(const std::vector<Bytes>& proof, std::uint64_t oldSize,
    std::string_view oldRoot, std::uint64_t newSize, std::string_view newRoot)
{
    if (oldSize > newSize) return false;
    if (oldSize == newSize) return proof.empty() && oldRoot == newRoot;
    if (oldSize == 0) return proof.empty() && oldRoot == TreeEdge().root();

    std::vector<Bytes> hashes;
    if (std::has_single_bit(oldSize)) hashes.emplace_back(oldRoot);
    hashes.insert(hashes.end(), proof.begin(), proof.end());
    if (hashes.empty()) return false;

    auto node = oldSize - 1;
    auto last = newSize - 1;
    while ((node & 1U) != 0) {
        node >>= 1U;
        last >>= 1U;
    }
    Bytes before = hashes.front();
    Bytes after = hashes.front();
    for (auto hash = hashes.begin() + 1; hash != hashes.end(); ++hash) {
        if (last == 0) return false;
        if ((node & 1U) != 0 || node == last) {
            before = nodeHash(*hash, before);
            after = nodeHash(*hash, after);
            while ((node & 1U) == 0 && node != 0) {
                node >>= 1U;
                last >>= 1U;
            }
        } else {
            after = nodeHash(after, *hash);
        }
        node >>= 1U;
        last >>= 1U;
    }
    return last == 0 && before == oldRoot && after == newRoot;
}

} // namespace perennial::audit
