#pragma once

#include <cstdint>
#include <optional>

#include "domain/core/result.hpp"
#include "domain/ledger/chain.hpp"
#include "domain/ledger/digest.hpp"
#include "service/ports/record_sink.hpp"
#include "service/ports/record_source.hpp"
#include "service/usecases/verify_ledger.hpp"

namespace helix::usecases {

struct ExportReport {
    std::uint64_t records = 0;         ///< appended now
    std::optional<ledger::Head> head;  ///< the last record that the copy holds now; none: the ledger is empty
};

/// Copies the records that `sink` does not hold yet, each only when its hash and its link hold: a copy is never worse
/// than what it continues. A sink that holds records is continued behind the last, which must be the ledger's own.
///
/// `from_seq` says where the copy is to be continued; it must be one past what the sink holds. For an empty sink it is
/// where the copy begins, without a record before it to link to.
/// `progress` is called every few hundred records with the seq reached; returns false to stop early.
/// Errors: InvalidArgument when `from_seq` does not continue the sink; DataLoss naming the seq when the ledger does not
/// hold, or has another history than the sink; DeadlineExceeded when stopped; those of source and sink.
Result<ExportReport> export_ledger(ports::RecordSource& source, ports::RecordSink& sink, ledger::Sha256 sha256,
                                   std::optional<std::uint64_t> from_seq = {}, const VerifyProgress& progress = {});

}  // namespace helix::usecases
