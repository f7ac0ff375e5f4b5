#include "adapters/ledger_postgres/migrations.hpp"

#include <chrono>
#include <utility>

#include "service/ports/fault_point.hpp"

namespace helix::ledger_postgres {
namespace {

using postgres::Session;

/// Building an index over a long ledger takes its time, and so does waiting for the process that does it.
constexpr std::chrono::hours kPatience{6};

/// What stands in the schema before anything is done.
struct Found {
    std::string schema;
    std::string encoding;
    int version = 0;       ///< 0: no schema_version
    bool records = false;  ///< a table of this name is there
    bool ours = false;     ///< may this role change the schema?
};

Found look(Session& session) {
    const auto row = session.execute(
        "SELECT coalesce(current_schema(), ''), current_setting('server_encoding'),"
        " to_regclass('schema_version') IS NOT NULL, to_regclass('records') IS NOT NULL,"
        " coalesce(has_schema_privilege(current_schema(), 'CREATE'), false)"
        "  AND coalesce((SELECT pg_has_role(relowner, 'USAGE') FROM pg_class"
        "                WHERE oid = to_regclass('schema_version')), true)")[0];
    Found found{row[0].c_str(), row[1].c_str(), 0, row[3].as<bool>(), row[4].as<bool>()};
    if (row[2].as<bool>())
        found.version = session.execute("SELECT coalesce(max(version), 0) FROM schema_version")[0][0].as<int>();
    return found;
}

Error refused(const std::string& server, const std::string& what, const char* mend) {
    return error(Code::PreconditionFailed, "ledger " + server + ": " + what, mend, server);
}

void apply(Session& session, const Migration& migration) {
    if (migration.version == 1)
        session.execute(
            "CREATE TABLE schema_version (version INTEGER PRIMARY KEY, name TEXT NOT NULL,"
            " applied_at TIMESTAMPTZ NOT NULL DEFAULT now())");
    session.execute(migration.sql);
    session.execute("INSERT INTO schema_version (version, name) VALUES (" + std::to_string(migration.version) + ", " +
                    session.raw().quote(migration.name) + ")");
}

/// The service adds records and names and reads them; it changes only what is no evidence.
void grant(Session& session, const std::string& schema, const std::string& service_role) {
    const auto there = session.execute("SELECT 1 FROM pg_roles WHERE rolname <> current_user AND rolname = " +
                                       session.raw().quote(service_role));
    if (there.empty()) return;
    const std::string role = session.raw().quote_name(service_role);
    session.execute("GRANT USAGE ON SCHEMA " + session.raw().quote_name(schema) + " TO " + role);
    for (const auto& [rights, tables] : {std::pair{"SELECT", "schema_version"},
                                         {"SELECT, INSERT", "records, record_keys, tree_nodes"},
                                         {"SELECT, INSERT, UPDATE", "leases, outbox_cursors"},
                                         {"SELECT, INSERT, UPDATE, DELETE", "dead_letters"}}) {
        session.execute(std::string("REVOKE ALL ON ") + tables + " FROM " + role);
        session.execute(std::string("GRANT ") + rights + " ON " + tables + " TO " + role);
    }
}

Result<void> apply_missing(Session& session, const std::string& server, std::span<const Migration> migrations,
                           const std::string& service_role) {
    // "HELX": one at a time in this database. Changing a large table may take longer than our usual statements.
    session.execute(
        "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0; SELECT pg_advisory_xact_lock(1212501080)");
    const Found found = look(session);
    const int newest = migrations.empty() ? 0 : migrations.back().version;
    if (found.schema.empty()) return refused(server, "no schema to work in", "name one in the role's search_path");
    if (found.encoding != "UTF8")
        return refused(server, "the database's encoding is " + found.encoding, "create it with ENCODING 'UTF8'");
    if (found.version > newest)
        return refused(
            server,
            "its schema is version " + std::to_string(found.version) + ", this program knows " + std::to_string(newest),
            "run the newer helix that wrote it, or one newer still");
    if (found.records && found.version == 0)
        return refused(server, "the schema " + found.schema + " holds another program's tables",
                       "give the ledger a database or a schema of its own");
    if (!found.ours && found.version < newest)
        return refused(server,
                       "its schema is version " + std::to_string(found.version) + ", this program needs " +
                           std::to_string(newest) + ", and this role does not own it",
                       "start helix once as the owner: see docs/postgresql.md");
    if (!found.ours) return {};
    // Functions remember this path, whatever the role's own says: the schema, and pg_temp last. Unless the path names
    // it, pg_temp is searched first, and a caller's temporary table would be taken for ours.
    session.execute("SELECT set_config('search_path', quote_ident(" + session.raw().quote(found.schema) +
                    ") || ', pg_temp', true)");
    for (const Migration& migration : migrations)
        if (migration.version > found.version) {
            apply(session, migration);
            ports::fault_point("migration.step");
        }
    grant(session, found.schema, service_role);
    return {};
}

}  // namespace

Result<void> migrate(postgres::Pool& pool, std::span<const Migration> migrations, const std::string& service_role) {
    ports::fault_point("migration.before");
    auto migrated = pool.write("bringing the schema up to date", [&](Session& session) {
        session.be_patient(kPatience);
        auto done = apply_missing(session, pool.server(), migrations, service_role);
        session.be_patient(std::chrono::milliseconds(pool.options().bounds.silence_ms));
        return done;
    });
    ports::fault_point("migration.after");
    return migrated;
}

Result<void> check_schema(postgres::Pool& pool, std::span<const Migration> migrations) {
    return pool.read("reading the schema's version", [&](Session& session) -> Result<void> {
        const Found found = look(session);
        const int newest = migrations.empty() ? 0 : migrations.back().version;
        if (found.version == newest) return {};
        const std::string version = "its schema is version " + std::to_string(found.version) + ", this program ";
        if (found.version > newest)
            return error(Code::Unimplemented,
                         "ledger " + pool.server() + ": " + version + "knows " + std::to_string(newest),
                         "read it with the newer helix that wrote it", pool.server());
        if (found.version == 0)
            return refused(pool.server(), "there is no ledger", "check the database and its search_path");
        return refused(pool.server(), version + "needs " + std::to_string(newest),
                       "start helix once as the owner: see docs/postgresql.md");
    });
}

}  // namespace helix::ledger_postgres
