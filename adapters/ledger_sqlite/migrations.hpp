#pragma once

#include <span>

#include "adapters/ledger_sqlite/connection.hpp"
#include "adapters/migrations/migration.hpp"

namespace helix::ledger_sqlite {

using migrations::Migration;

/// migrations/sqlite/*.sql in their order, as they were when the program was built.
std::span<const Migration> all_migrations();

/// Marks a file as ours (PRAGMA application_id): "HELX".
inline constexpr int kApplicationId = 0x48454C58;

/// Whether the file is empty or a ledger. Errors: PreconditionFailed when it is some other program's database.
Result<void> refuse_foreign(Connection& connection);

/// Brings the file to the newest of `migrations`, in one transaction that holds the write lock: of several processes
/// that start at once, one does it and the others find it done. A failure leaves the file as it was.
/// Errors: PreconditionFailed when the file is of a newer schema, or is some other program's database.
Result<void> migrate(Connection& connection, std::span<const Migration> migrations);

}  // namespace helix::ledger_sqlite
