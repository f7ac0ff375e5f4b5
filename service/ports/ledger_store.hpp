#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/core/result.hpp"
#include "domain/ledger/chain.hpp"
#include "domain/ledger/record.hpp"

namespace helix::ports {

/// The greatest seq that a store can hold: the engines' integers are signed.
inline constexpr auto kSeqMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

/// Which records `LedgerStore::list` answers. Empty strings match everything; others match the whole field.
struct LedgerQuery {
    static constexpr std::size_t kLimitMax = 1000;
    static constexpr std::size_t kPageBytes = 8U * 1024U * 1024U;

    /// The first seq looked at: upwards from it, or downwards with `newest_first`. Unset: the respective end.
    std::optional<std::uint64_t> from_seq = {};
    std::size_t limit = 100;  ///< 1 .. kLimitMax
    std::string kind = {};
    std::string target = {};
    bool newest_first = false;
    /// >= 1; a page ends with the record with which its bodies come to so many bytes, however far off `limit` is: what
    /// is read at once is bounded by this and one record, whatever the records hold.
    std::size_t bytes_max = kPageBytes;
};

/// The bounds of `query`, checked by every store. Errors: InvalidArgument.
inline Result<void> check(const LedgerQuery& query) {
    if (query.bytes_max < 1) return error(Code::InvalidArgument, "bytes_max must be at least 1");
    if (query.limit >= 1 && query.limit <= LedgerQuery::kLimitMax) return {};
    return error(Code::InvalidArgument, "limit must be in 1 .. " + std::to_string(LedgerQuery::kLimitMax));
}

/// Whether no record that any store can hold lies where `query` looks.
inline bool begins_past_the_end(const LedgerQuery& query) {
    return !query.newest_first && query.from_seq && *query.from_seq > kSeqMax;
}

/// Counts what a page holds, and says when it is full by the bounds of LedgerQuery.
class PageMeter {
public:
    PageMeter(std::size_t limit, std::size_t bytes_max) : limit_(limit), bytes_max_(bytes_max) {}

    void add(const ledger::Record& record) {
        ++records_;
        bytes_ += record.body.size();
    }
    [[nodiscard]] bool full() const { return records_ >= limit_ || bytes_ >= bytes_max_; }

private:
    const std::size_t limit_, bytes_max_;
    std::size_t records_ = 0, bytes_ = 0;
};

/// Whether more may follow `page`, an answer to `query`: one that is not full is the last.
inline bool is_full(const std::vector<ledger::Record>& page, const LedgerQuery& query) {
    PageMeter meter(query.limit, query.bytes_max);
    for (const ledger::Record& record : page) meter.add(record);
    return meter.full();
}

/// Gives back the memory of a body that is far from the usual, of a record that is read into again: in time each record
/// of a page would hold as much as the largest that ever lay in its place.
inline void free_if_large(ledger::Record& record) {
    constexpr std::size_t kUsualBytes = 16U * 1024U;
    if (record.body.capacity() > kUsualBytes) std::string().swap(record.body);
}

/// The right under which something is written: the epoch of a lease (lease_store.hpp).
struct Fence {
    std::string lease;
    std::uint64_t epoch = 0;

    friend bool operator==(const Fence&, const Fence&) = default;
};

/// A record on its way into the store, with what comes true in the same commit.
struct Entry {
    static constexpr std::size_t kNameBytesMax = 4096;

    ledger::Record record;
    std::vector<std::string> names = {};  ///< under which the record is found again; each is given once, for ever
    std::optional<Fence> fence = {};      ///< written only while this epoch is the lease's newest
};

/// An append-only, totally ordered store of ledger records.
///
/// The store keeps what it is given, byte for byte; it does not compute digests. Who reads decides whether the chain
/// holds (usecases/verify_ledger.hpp). Several stores, in several processes, may stand on the same data.
///
/// Every implementation passes tests/contract/ledger_store_contract.hpp.
/// Thread safety: any method from any thread.
class LedgerStore {
public:
    /// Called with each record; returns false to stop. It must not append to the store.
    using Visitor = std::function<bool(const ledger::Record&)>;

    virtual ~LedgerStore() = default;

    /// Appends the entries' records in their order, with their names, all or none, as one durable commit. The first
    /// record continues the head: its seq is one past it (0 on an empty ledger) and its prev_hash is the head's hash
    /// (zeros on an empty one); the others continue each other. No entries: nothing happens.
    /// Errors: Conflict when a record does not continue the head; AlreadyExists when a name is taken, `where` being the
    /// name; PreconditionFailed when a fence's epoch is not its lease's newest, `where` being the lease;
    /// InvalidArgument for a name of over kNameBytesMax; Unavailable when the store cannot be written and nothing was;
    /// UnknownOutcome when the commit itself failed; DataLoss when the stored data is damaged.
    virtual Result<void> commit(std::span<const Entry> entries) = 0;

    /// `commit` of records that have neither name nor fence.
    Result<void> append_all(std::span<const ledger::Record> records);
    Result<void> append(const ledger::Record& record) { return append_all({&record, 1}); }

    /// The last record's seq and hash; an empty optional on an empty ledger.
    virtual Result<std::optional<ledger::Head>> head() = 0;

    /// The record with this seq. Errors: NotFound, and those of reading.
    virtual Result<ledger::Record> read(std::uint64_t seq) = 0;

    /// The seq of the record that was given this name; an empty optional when none was.
    virtual Result<std::optional<std::uint64_t>> find(std::string_view name) = 0;

    /// The hashes of `count` records from `from_seq` on, fewer at the end of the ledger: what the Merkle tree is made
    /// of.
    virtual Result<std::vector<ledger::Digest>> hashes(std::uint64_t from_seq, std::size_t count) = 0;

    /// A page of records, which may be shorter than `limit` (see bytes_max; is_full tells whether more may follow). The
    /// next page starts one past the last seq of this one.
    /// Errors: InvalidArgument for a bound out of its range, and those of reading.
    virtual Result<std::vector<ledger::Record>> list(const LedgerQuery& query) = 0;

    /// Streams every record from `from_seq` on, in order of seq, until `visit` returns false. Memory is bounded; the
    /// records appended meanwhile may or may not be seen. No lock is held while `visit` runs.
    /// Errors: Unavailable, DataLoss, Unimplemented (a record of a newer format).
    virtual Result<void> scan(std::uint64_t from_seq, const Visitor& visit) = 0;
};

// The refusals that every store gives in the same words.

inline Error not_continuing(std::uint64_t seq) {
    return error(Code::Conflict, "record " + std::to_string(seq) + " does not continue the head");
}
inline Error name_taken(const std::string& name) {
    return error(Code::AlreadyExists, "a record has this name already", {}, name);
}
inline Error fenced_off(const std::string& lease) {
    return error(Code::PreconditionFailed, "another process has taken the lease \"" + lease + "\"",
                 "ask the process that holds it", lease);
}
inline Error newer_format(std::uint64_t seq, std::int64_t version) {
    return error(Code::Unimplemented,
                 "ledger record " + std::to_string(seq) + " is of format version " + std::to_string(version) +
                     ", this program knows " + std::to_string(ledger::kFormatVersion),
                 "read it with a newer helix", "seq " + std::to_string(seq));
}
/// Of a stored record that cannot be relied on: no fault of who asks for it.
inline Error not_as_written(std::uint64_t seq, const std::string& why) {
    return error(Code::DataLoss, "record " + std::to_string(seq) + " is not as it was written: " + why,
                 "run helix ledger verify, and compare with a copy", "seq " + std::to_string(seq));
}
inline Result<void> check_name(std::string_view name) {
    if (!name.empty() && name.size() <= Entry::kNameBytesMax) return {};
    return error(Code::InvalidArgument,
                 "a name of a record has 1 to " + std::to_string(Entry::kNameBytesMax) + " bytes");
}

inline Result<void> LedgerStore::append_all(std::span<const ledger::Record> records) {
    std::vector<Entry> entries;
    entries.reserve(records.size());
    for (const ledger::Record& record : records) entries.push_back({record, {}, {}});
    return commit(entries);
}

}  // namespace helix::ports
