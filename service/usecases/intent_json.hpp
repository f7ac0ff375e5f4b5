#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain/core/result.hpp"
#include "domain/ledger/record.hpp"
#include "service/usecases/cycle.hpp"

namespace helix::usecases {

/// What a `helix.intent` record says, as far as it takes to end its cycle.
struct Intent {
    Cycle cycle;            ///< without steps
    std::size_t index = 0;  ///< of the step
    Step step;
    std::vector<gate::Action> plan;  ///< of the first step of several
    std::int64_t at_us = 0;
    std::optional<Reserved> reserved;
};

/// Reads an intent's record. Errors: DataLoss naming the member.
Result<Intent> intent_of(const ledger::Record& record);

}  // namespace helix::usecases
