#include "domain/ledger/merkle.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <string_view>

namespace helix::ledger {
namespace {

constexpr char kLeafPrefix = 0;
constexpr char kNodePrefix = 1;

char* append(char* out, const Digest& digest) {
    return std::transform(digest.begin(), digest.end(), out, [](std::uint8_t byte) { return static_cast<char>(byte); });
}

/// Where RFC 9162 splits a tree of n >= 2 leaves: the largest power of two below n.
std::uint64_t split(std::uint64_t n) {
    return std::bit_floor(n - 1);
}

bool is_odd(std::uint64_t n) {
    return (n & 1U) == 1;
}

/// A place on one level of a tree, on its way up: `at` is the node, `last` the last node of the level.
struct Climb {
    std::uint64_t at;
    std::uint64_t last;

    void up() {
        at >>= 1U;
        last >>= 1U;
    }
    /// Whether the next digest of a proof stands on the left. A node without a right neighbour waits, unhashed, for the
    /// level on which it is one.
    bool sibling_is_left() {
        if (!is_odd(at) && at != last) return false;
        while (!is_odd(at) && at != 0) up();
        return true;
    }
};

}  // namespace

Digest leaf_of(const Digest& record_hash, Sha256 sha256) {
    std::array<char, 1 + sizeof(Digest)> bytes{kLeafPrefix};
    append(bytes.data() + 1, record_hash);
    return sha256({bytes.data(), bytes.size()});
}

Digest node_of(const Digest& left, const Digest& right, Sha256 sha256) {
    std::array<char, 1 + 2 * sizeof(Digest)> bytes{kNodePrefix};
    append(append(bytes.data() + 1, left), right);
    return sha256({bytes.data(), bytes.size()});
}

Digest root_of_none(Sha256 sha256) {
    return sha256({});
}

std::vector<LeafRange> inclusion_path(std::uint64_t seq, std::uint64_t size) {
    std::vector<LeafRange> path;
    LeafRange around{0, size};  // what the leaf is in; its other half is the proof's next part
    while (around.end - around.begin > 1) {
        const std::uint64_t middle = around.begin + split(around.end - around.begin);
        const bool left = seq < middle;
        path.push_back(left ? LeafRange{middle, around.end} : LeafRange{around.begin, middle});
        around = left ? LeafRange{around.begin, middle} : LeafRange{middle, around.end};
    }
    std::reverse(path.begin(), path.end());
    return path;
}

std::vector<LeafRange> consistency_path(std::uint64_t from, std::uint64_t to) {
    std::vector<LeafRange> path;
    if (from == 0 || from == to) return path;
    LeafRange around{0, to};  // what holds the first tree's end
    while (from != around.end) {
        const std::uint64_t middle = around.begin + split(around.end - around.begin);
        const bool left = from <= middle;
        path.push_back(left ? LeafRange{middle, around.end} : LeafRange{around.begin, middle});
        around = left ? LeafRange{around.begin, middle} : LeafRange{middle, around.end};
    }
    if (around.begin != 0) path.push_back(around);  // else it is the first tree, whose root the verifier has
    std::reverse(path.begin(), path.end());
    return path;
}

std::vector<Subtree> subtrees_of(const LeafRange& range) {
    std::vector<Subtree> whole;
    for (std::uint64_t begin = range.begin; begin < range.end;) {
        const std::uint64_t leaves = std::bit_floor(range.end - begin);
        const auto level = static_cast<unsigned>(std::countr_zero(leaves));
        whole.push_back({level, begin >> level});
        begin += leaves;
    }
    return whole;
}

Digest fold(std::span<const Digest> roots, Sha256 sha256) {
    Digest root = roots.back();
    for (std::size_t i = roots.size() - 1; i-- > 0;) root = node_of(roots[i], root, sha256);
    return root;
}

bool verify_inclusion(const Digest& leaf, std::uint64_t seq, std::uint64_t size, std::span<const Digest> proof,
                      const Digest& root, Sha256 sha256) {
    if (seq >= size) return false;
    Climb climb{seq, size - 1};
    Digest reached = leaf;
    for (const Digest& sibling : proof) {
        if (climb.last == 0) return false;
        reached = climb.sibling_is_left() ? node_of(sibling, reached, sha256) : node_of(reached, sibling, sha256);
        climb.up();
    }
    return climb.last == 0 && reached == root;
}

bool verify_consistency(std::uint64_t from, const Digest& from_root, std::uint64_t to, const Digest& to_root,
                        std::span<const Digest> proof, Sha256 sha256) {
    if (from > to) return false;
    if (from == to) return proof.empty() && from_root == to_root;
    if (from == 0) return proof.empty() && from_root == root_of_none(sha256);
    Climb climb{from - 1, to - 1};
    while (is_odd(climb.at)) climb.up();
    const bool first_is_whole = std::has_single_bit(from);
    if (!first_is_whole && proof.empty()) return false;
    Digest old_reached = first_is_whole ? from_root : proof.front();
    Digest new_reached = old_reached;
    for (const Digest& part : first_is_whole ? proof : proof.subspan(1)) {
        if (climb.last == 0) return false;
        if (climb.sibling_is_left()) {
            old_reached = node_of(part, old_reached, sha256);
            new_reached = node_of(part, new_reached, sha256);
        } else {
            new_reached = node_of(new_reached, part, sha256);
        }
        climb.up();
    }
    return climb.last == 0 && old_reached == from_root && new_reached == to_root;
}

void MerkleFrontier::push(const Digest& leaf, const OnWhole& on_whole) {
    roots_.push_back(leaf);
    ++size_;
    for (unsigned level = 1; ((size_ >> (level - 1)) & 1U) == 0; ++level) {
        const Digest right = roots_.back();
        roots_.pop_back();
        roots_.back() = node_of(roots_.back(), right, sha256_);
        if (on_whole) on_whole({level, (size_ >> level) - 1}, roots_.back());
    }
}

Digest MerkleFrontier::root() const {
    return roots_.empty() ? root_of_none(sha256_) : fold(roots_, sha256_);
}

Digest root_of_equals(std::span<const Digest> parts, Sha256 sha256) {
    std::vector<Digest> level(parts.begin(), parts.end());
    for (; level.size() > 1; level.resize(level.size() / 2))
        for (std::size_t i = 0; i < level.size() / 2; ++i) level[i] = node_of(level[2 * i], level[2 * i + 1], sha256);
    return level.front();
}

}  // namespace helix::ledger
