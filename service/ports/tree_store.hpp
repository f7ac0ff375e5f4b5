#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "domain/core/result.hpp"
#include "domain/ledger/record.hpp"

namespace helix::ports {

/// Keeps roots of whole subtrees of the ledger's Merkle tree (domain/ledger/merkle.hpp), for levels 4, 8, 12 ...: the
/// node (level, index) stands for the 2^level records from index * 2^level on.
///
/// They are a cache: they follow from the records, are made again when missing, and no commit of records waits for
/// them.
///
/// Every implementation passes tests/contract/tree_store_contract.hpp.
/// Thread safety: any method from any thread.
class TreeStore {
public:
    virtual ~TreeStore() = default;

    /// The nodes of `level` from index `from` on: `count` of them, or fewer, ending before the first that is missing.
    /// Errors: Unavailable, DataLoss.
    virtual Result<std::vector<ledger::Digest>> tree_nodes(unsigned level, std::uint64_t from, std::size_t count) = 0;

    /// One past the greatest index of `level`; 0 when it has no node. Errors: as tree_nodes.
    virtual Result<std::uint64_t> tree_nodes_end(unsigned level) = 0;

    /// Keeps `nodes` as those of `level` from index `from` on, all or none. One that is there already stays.
    /// Errors: Unavailable (nothing is lost by it), DataLoss, also when one that is there already is another.
    virtual Result<void> put_tree_nodes(unsigned level, std::uint64_t from, std::span<const ledger::Digest> nodes) = 0;
};

/// What every store says of a node that is there and is not the one that is to be kept.
inline Error another_node_kept(unsigned level, std::uint64_t index) {
    return error(Code::DataLoss,
                 "the kept node of the Merkle tree at level " + std::to_string(level) + ", index " +
                     std::to_string(index) + " is not what the records give",
                 "run helix ledger verify; when the records hold, empty the table tree_nodes: it is made again",
                 "tree_nodes");
}

}  // namespace helix::ports
