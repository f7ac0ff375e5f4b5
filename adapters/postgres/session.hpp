#pragma once

#include <chrono>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include <pqxx/pqxx>

#include "adapters/postgres/conninfo.hpp"
#include "adapters/postgres/watchdog.hpp"

namespace helix::postgres {

/// A statement that a session prepares when it first runs it. Made of constants: the name is its identity.
struct Statement {
    const char* name;
    const char* sql;
};

/// How long a session waits, in milliseconds.
struct Bounds {
    // The server keeps these.
    int statement_ms = 15'000;
    int lock_ms = 8'000;
    /// A process that is stopped in the middle of a transaction loses it, and with it the locks others wait for.
    int idle_in_transaction_ms = 5'000;

    /// For any answer of a server that is silent: we keep this one. Above the others, so that the server speaks first.
    int silence_ms = 20'000;
};

/// One connection. Its methods throw what the library throws; Pool and Transaction turn that into errors.
/// Not thread-safe: one thread at a time.
class Session {
public:
    /// Connects. Throws pqxx::broken_connection.
    Session(const Conninfo& conninfo, const Bounds& bounds, Watchdog& dog);

    /// Runs one statement or several, without parameters; gives the last one's rows.
    pqxx::result execute(const std::string& sql) {
        const Watchdog::Guard guard(dog_, connection_.sock(), patience_);
        return pqxx::nontransaction(connection_).exec(sql);
    }

    /// Runs a prepared statement. Texts must hold no zero byte (the library would cut them there).
    template <class... Args>
    pqxx::result run(const Statement& statement, Args&&... args) {
        const Watchdog::Guard guard(dog_, connection_.sock(), patience_);
        if (prepared_.insert(statement.name).second) connection_.prepare(statement.name, statement.sql);
        return pqxx::nontransaction(connection_).exec_prepared(statement.name, std::forward<Args>(args)...);
    }

    /// The server's process behind this connection. It names it even after others have had its number.
    struct Backend {
        std::string pid;
        std::string started;
    };
    [[nodiscard]] const Backend& backend() const { return backend_; }

    /// False once the connection was seen to be gone.
    [[nodiscard]] bool alive() const { return connection_.is_open(); }
    [[nodiscard]] pqxx::connection& raw() { return connection_; }

    /// Changes how long an answer may take (Bounds::silence_ms at first): changing a table may take long.
    void be_patient(std::chrono::milliseconds patience) { patience_ = patience; }

private:
    pqxx::connection connection_;
    std::set<std::string_view> prepared_;
    Watchdog& dog_;
    std::chrono::milliseconds patience_;
    Backend backend_;
};

}  // namespace helix::postgres
