#pragma once

#include <span>
#include <string>

#include "adapters/migrations/migration.hpp"
#include "adapters/postgres/pool.hpp"
#include "domain/core/result.hpp"

namespace helix::ledger_postgres {

using migrations::Migration;

/// migrations/postgres/*.sql in their order, as they were when the program was built.
std::span<const Migration> all_migrations();

/// Brings the schema to the newest of `migrations` when the connected role owns it, and gives `service_role` its
/// rights, when a role of that name is there; in one transaction under an advisory lock, so that of several processes
/// that start at once one does it and the others find it done. A role that does not own the schema only checks that
/// it is up to date. A failure leaves the database as it was.
/// Errors: PreconditionFailed when the schema is newer than this program, older and not ours to change, or another
/// program's; or when the database's encoding is not UTF8; those of Pool::write.
Result<void> migrate(postgres::Pool& pool, std::span<const Migration> migrations, const std::string& service_role);

/// Whether the schema is the newest of `migrations`; nothing is changed.
/// Errors: Unimplemented when it is newer than this program; PreconditionFailed when it is older, or no ledger's; those
/// of Pool::read.
Result<void> check_schema(postgres::Pool& pool, std::span<const Migration> migrations);

}  // namespace helix::ledger_postgres
