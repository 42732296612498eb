#include "shared/audit/merkle_tree.h"

#include "tests/support/child_process.h"

#include <doctest/doctest.h>
#include <map>
#include <sstream>
#include <string>

using namespace perennial;
using namespace perennial::audit;

namespace {

constexpr std::uint64_t records = 40;

std::string recordAt(std::uint64_t index) { return std::to_string(index); }

Bytes leavesUpTo(std::uint64_t size)
{
    Bytes leaves;
    for (std::uint64_t i = 0; i < size; ++i)
        leaves += leafHash(recordAt(i));
    return leaves;
}

// What the reference printed for one question: "inclusion 7 3" and so on.
using Answers = std::map<std::string, std::vector<Bytes>>;

Answers askReference()
{
    const std::string script =
        std::string(PERENNIAL_SOURCE_DIR) + "/tests/unit/audit/merkle_reference.py";
    std::istringstream lines(test::mustRun({"/usr/bin/python3", script}, std::to_string(records)));
    Answers answers;
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string question;
        std::string word;
        words >> question;
        for (int i = question == "root" ? 1 : 2; i > 0; --i) {
            words >> word;
            question += " " + word;
        }
        auto& hashes = answers[question];
        while (words >> word)
            hashes.push_back(*fromHex(word));
    }
    return answers;
}

} // namespace

TEST_CASE("roots and proofs are those of an independent RFC 6962 implementation, at every size")
{
    const auto answers = askReference();
    REQUIRE(
        answers.size() == 1 + records + records * (records + 1) / 2 + records * (records - 1) / 2);
    TreeEdge edge;
    for (std::uint64_t size = 0; size <= records; ++size) {
        const auto leaves = leavesUpTo(size);
        const auto number = std::to_string(size);
        const auto& root = answers.at("root " + number).at(0);
        CHECK(rootOf(leaves) == root);
        CHECK(edge.root() == root);
        CHECK(edge.size() == size);
        for (std::uint64_t i = 0; i < size; ++i) {
            const auto proof = inclusionProof(leaves, i);
            CHECK(proof == answers.at("inclusion " + number + " " + std::to_string(i)));
            CHECK(provesInclusion(proof, leafHash(recordAt(i)), i, size, root));
        }
        for (std::uint64_t old = 1; old < size; ++old) {
            const auto proof = consistencyProof(leaves, old);
            CHECK(proof == answers.at("consistency " + number + " " + std::to_string(old)));
            CHECK(provesConsistency(proof, old, rootOf(leavesUpTo(old)), size, root));
        }
        edge.append(leafHash(recordAt(size)));
    }
}

TEST_CASE("the tree of nothing has the hash of nothing, and a leaf is not a node")
{
    CHECK(toHex(TreeEdge().root()) ==
          "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    // 0x00 before a record, 0x01 before two hashes: a record of two hashes is no node.
    const Bytes left = leafHash("a");
    const Bytes right = leafHash("b");
    CHECK(leafHash(left + right) != rootOf(left + right));
}

TEST_CASE("an inclusion proof proves nothing else")
{
    const std::uint64_t size = 11;
    const auto leaves = leavesUpTo(size);
    const auto root = rootOf(leaves);
    for (std::uint64_t i = 0; i < size; ++i) {
        const auto proof = inclusionProof(leaves, i);
        const auto leaf = leafHash(recordAt(i));
        for (std::uint64_t other = 0; other < size + 2; ++other)
            CHECK(provesInclusion(proof, leaf, other, size, root) == (other == i));
        CHECK_FALSE(provesInclusion(proof, leafHash("x"), i, size, root));
        CHECK_FALSE(provesInclusion(proof, leaf, i, size, leafHash("x")));
        for (std::size_t hash = 0; hash < proof.size(); ++hash) {
            auto changed = proof;
            changed[hash][5] = static_cast<char>(changed[hash][5] ^ 1);
            CHECK_FALSE(provesInclusion(changed, leaf, i, size, root));
            changed.erase(changed.begin() + static_cast<std::ptrdiff_t>(hash));
            CHECK_FALSE(provesInclusion(changed, leaf, i, size, root));
        }
        auto longer = proof;
        longer.push_back(root);
        CHECK_FALSE(provesInclusion(longer, leaf, i, size, root));
    }
    CHECK_FALSE(provesInclusion({}, root, 0, 0, root));
}

TEST_CASE("a consistency proof does not fit a rewritten log")
{
    const std::uint64_t size = 13;
    const auto leaves = leavesUpTo(size);
    const auto root = rootOf(leaves);
    for (std::uint64_t old = 1; old < size; ++old) {
        const auto oldRoot = rootOf(leavesUpTo(old));
        const auto proof = consistencyProof(leaves, old);
        CHECK_FALSE(provesConsistency(proof, old, leafHash("x"), size, root));
        CHECK_FALSE(provesConsistency(proof, old, oldRoot, size, leafHash("x")));
        CHECK_FALSE(provesConsistency(proof, old + 1, oldRoot, size, root));
        CHECK_FALSE(provesConsistency(proof, size, root, old, oldRoot));
        for (std::size_t hash = 0; hash < proof.size(); ++hash) {
            auto changed = proof;
            changed[hash][31] = static_cast<char>(changed[hash][31] ^ 0x40);
            CHECK_FALSE(provesConsistency(changed, old, oldRoot, size, root));
        }
        auto longer = proof;
        longer.push_back(root);
        CHECK_FALSE(provesConsistency(longer, old, oldRoot, size, root));
        auto rewritten = leaves;
        rewritten.replace(0, hashSize, leafHash("rewritten"));
        CHECK_FALSE(provesConsistency(
            consistencyProof(rewritten, old), old, oldRoot, size, rootOf(rewritten)));
    }
    CHECK(provesConsistency({}, 0, TreeEdge().root(), size, root));
    CHECK_FALSE(provesConsistency({}, 0, root, size, root));
    CHECK(provesConsistency({}, size, root, size, root));
    CHECK_FALSE(provesConsistency({}, size, leafHash("x"), size, root));
    CHECK_FALSE(provesConsistency({}, 3, rootOf(leavesUpTo(3)), size, root));
}
