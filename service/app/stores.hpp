#pragma once

#include <functional>
#include <memory>
#include <string>

#include "domain/core/result.hpp"
#include "service/ports/lease_store.hpp"
#include "service/ports/ledger_store.hpp"
#include "service/ports/outbox_store.hpp"
#include "service/ports/tree_store.hpp"

namespace helix::app {

/// The stores on one database: what the configuration's `ledger` names.
struct Stores {
    std::shared_ptr<ports::LedgerStore> ledger;
    std::shared_ptr<ports::LeaseStore> leases;
    std::shared_ptr<ports::TreeStore> tree;
    std::function<Result<std::unique_ptr<ports::OutboxStore>>()> open_outbox;
    std::string place;  ///< for people and logs: a file's path, or a server's URL; no secret can be in it
};

/// The configuration's `ledger` under the one name that all who stand on it give it: a file's path absolute and without
/// links (what is beside the file, lock and state, must be found by everybody), a URL as it is.
std::string ledger_place(const std::string& ledger);

/// Opens a PostgreSQL database (postgresql://user@host/database) or an SQLite file.
/// `service_role` is given its rights when the connected role owns a PostgreSQL schema (docs/postgresql.md).
/// Errors: those of the engine's `open`.
Result<Stores> open_stores(const std::string& ledger, const std::string& service_role);

}  // namespace helix::app
