#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "domain/core/result.hpp"
#include "domain/ledger/record.hpp"

namespace helix::ports {

/// What was found where a record should stand; valid while the visitor looks at it.
struct FoundRecord {
    const ledger::Record& record;
    /// Empty: `record` is what stands there. Otherwise a sentence fragment that says why no record could be read that
    /// may be relied on, and where ("line 7: ..."); the fields of `record` then mean nothing.
    std::string_view complaint = {};
    bool cut = false;  ///< with a complaint: the text ends in the middle of the record
};

/// The root of the whole subtree (level, index) of the ledger's Merkle tree, as it is kept beside the records
/// (tree_store.hpp).
struct KeptNode {
    std::uint64_t index = 0;
    ledger::Digest hash{};
};

/// The records of one ledger to be read in their stored order, wherever they lie: a database, an export file, a git
/// repository, a service. It promises nothing about what it reads; usecases/verify_records.hpp judges it.
///
/// Threads: one at a time.
class RecordSource {
public:
    /// Called with each record; returns false to stop.
    using Visitor = std::function<bool(const FoundRecord&)>;

    virtual ~RecordSource() = default;

    /// The seq of the last record as far as it can be told without reading all; empty for none, or when it cannot be
    /// told. Errors: those of reading.
    virtual Result<std::optional<std::uint64_t>> last_seq() = 0;

    /// Streams every record from `from_seq` on until `visit` returns false. Memory is bounded.
    /// Errors: Unimplemented for a record of a newer format version, `where` naming it; Unavailable when it cannot be
    /// read; DataLoss when what holds the records is damaged.
    virtual Result<void> scan(std::uint64_t from_seq, const Visitor& visit) = 0;

    /// Some of the nodes of `level` that are kept, from index `from` on, in their order; none when there are no more.
    /// Errors: those of reading.
    virtual Result<std::vector<KeptNode>> kept_nodes(unsigned level, std::uint64_t from) {
        static_cast<void>(level), static_cast<void>(from);
        return std::vector<KeptNode>{};
    }
};

}  // namespace helix::ports
