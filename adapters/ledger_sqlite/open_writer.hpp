#pragma once

#include "adapters/ledger_sqlite/connection.hpp"
#include "adapters/ledger_sqlite/sqlite_ledger_store.hpp"

namespace helix::ledger_sqlite {

/// Opens the one connection that writes: refuses foreign and damaged files, switches to WAL with synchronous=FULL, and
/// brings the schema up to date, in that order, so that a file that is refused was not touched. A file that is missing
/// is made, mode 0600.
Result<Connection> open_writer(const std::string& path, const Options& options);

}  // namespace helix::ledger_sqlite
