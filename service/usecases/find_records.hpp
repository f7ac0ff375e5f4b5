#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain/core/result.hpp"
#include "domain/ledger/digest.hpp"
#include "domain/ledger/record.hpp"
#include "service/ports/record_source.hpp"

namespace helix::usecases {

/// Which records are looked for. Empty texts match everything; others match the whole field.
struct RecordQuery {
    std::optional<std::uint64_t> from_seq = {};  ///< the first seq looked at, in the direction that is read
    std::size_t limit = 20;                      ///< >= 1
    std::string kind = {};
    std::string target = {};
    std::string actor = {};
    std::optional<std::int64_t> since_us = {};  ///< at or after
    std::optional<std::int64_t> until_us = {};  ///< before
    bool newest_first = true;
};

struct RecordPage {
    std::vector<ledger::Record> records;
    std::optional<std::uint64_t> next;    ///< where the next page begins; none: there is no more
    bool cut = false;                     ///< what holds the records ends in the middle of one
    std::vector<std::string> complaints;  ///< what cannot be relied on among what was read, a few sentences at most
};

/// The records of `source` that match, in pages of `limit`. Reads backwards in pieces where the source can tell its
/// last seq; else (a pipe) it reads all and keeps the last `limit`. The records' own hashes are checked, their links
/// are not. Errors: those of the source.
Result<RecordPage> find_records(ports::RecordSource& source, const RecordQuery& query, ledger::Sha256 sha256);

/// The record `seq`. Errors: NotFound, which says when the records end in the middle of one; DataLoss when its bytes do
/// not give its hash; those of the source.
Result<ledger::Record> find_record(ports::RecordSource& source, std::uint64_t seq, ledger::Sha256 sha256);

}  // namespace helix::usecases
