#include "service/usecases/merkle_log.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <utility>

#include "domain/ledger/merkle.hpp"
#include "service/ports/fault_point.hpp"

namespace helix::usecases {
namespace {

using ledger::Digest;
using ledger::LeafRange;
using ledger::Subtree;

constexpr unsigned kStep = ledger::kKeptStep;
constexpr std::size_t kGroup = ledger::kKeptGroup;
constexpr std::size_t kBatch = 256;                 ///< nodes kept in one commit
constexpr std::size_t kLeavesRead = 4096;           ///< hashes read at once
constexpr std::uint64_t kMissingMax = 16 * kBatch;  ///< records without nodes that a proof puts up with

Error disagreeing() {
    return error(Code::DataLoss, "the kept nodes of the Merkle tree do not agree with the records",
                 "run helix ledger verify; if the records hold, empty the table tree_nodes: it is made again");
}

}  // namespace

/// Reads for one answer over the first `size` records; each group of neighbours is read once.
class MerkleLog::Reading {
public:
    Reading(MerkleLog& log, std::uint64_t size) : log_(log), size_(size) {}

    Result<Digest> root() { return size_ == 0 ? ledger::root_of_none(log_.sha256_) : root_of(LeafRange{0, size_}); }

    Result<Digest> root_of(const LeafRange& range) {
        std::vector<Digest> roots;
        for (const Subtree& subtree : ledger::subtrees_of(range)) {
            auto one = root_of(subtree);
            if (!one) return one;
            roots.push_back(*one);
        }
        return ledger::fold(roots, log_.sha256_);
    }

    Result<std::vector<Digest>> roots_of(const std::vector<LeafRange>& ranges) {
        std::vector<Digest> roots;
        for (const LeafRange& range : ranges) {
            auto one = root_of(range);
            if (!one) return std::move(one).error();
            roots.push_back(*one);
        }
        return roots;
    }

    /// `count` nodes of a kept level, or leaves, all within the first `size` records. What is not kept is computed.
    Result<std::vector<Digest>> run(unsigned level, std::uint64_t from, std::size_t count) {
        if (level == 0) return leaves(from, count);
        auto nodes = log_.nodes_.tree_nodes(level, from, count);
        if (!nodes || nodes->size() == count) return nodes;
        const auto below = run(level - kStep, (from + nodes->size()) * kGroup, (count - nodes->size()) * kGroup);
        if (!below) return below;
        for (std::size_t i = 0; i < below->size(); i += kGroup)
            nodes->push_back(ledger::root_of_equals(std::span(*below).subspan(i, kGroup), log_.sha256_));
        return nodes;
    }

private:
    Result<Digest> root_of(const Subtree& subtree) {
        const unsigned kept = subtree.level / kStep * kStep;  // the kept level that it is made of
        const std::uint64_t first = subtree.index << (subtree.level - kept);
        const std::size_t count = std::size_t{1} << (subtree.level - kept);
        const auto group = this->group(kept, first / kGroup);
        if (!group) return group.error();
        return ledger::root_of_equals(group->subspan(first % kGroup, count), log_.sha256_);
    }

    Result<std::span<const Digest>> group(unsigned level, std::uint64_t index) {
        const auto [place, fresh] = groups_.try_emplace({level, index});
        if (fresh) {
            const std::uint64_t whole = size_ >> level;
            auto nodes = run(level, index * kGroup, std::min<std::uint64_t>(kGroup, whole - index * kGroup));
            if (!nodes) return std::move(nodes).error();
            place->second = *std::move(nodes);
        }
        return std::span<const Digest>(place->second);
    }

    Result<std::vector<Digest>> leaves(std::uint64_t from, std::size_t count) {
        auto hashes = log_.records_.hashes(from, count);
        if (!hashes) return hashes;
        if (hashes->size() != count) return disagreeing();
        for (Digest& hash : *hashes) hash = ledger::leaf_of(hash, log_.sha256_);
        return hashes;
    }

    MerkleLog& log_;
    const std::uint64_t size_;
    std::map<std::pair<unsigned, std::uint64_t>, std::vector<Digest>> groups_;
};

Result<std::uint64_t> MerkleLog::size() {
    const auto head = records_.head();
    if (!head) return head.error();
    return *head ? (*head)->seq + 1 : 0;
}

Result<void> MerkleLog::check_size(std::uint64_t wanted, const char* name) {
    const auto there = size();
    if (!there) return there.error();
    if (wanted <= *there) return {};
    return error(Code::InvalidArgument,
                 "the ledger has " + std::to_string(*there) + " records, not " + std::to_string(wanted),
                 "ask for at most " + std::to_string(*there), name);
}

Result<void> MerkleLog::keep_nodes_when_many_are_missing(std::uint64_t size) {
    const auto kept = nodes_.tree_nodes_end(kStep);
    if (!kept) return kept.error();
    return *kept * kGroup + kMissingMax < size ? keep_nodes(size) : Result<void>{};
}

Result<void> MerkleLog::keep_nodes(std::uint64_t size, const Stop& stop) {
    for (unsigned level = kStep; size >> level > 0; level += kStep) {
        const std::uint64_t whole = size >> level;
        auto next = nodes_.tree_nodes_end(level);
        if (!next) return next.error();
        while (*next < whole) {
            if (stop && stop()) return {};
            const std::size_t count = std::min<std::uint64_t>(kBatch, whole - *next);
            const auto nodes = Reading(*this, size).run(level, *next, count);
            if (!nodes) return nodes.error();
            ports::fault_point("nodes.before");
            if (auto put = nodes_.put_tree_nodes(level, *next, *nodes); !put) return put;
            ports::fault_point("nodes.after");
            *next += count;
        }
    }
    return {};
}

Result<Digest> MerkleLog::root(std::uint64_t size) {
    if (auto there = check_size(size, "size"); !there) return there.error();
    if (auto kept = keep_nodes_when_many_are_missing(size); !kept) return kept.error();
    return Reading(*this, size).root();
}

Result<void> MerkleLog::check_against_records(std::uint64_t size, const Digest& root) {
    ledger::MerkleFrontier tree(sha256_);
    while (tree.size() < size) {
        const auto hashes = records_.hashes(tree.size(), std::min<std::uint64_t>(kLeavesRead, size - tree.size()));
        if (!hashes) return hashes.error();
        if (hashes->empty()) return disagreeing();
        for (const Digest& hash : *hashes) tree.push(ledger::leaf_of(hash, sha256_));
    }
    return tree.root() == root ? Result<void>{} : disagreeing();
}

Result<MerkleLog::Inclusion> MerkleLog::inclusion(std::uint64_t seq, std::uint64_t size) {
    if (auto there = check_size(size, "size"); !there) return there.error();
    if (seq >= size)
        return error(Code::InvalidArgument,
                     "record " + std::to_string(seq) + " is not among the first " + std::to_string(size),
                     "ask for a size of " + std::to_string(seq + 1) + " or more", "size");
    if (auto kept = keep_nodes_when_many_are_missing(size); !kept) return kept.error();
    const auto hash = records_.hashes(seq, 1);
    if (!hash) return hash.error();
    if (hash->empty()) return disagreeing();
    Reading reading(*this, size);
    auto proof = reading.roots_of(ledger::inclusion_path(seq, size));
    if (!proof) return std::move(proof).error();
    const auto root = reading.root();
    if (!root) return root.error();
    Inclusion answer{*std::move(proof), hash->front(), *root};
    const Digest leaf = ledger::leaf_of(answer.record_hash, sha256_);
    if (!ledger::verify_inclusion(leaf, seq, size, answer.proof, answer.root, sha256_)) return disagreeing();
    return answer;
}

Result<MerkleLog::Consistency> MerkleLog::consistency(std::uint64_t from, std::uint64_t to) {
    if (auto there = check_size(to, "to"); !there) return there.error();
    if (from > to) return error(Code::InvalidArgument, "from is greater than to", "the smaller size is from", "from");
    if (auto kept = keep_nodes_when_many_are_missing(to); !kept) return kept.error();
    Reading reading(*this, to);
    auto proof = reading.roots_of(ledger::consistency_path(from, to));
    if (!proof) return std::move(proof).error();
    const auto to_root = reading.root();
    if (!to_root) return to_root.error();
    const auto from_root = from == 0 ? Reading(*this, 0).root() : reading.root_of(LeafRange{0, from});
    if (!from_root) return from_root.error();
    Consistency answer{*std::move(proof), *from_root, *to_root};
    if (!ledger::verify_consistency(from, answer.from_root, to, answer.to_root, answer.proof, sha256_))
        return disagreeing();
    return answer;
}

}  // namespace helix::usecases
