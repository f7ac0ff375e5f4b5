#include "domain/ledger/merkle.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "tests/ledger/naive_merkle.hpp"

namespace helix::ledger {
namespace {

constexpr Sha256 kSha = &openssl_digest::sha256;

std::vector<Digest> leaves_of(const std::vector<Digest>& hashes) {
    std::vector<Digest> leaves;
    for (const Digest& hash : hashes) leaves.push_back(leaf_of(hash, kSha));
    return leaves;
}

/// The root of `range` from its leaves, by way of its whole subtrees.
Digest root_of(const LeafRange& range, const std::vector<Digest>& leaves) {
    std::vector<Digest> roots;
    for (const Subtree& subtree : subtrees_of(range)) {
        MerkleFrontier frontier(kSha);
        for (std::uint64_t i = 0; i < (std::uint64_t{1} << subtree.level); ++i)
            frontier.push(leaves[(subtree.index << subtree.level) + i]);
        roots.push_back(frontier.root());
    }
    return fold(roots, kSha);
}

std::vector<Digest> roots_of(const std::vector<LeafRange>& ranges, const std::vector<Digest>& leaves) {
    std::vector<Digest> roots;
    for (const LeafRange& range : ranges) roots.push_back(root_of(range, leaves));
    return roots;
}

TEST(Merkle, TheRootOfNothingIsTheDigestOfNothing) {
    EXPECT_EQ(to_hex(root_of_none(kSha)), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(MerkleFrontier(kSha).root(), root_of_none(kSha));
}

// The example of RFC 9162, section 2.1.5: seven leaves.
TEST(Merkle, NamesTheRangesOfTheRfcsExample) {
    EXPECT_EQ(inclusion_path(0, 7), (std::vector<LeafRange>{{1, 2}, {2, 4}, {4, 7}}));
    EXPECT_EQ(inclusion_path(3, 7), (std::vector<LeafRange>{{2, 3}, {0, 2}, {4, 7}}));
    EXPECT_EQ(inclusion_path(4, 7), (std::vector<LeafRange>{{5, 6}, {6, 7}, {0, 4}}));
    EXPECT_EQ(inclusion_path(6, 7), (std::vector<LeafRange>{{4, 6}, {0, 4}}));
    EXPECT_EQ(consistency_path(3, 7), (std::vector<LeafRange>{{2, 3}, {3, 4}, {0, 2}, {4, 7}}));
    EXPECT_EQ(consistency_path(4, 7), (std::vector<LeafRange>{{4, 7}}));
    EXPECT_EQ(consistency_path(6, 7), (std::vector<LeafRange>{{4, 6}, {6, 7}, {0, 4}}));
    EXPECT_EQ(consistency_path(7, 7), std::vector<LeafRange>{});
    EXPECT_EQ(consistency_path(0, 7), std::vector<LeafRange>{});
}

TEST(Merkle, TheFrontierTellsOfEachWholeSubtreeOnce) {
    std::vector<Subtree> told;
    MerkleFrontier frontier(kSha);
    for (const Digest& leaf : leaves_of(naive::numbered(6)))
        frontier.push(leaf, [&](const Subtree& subtree, const Digest&) { told.push_back(subtree); });
    EXPECT_EQ(told, (std::vector<Subtree>{{1, 0}, {1, 1}, {2, 0}, {1, 2}}));
}

TEST(Merkle, EveryRootAndProofOfSmallTreesIsTheRfcs) {
    const auto all = naive::numbered(40);
    const auto leaves = leaves_of(all);
    MerkleFrontier frontier(kSha);
    for (std::size_t size = 1; size <= all.size(); ++size) {
        const auto some = naive::part(all, 0, size);
        const Digest root = naive::mth(some);
        frontier.push(leaves[size - 1]);
        ASSERT_EQ(frontier.root(), root) << size;
        for (std::size_t seq = 0; seq < size; ++seq) {
            const auto proof = roots_of(inclusion_path(seq, size), leaves);
            ASSERT_EQ(proof, naive::path(seq, some)) << seq << " of " << size;
            ASSERT_TRUE(verify_inclusion(leaves[seq], seq, size, proof, root, kSha)) << seq << " of " << size;
        }
        for (std::size_t from = 1; from <= size; ++from) {
            const auto proof = roots_of(consistency_path(from, size), leaves);
            ASSERT_EQ(proof, naive::consistency(from, some)) << from << " to " << size;
            ASSERT_TRUE(verify_consistency(from, naive::mth(naive::part(all, 0, from)), size, root, proof, kSha))
                << from << " to " << size;
        }
    }
}

RC_GTEST_PROP(Merkle, ProofsOfAnyTreeAreTheRfcs, ()) {
    const std::size_t size = *rc::gen::inRange(1, 1200);
    const std::size_t seq = *rc::gen::inRange<std::size_t>(0, size);
    const std::size_t from = *rc::gen::inRange<std::size_t>(1, size + 1);
    const auto all = naive::numbered(size);
    const auto leaves = leaves_of(all);
    const auto inclusion = roots_of(inclusion_path(seq, size), leaves);
    const auto consistency = roots_of(consistency_path(from, size), leaves);
    RC_ASSERT(inclusion == naive::path(seq, all));
    RC_ASSERT(consistency == naive::consistency(from, all));
    const Digest root = naive::mth(all);
    RC_ASSERT(verify_inclusion(leaves[seq], seq, size, inclusion, root, kSha));
    const Digest from_root = naive::mth(naive::part(all, 0, from));
    RC_ASSERT(verify_consistency(from, from_root, size, root, consistency, kSha));
}

/// One of the ways in which a proof can be another's: a bit turned, a part lost, doubled, added, two swapped.
std::vector<Digest> spoilt(std::vector<Digest> proof) {
    const auto at = *rc::gen::inRange<std::size_t>(0, proof.size());
    const auto place = proof.begin() + static_cast<std::ptrdiff_t>(at);
    switch (*rc::gen::inRange(0, 4)) {
        case 0:
            proof[at][*rc::gen::inRange<std::size_t>(0, 32)] ^= static_cast<std::uint8_t>(*rc::gen::inRange(1, 256));
            break;
        case 1:
            proof.erase(place);
            break;
        case 2:
            proof.insert(place, *place);
            break;
        default:
            proof.push_back(Digest{});
            break;
    }
    return proof;
}

RC_GTEST_PROP(Merkle, ASpoiltProofProvesNothing, ()) {
    const std::size_t size = *rc::gen::inRange(2, 300);
    const std::size_t seq = *rc::gen::inRange<std::size_t>(0, size);
    const std::size_t from = *rc::gen::inRange<std::size_t>(1, size);
    const auto all = naive::numbered(size);
    const Digest root = naive::mth(all);
    const Digest leaf = leaf_of(all[seq], kSha);
    const auto inclusion = naive::path(seq, all);
    RC_ASSERT(!verify_inclusion(leaf, seq, size, spoilt(inclusion), root, kSha));
    RC_ASSERT(!verify_inclusion(leaf, seq + size, size, inclusion, root, kSha));
    RC_ASSERT(!verify_inclusion(leaf, (seq + 1) % size, size, inclusion, root, kSha));
    RC_ASSERT(!verify_inclusion(leaf_of(Digest{}, kSha), seq, size, inclusion, root, kSha));
    const Digest from_root = naive::mth(naive::part(all, 0, from));
    const auto consistency = naive::consistency(from, all);
    RC_ASSERT(!verify_consistency(from, from_root, size, root, spoilt(consistency), kSha));
    RC_ASSERT(!verify_consistency(from, Digest{}, size, root, consistency, kSha));
    RC_ASSERT(!verify_consistency(from, from_root, size, Digest{}, consistency, kSha));
    RC_ASSERT(!verify_consistency(size, root, from, from_root, consistency, kSha));
}

TEST(Merkle, EveryTreeBeginsWithTheEmptyOneAndIsItself) {
    const auto all = naive::numbered(5);
    const Digest root = naive::mth(all);
    EXPECT_TRUE(verify_consistency(0, root_of_none(kSha), 5, root, {}, kSha));
    EXPECT_FALSE(verify_consistency(0, Digest{}, 5, root, {}, kSha));
    EXPECT_TRUE(verify_consistency(5, root, 5, root, {}, kSha));
    EXPECT_FALSE(verify_consistency(5, root, 5, root, std::vector<Digest>{root}, kSha));
    EXPECT_FALSE(verify_consistency(5, root, 5, Digest{}, {}, kSha));
}

}  // namespace
}  // namespace helix::ledger
