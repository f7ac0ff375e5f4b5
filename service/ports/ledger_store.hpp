#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "domain/core/result.hpp"
#include "domain/ledger/chain.hpp"
#include "domain/ledger/record.hpp"

namespace helix::ports {

/// Which records `LedgerStore::list` answers. Empty strings match everything; others match the whole field.
struct LedgerQuery {
    static constexpr std::size_t kLimitMax = 1000;

    /// The first seq looked at: upwards from it, or downwards with `newest_first`. Unset: the respective end.
    std::optional<std::uint64_t> from_seq = {};
    std::size_t limit = 100;  ///< 1 .. kLimitMax
    std::string kind = {};
    std::string target = {};
    bool newest_first = false;
};

/// The bounds of `query`, checked by every store. Errors: InvalidArgument.
inline Result<void> check(const LedgerQuery& query) {
    if (query.limit >= 1 && query.limit <= LedgerQuery::kLimitMax) return {};
    return error(Code::InvalidArgument, "limit must be in 1 .. " + std::to_string(LedgerQuery::kLimitMax));
}

/// An append-only, totally ordered store of ledger records.
///
/// The store keeps what it is given, byte for byte; it does not compute digests. Who reads decides whether the chain
/// holds (usecases/verify_ledger.hpp). Several stores, in several processes, may stand on the same data.
///
/// Every implementation passes tests/contract/ledger_store_contract.hpp.
/// Thread safety: any method from any thread.
class LedgerStore {
public:
    /// Called with each record; returns false to stop. It must not call the store's append methods.
    using Visitor = std::function<bool(const ledger::Record&)>;

    virtual ~LedgerStore() = default;

    /// Appends `record` when it continues the head: its seq is exactly one past it (0 on an empty ledger) and its
    /// prev_hash is the head's hash (zeros on an empty one). Durable on return.
    /// Errors: Conflict when it does not continue the head; Unavailable when the store cannot be written and nothing
    /// was; UnknownOutcome when the commit itself failed; DataLoss when the stored data is damaged.
    virtual Result<void> append(const ledger::Record& record) = 0;

    /// Appends `records` in their order, all or none, as one durable commit. An empty span does nothing.
    /// Errors: as `append`; Conflict also when the records do not continue each other.
    virtual Result<void> append_all(std::span<const ledger::Record> records) = 0;

    /// The last record's seq and hash; an empty optional on an empty ledger.
    virtual Result<std::optional<ledger::Head>> head() = 0;

    /// The record with this seq. Errors: NotFound, and those of reading.
    virtual Result<ledger::Record> read(std::uint64_t seq) = 0;

    /// A page of records. The next page starts one past the last seq of this one.
    /// Errors: InvalidArgument for a limit out of bounds, and those of reading.
    virtual Result<std::vector<ledger::Record>> list(const LedgerQuery& query) = 0;

    /// Streams every record from `from_seq` on, in order of seq, until `visit` returns false. Memory is bounded; the
    /// records appended meanwhile may or may not be seen. No lock is held while `visit` runs.
    /// Errors: Unavailable, DataLoss, Unimplemented (a record of a newer format).
    virtual Result<void> scan(std::uint64_t from_seq, const Visitor& visit) = 0;
};

}  // namespace helix::ports
