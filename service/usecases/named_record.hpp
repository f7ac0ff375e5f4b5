#pragma once

#include <functional>
#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "domain/core/result.hpp"
#include "domain/ledger/record.hpp"
#include "service/ports/ledger_store.hpp"

namespace helix::usecases {

/// Whether a record is the one that a name was made for. `body` is the record's, read as JSON; an empty object when it
/// is none.
using Carries = std::function<bool(const ledger::Record& record, const nlohmann::json& body)>;

/// The record that `name` leads to; nothing when no record was given that name.
///
/// Names stand beside the records and are not hashed, so a name alone is no evidence: `carries` looks whether the
/// record says of itself what the name says of it. Errors: DataLoss when it does not, or when there is no such record;
/// those of the store.
Result<std::optional<ledger::Record>> find_record(ports::LedgerStore& store, const std::string& name,
                                                  const Carries& carries);

/// The receipt of the cycle with this id; nothing when it has not ended. Errors: as find_record.
Result<std::optional<ledger::Record>> find_cycle_receipt(ports::LedgerStore& store, const std::string& cycle_id);

/// The receipt of the actor's request with this Idempotency-Key; nothing when there is none. Errors: as find_record.
Result<std::optional<ledger::Record>> find_keyed_receipt(ports::LedgerStore& store, const std::string& actor,
                                                         const std::string& key);

/// The first intent of the actor's request with this Idempotency-Key; nothing when none was begun. Errors: as
/// find_record.
Result<std::optional<ledger::Record>> find_keyed_intent(ports::LedgerStore& store, const std::string& actor,
                                                        const std::string& key);

}  // namespace helix::usecases
