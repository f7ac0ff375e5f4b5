#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <sqlite3.h>

#include "domain/core/result.hpp"

namespace helix::ledger_sqlite {

/// A prepared statement; finalized with its owner. Bound parameters count from 1, columns from 0.
class Statement {
public:
    Statement() = default;
    explicit Statement(sqlite3_stmt* handle) : handle_(handle) {}

    void bind(int index, std::int64_t value);
    void bind(int index, std::string_view text);             ///< `text` must live until the next reset
    void bind_blob(int index, const void* bytes, int size);  ///< `bytes` likewise
    void bind_null(int index);

    /// SQLITE_ROW, SQLITE_DONE, or an error code of the library.
    int step() { return sqlite3_step(handle_.get()); }
    void reset() { sqlite3_reset(handle_.get()); }

    [[nodiscard]] std::int64_t integer(int column) const { return sqlite3_column_int64(handle_.get(), column); }
    /// Valid until the next step or reset.
    [[nodiscard]] std::string_view bytes(int column) const;

private:
    struct Finalize {
        void operator()(sqlite3_stmt* handle) const { sqlite3_finalize(handle); }
    };
    std::unique_ptr<sqlite3_stmt, Finalize> handle_;
};

/// Resets a statement when the scope ends, so that no read transaction stays open behind it.
class ResetAtEnd {
public:
    explicit ResetAtEnd(Statement& statement) : statement_(statement) {}
    ~ResetAtEnd() { statement_.reset(); }
    ResetAtEnd(const ResetAtEnd&) = delete;
    ResetAtEnd& operator=(const ResetAtEnd&) = delete;

private:
    Statement& statement_;
};

/// One connection to one file. Not thread-safe: one thread at a time.
class Connection {
public:
    enum class Mode {
        Writer,  ///< creates the file when it is missing
        Reader,  ///< changes nothing; the library still needs to write the WAL's index beside the file
    };

    /// Opens `path`; a file that another process holds is waited for.
    static Result<Connection> open(const std::string& path, Mode mode, int busy_timeout_ms);

    /// Opens what `uri` names for reading alone; `path` is what errors call it.
    static Result<Connection> open_uri(const std::string& uri, const std::string& path, int busy_timeout_ms);

    Result<Statement> prepare(std::string_view sql);
    /// Runs statements that answer no rows.
    Result<void> execute(const char* sql);
    /// The first column of the first row of `sql`, as text; empty when there is no row.
    Result<std::string> value(std::string_view sql);

    /// What the library said last, as our error; `doing` begins the message. The one place where its codes become ours:
    /// damaged files are DataLoss, everything that may pass by itself or by mending the disk is Unavailable.
    [[nodiscard]] Error last_error(std::string_view doing) const;

    [[nodiscard]] sqlite3* handle() const { return handle_.get(); }
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    struct Close {
        void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
    };
    Connection(sqlite3* handle, std::string path) : handle_(handle), path_(std::move(path)) {}

    std::unique_ptr<sqlite3, Close> handle_;
    std::string path_;
};

/// Leaves no transaction open when the scope ends, whether by an error or by an exception: what was not committed is
/// undone. Also when it begins, one that had no memory even to be undone. `rollback` is prepared: it needs none.
class UndoAtEnd {
public:
    UndoAtEnd(const Connection& connection, Statement& rollback) : connection_(connection), rollback_(rollback) {
        undo();
    }
    ~UndoAtEnd() { undo(); }
    UndoAtEnd(const UndoAtEnd&) = delete;
    UndoAtEnd& operator=(const UndoAtEnd&) = delete;

private:
    void undo() {
        if (sqlite3_get_autocommit(connection_.handle()) != 0) return;
        const ResetAtEnd reset(rollback_);
        rollback_.step();
    }

    const Connection& connection_;
    Statement& rollback_;
};

}  // namespace helix::ledger_sqlite
