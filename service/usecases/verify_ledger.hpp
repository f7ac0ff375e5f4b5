#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "domain/core/result.hpp"
#include "domain/ledger/chain.hpp"
#include "domain/ledger/digest.hpp"
#include "service/ports/ledger_store.hpp"
#include "service/ports/record_source.hpp"
#include "service/ports/tree_store.hpp"
#include "service/usecases/kept_tree.hpp"
#include "service/usecases/ledger_evidence.hpp"

namespace helix::usecases {

/// What `verify_ledger` or `verify_records` found.
struct LedgerReport {
    std::uint64_t records = 0;             ///< records read
    std::uint64_t signed_records = 0;      ///< of them, before the first bad one, those that carry a signature
    std::optional<ledger::Head> head;      ///< the last good record
    std::optional<ledger::BadRecord> bad;  ///< the first bad one; unset when the chain is whole
    std::optional<BadNode> bad_node;       ///< the records hold, but not this node that is kept beside them
    std::string why;                       ///< a sentence naming the seq; empty when all is whole

    [[nodiscard]] bool whole() const { return !bad && !bad_node; }
    /// Of records that do not hold, or that a wrong node is kept for.
    [[nodiscard]] std::optional<std::uint64_t> first_bad_seq() const {
        if (bad_node) return bad_node->first_seq();
        return bad ? std::optional(bad->seq) : std::nullopt;
    }
};

/// The report as openapi/helix.yaml describes it (schema LedgerReport).
nlohmann::json to_json(const LedgerReport& report);

/// Called every few thousand records with their number so far; returns false to stop early.
using VerifyProgress = std::function<bool(std::uint64_t records)>;

/// Reads the whole ledger, computes every hash again and checks every link. Memory is bounded.
///
/// A changed, missing or swapped record is found and the first bad seq named. A tail that was cut off is not seen from
/// the ledger alone, because what is left is a whole, shorter chain: only `remembered`, a head written down elsewhere
/// earlier, shows it (and likewise a ledger rewritten with fresh hashes throughout); or a checkpoint in `evidence`.
/// When the records hold, the nodes of the Merkle tree that are kept beside them are held against them, too.
/// Errors: those of LedgerStore::scan; DeadlineExceeded when `progress` stopped it.
Result<LedgerReport> verify_ledger(ports::LedgerStore& store, ledger::Sha256 sha256,
                                   const VerifyProgress& progress = {},
                                   const std::optional<ledger::Head>& remembered = std::nullopt,
                                   const LedgerEvidence& evidence = {}, ports::TreeStore* nodes = nullptr);

/// The same of records that lie anywhere: an export, a git repository. Errors: those of RecordSource::scan, as long as
/// no bad record was found before.
Result<LedgerReport> verify_records(ports::RecordSource& source, ledger::Sha256 sha256,
                                    const VerifyProgress& progress = {},
                                    const std::optional<ledger::Head>& remembered = std::nullopt,
                                    const LedgerEvidence& evidence = {});

}  // namespace helix::usecases
