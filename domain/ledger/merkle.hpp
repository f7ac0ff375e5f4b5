#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "domain/ledger/digest.hpp"
#include "domain/ledger/record.hpp"

namespace helix::ledger {

/// The Merkle tree over the ledger, as RFC 9162 section 2.1 defines it, with a record's 32-byte `hash` as its entry:
///
///     leaf(r)          = SHA-256(0x00 || r.hash)
///     root(no leaves)  = SHA-256("")
///     root(one leaf)   = the leaf
///     root(n leaves)   = SHA-256(0x01 || root(first k) || root(the rest)),  k = the largest power of two < n
///
/// Everything here is pure. What a proof consists of is told as runs of leaves; where their roots come from is the
/// caller's affair (usecases/merkle_log.hpp reads them).

/// The leaves from `begin` up to, not including, `end`.
struct LeafRange {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;

    friend bool operator==(const LeafRange&, const LeafRange&) = default;
};

/// A whole subtree: the 2^level leaves from index * 2^level on.
struct Subtree {
    unsigned level = 0;
    std::uint64_t index = 0;

    friend bool operator==(const Subtree&, const Subtree&) = default;
};

Digest leaf_of(const Digest& record_hash, Sha256 sha256);
Digest node_of(const Digest& left, const Digest& right, Sha256 sha256);
Digest root_of_none(Sha256 sha256);

/// The runs of leaves whose roots, in this order, prove that leaf `seq` is in the tree of `size` leaves (PATH).
/// Needs seq < size.
std::vector<LeafRange> inclusion_path(std::uint64_t seq, std::uint64_t size);

/// The runs of leaves whose roots, in this order, prove that the tree of `to` leaves begins with that of `from`
/// (PROOF). Empty when they are the same tree, and for an empty first tree. Needs from <= to.
std::vector<LeafRange> consistency_path(std::uint64_t from, std::uint64_t to);

/// The whole subtrees that `range` is made of, left to right, the largest first. Every range that the functions above
/// give, and every range from 0 on, is so made.
std::vector<Subtree> subtrees_of(const LeafRange& range);

/// The root over whole subtrees as `subtrees_of` orders them; there is at least one.
Digest fold(std::span<const Digest> roots, Sha256 sha256);

/// Whether `proof` leads from `leaf`, at place `seq` in a tree of `size`, to `root` (RFC 9162, 2.1.3.2).
bool verify_inclusion(const Digest& leaf, std::uint64_t seq, std::uint64_t size, std::span<const Digest> proof,
                      const Digest& root, Sha256 sha256);

/// Whether `proof` shows that the tree of `to` leaves with `to_root` begins with that of `from` leaves with `from_root`
/// (RFC 9162, 2.1.4.2). Every tree begins with the empty one.
bool verify_consistency(std::uint64_t from, const Digest& from_root, std::uint64_t to, const Digest& to_root,
                        std::span<const Digest> proof, Sha256 sha256);

/// Takes leaves one by one and knows the root so far; it keeps one digest per set bit of their number.
class MerkleFrontier {
public:
    /// Told of each subtree of more than one leaf at the moment it becomes whole.
    using OnWhole = std::function<void(const Subtree&, const Digest&)>;

    explicit MerkleFrontier(Sha256 sha256) : sha256_(sha256) {}

    void push(const Digest& leaf, const OnWhole& on_whole = {});

    [[nodiscard]] std::uint64_t size() const { return size_; }
    [[nodiscard]] Digest root() const;

private:
    Sha256 sha256_;
    std::uint64_t size_ = 0;
    std::vector<Digest> roots_;  // of the whole subtrees so far, the largest first
};

/// Of the tree's levels every fourth is kept beside the records: a kept node stands for 16 of the kept level below.
inline constexpr unsigned kKeptStep = 4;
inline constexpr std::size_t kKeptGroup = std::size_t{1} << kKeptStep;

/// The root of a whole subtree from the roots of its equal parts; their number is a power of two.
Digest root_of_equals(std::span<const Digest> parts, Sha256 sha256);

}  // namespace helix::ledger
