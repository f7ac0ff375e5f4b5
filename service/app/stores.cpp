#include "service/app/stores.hpp"

#include <utility>

#include "adapters/ledger_postgres/postgres_ledger_store.hpp"
#include "adapters/ledger_postgres/postgres_outbox_store.hpp"
#include "adapters/ledger_sqlite/sqlite_ledger_store.hpp"
#include "adapters/ledger_sqlite/sqlite_outbox_store.hpp"
#include "adapters/postgres/conninfo.hpp"
#include "adapters/real_path/real_path.hpp"

namespace helix::app {
namespace {

using OpenedOutbox = Result<std::unique_ptr<ports::OutboxStore>>;

template <class Store>
Stores stores_of(std::shared_ptr<Store> store, std::function<OpenedOutbox()> open_outbox, std::string place) {
    return {store, store, store, std::move(open_outbox), std::move(place)};
}

}  // namespace

std::string ledger_place(const std::string& ledger) {
    const bool file = !postgres::is_postgres_url(ledger) && ledger != ":memory:";  // which is refused by that name
    return file ? real_path::real_path(ledger) : ledger;
}

Result<Stores> open_stores(const std::string& ledger, const std::string& service_role) {
    if (!postgres::is_postgres_url(ledger)) {
        auto store = ledger_sqlite::SqliteLedgerStore::open(ledger);
        if (!store) return std::move(store).error();
        const auto open_outbox = [ledger]() -> OpenedOutbox {
            auto outbox = ledger_sqlite::SqliteOutboxStore::open(ledger);
            if (!outbox) return std::move(outbox).error();
            return OpenedOutbox(*std::move(outbox));
        };
        return stores_of<ledger_sqlite::SqliteLedgerStore>(*std::move(store), open_outbox, ledger);
    }
    ledger_postgres::Options options;
    options.service_role = service_role;
    auto store = ledger_postgres::PostgresLedgerStore::open(ledger, options);
    if (!store) return std::move(store).error();
    const auto open_outbox = [pool = (*store)->pool()]() -> OpenedOutbox {
        return OpenedOutbox(std::make_unique<ledger_postgres::PostgresOutboxStore>(pool));
    };
    std::string place = (*store)->pool()->server();
    return stores_of<ledger_postgres::PostgresLedgerStore>(*std::move(store), open_outbox, std::move(place));
}

}  // namespace helix::app
