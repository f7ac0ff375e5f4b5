#pragma once

#include <optional>
#include <string_view>

#include "domain/core/result.hpp"
#include "domain/ledger/chain.hpp"
#include "domain/ledger/record.hpp"

namespace helix::ports {

/// Where a ledger is copied to, record after record: a file, a git repository, a stream.
///
/// What it held before stays: a copy is continued, never rewritten. Threads: one at a time.
class RecordSink {
public:
    virtual ~RecordSink() = default;

    /// The last record that it held when it was opened; empty when there was none.
    [[nodiscard]] virtual std::optional<ledger::Head> head() const = 0;

    /// Takes the next record; `text` is its canonical JSON. It need not be durable yet.
    /// Errors: Unavailable when it cannot be written, Conflict when somebody else wrote meanwhile.
    virtual Result<void> append(const ledger::Record& record, std::string_view text) = 0;

    /// Makes everything appended durable and seen; without it the sink may be left as it was. Errors: as append.
    virtual Result<void> finish() = 0;
};

}  // namespace helix::ports
