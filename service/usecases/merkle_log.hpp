#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "domain/core/result.hpp"
#include "domain/ledger/digest.hpp"
#include "service/ports/ledger_store.hpp"
#include "service/ports/tree_store.hpp"

namespace helix::usecases {

/// The ledger's Merkle tree (RFC 9162; domain/ledger/merkle.hpp): roots and proofs for every size it ever had.
///
/// Of each 16 neighbours on a level that is kept (records, then subtrees of 16, 256, 4096 ... of them) a proof touches
/// at most two groups, so it reads a few dozen rows, whatever the ledger's length. Nodes that are not kept yet are
/// computed from what is below them; proofs keep nothing unless very much is missing.
///
/// Every proof is checked before it is handed out. That finds a damaged node above the record that is asked for; of
/// another one the root is wrong, which is why a root is only signed when it continues the one before
/// (signed_history.hpp).
///
/// Thread safety: any method from any thread. Errors of all: those of the stores; DataLoss when the kept nodes do not
/// agree with each other or with the records.
class MerkleLog {
public:
    using Stop = std::function<bool()>;

    MerkleLog(ports::LedgerStore& records, ports::TreeStore& nodes, ledger::Sha256 sha256)
        : records_(records), nodes_(nodes), sha256_(sha256) {}

    /// How many records there are.
    Result<std::uint64_t> size();

    /// The root over the first `size` records. Errors: InvalidArgument when there are fewer.
    Result<ledger::Digest> root(std::uint64_t size);

    /// The proof that record `seq` is among the first `size`, with the root it leads to.
    /// Errors: InvalidArgument unless seq < size <= the number of records.
    struct Inclusion {
        std::vector<ledger::Digest> proof;
        ledger::Digest record_hash{};
        ledger::Digest root{};
    };
    Result<Inclusion> inclusion(std::uint64_t seq, std::uint64_t size);

    /// The proof that the first `to` records begin with the first `from`, with both roots.
    /// Errors: InvalidArgument unless from <= to <= the number of records.
    struct Consistency {
        std::vector<ledger::Digest> proof;
        ledger::Digest from_root{};
        ledger::Digest to_root{};
    };
    Result<Consistency> consistency(std::uint64_t from, std::uint64_t to);

    /// Whether `root` is what the hashes of the first `size` records give, all of them read and nothing else relied on.
    /// Errors: DataLoss when it is not.
    Result<void> check_against_records(std::uint64_t size, const ledger::Digest& root);

    /// Keeps the nodes that the first `size` records have and that are not kept yet, in batches, until all are or
    /// `stop` says so. Nothing is lost when it never runs; proofs are then slower.
    Result<void> keep_nodes(std::uint64_t size, const Stop& stop = {});

private:
    class Reading;

    Result<void> check_size(std::uint64_t size, const char* name);
    Result<void> keep_nodes_when_many_are_missing(std::uint64_t size);

    ports::LedgerStore& records_;
    ports::TreeStore& nodes_;
    const ledger::Sha256 sha256_;
};

}  // namespace helix::usecases
