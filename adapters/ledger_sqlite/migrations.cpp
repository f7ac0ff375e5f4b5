#include "adapters/ledger_sqlite/migrations.hpp"

#include <cstdlib>
#include <string>

#include "service/ports/fault_point.hpp"

namespace helix::ledger_sqlite {
namespace {

Result<int> number(Connection& connection, std::string_view sql) {
    auto text = connection.value(sql);
    if (!text) return text.error();
    return static_cast<int>(std::strtol(text->c_str(), nullptr, 10));
}

Result<void> apply_missing(Connection& connection, std::span<const Migration> migrations) {
    if (auto ours = refuse_foreign(connection); !ours) return ours;
    const auto version = number(connection, "PRAGMA user_version");
    if (!version) return version.error();
    const int newest = migrations.empty() ? 0 : migrations.back().version;
    if (*version > newest)
        return error(Code::PreconditionFailed,
                     "ledger " + connection.path() + ": its schema is version " + std::to_string(*version) +
                         ", this program knows " + std::to_string(newest),
                     "run the newer helix that wrote it, or one newer still", connection.path());
    for (const Migration& migration : migrations) {
        if (migration.version <= *version) continue;
        if (auto done = connection.execute(migration.sql); !done) return done;
        const std::string mark = "PRAGMA user_version = " + std::to_string(migration.version);
        if (auto done = connection.execute(mark.c_str()); !done) return done;
        ports::fault_point("migration.step");
    }
    const std::string ours = "PRAGMA application_id = " + std::to_string(kApplicationId);
    return *version < newest ? connection.execute(ours.c_str()) : Result<void>{};
}

}  // namespace

Result<void> refuse_foreign(Connection& connection) {
    // In this order: tables and mark appear in one commit, so whoever sees tables then sees the mark too.
    const auto tables = number(connection, "SELECT count(*) FROM sqlite_schema");
    if (!tables) return tables.error();
    const auto id = number(connection, "PRAGMA application_id");
    if (!id) return id.error();
    if (*id == kApplicationId || (*id == 0 && *tables == 0)) return {};
    return error(Code::PreconditionFailed, "ledger " + connection.path() + ": the file is another program's database",
                 "give the ledger a file of its own", connection.path());
}

Result<void> migrate(Connection& connection, std::span<const Migration> migrations) {
    if (auto begun = connection.execute("BEGIN IMMEDIATE"); !begun) return begun;
    auto done = apply_missing(connection, migrations);
    ports::fault_point("migration.before");
    if (done) done = connection.execute("COMMIT");
    ports::fault_point("migration.after");
    if (!done && sqlite3_get_autocommit(connection.handle()) == 0) {
        // The first failure is the one to tell; a rollback that fails too is undone by closing the connection.
        (void)connection.execute("ROLLBACK");
    }
    return done;
}

}  // namespace helix::ledger_sqlite
