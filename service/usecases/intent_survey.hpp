#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain/core/result.hpp"
#include "service/ports/ledger_store.hpp"
#include "service/usecases/cycle.hpp"

namespace helix::usecases {

/// A cycle without a receipt, as its intents tell it.
struct OpenCycle {
    Cycle cycle;
    std::uint64_t first_seq = 0;  ///< of its intents
    std::size_t last_step = 0;    ///< the one whose outcome is not known
    std::optional<Reserved> reserved;
};

/// A write that has its receipt and was done, wholly or perhaps, while its worst case may still come.
struct StandingWrite {
    std::string target;
    std::string mark;  ///< names its reservation
    gate::Action action;
    ports::WriteResult result;  ///< as its receipt tells it
    Reserved reserved;
};

/// What the intents of a ledger leave to be done by a process that comes later.
struct IntentSurvey {
    std::vector<OpenCycle> open;
    std::vector<StandingWrite> standing;
    std::uint64_t needed_from = 0;  ///< no intent before this seq is open, or of a write that still stands
    std::size_t read = 0;           ///< intents looked at
};

/// Reads all intents from `from_seq` on and looks for their receipts. Memory grows with what is open or stands.
/// @param now_us  reservations that ran out before stand no more
/// Errors: DataLoss when a cycle's name leads to a record that is not its receipt; those of the store.
Result<IntentSurvey> survey_intents(ports::LedgerStore& store, std::uint64_t from_seq, std::int64_t now_us);

}  // namespace helix::usecases
