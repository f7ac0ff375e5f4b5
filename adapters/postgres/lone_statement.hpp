#pragma once

#include <functional>
#include <string_view>

#include "adapters/postgres/pool.hpp"
#include "adapters/postgres/session.hpp"
#include "domain/core/result.hpp"

namespace helix::postgres {

/// Runs `statement`, which executes one statement that writes, outside a transaction block: the server commits it by
/// itself, and one round trip is all it takes.
///
/// When the answer is lost the outcome is found out, not guessed (and a statement that was not carried out is run once
/// more): nothing more can come of the statement once the server's process that had it has ended or waits for another
/// one, and `is_there` then reads whether its work is in the database.
///
/// Errors: those of to_error for a statement that the server refused: nothing was written. Unavailable: the same, the
/// connection broke before. UnknownOutcome when the server stays away for too long. DataLoss when another one has taken
/// its place that is without the tables.
Result<void> run_lone_statement(Pool& pool, std::string_view doing, const std::function<void(Session&)>& statement,
                                const std::function<bool(Session&)>& is_there);

}  // namespace helix::postgres
