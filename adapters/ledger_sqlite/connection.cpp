#include "adapters/ledger_sqlite/connection.hpp"

#include <cstddef>

namespace helix::ledger_sqlite {
namespace {

struct Meaning {
    Code code;
    const char* mend;
};

Meaning meaning_of(int code) {
    switch (code & 0xFF) {  // the low byte is the primary code
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return {Code::DataLoss, "restore the file from a backup; keep the damaged one for examination"};
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return {Code::Unavailable, "another process holds the file; try again"};
        case SQLITE_FULL:
            return {Code::Unavailable, "the disk is full: make room"};
        case SQLITE_IOERR:
            return {Code::Unavailable, "the disk refused: see the kernel's log"};
        case SQLITE_READONLY:
        case SQLITE_PERM:
            return {Code::Unavailable, "the file or its folder cannot be written by this user"};
        case SQLITE_CANTOPEN:
            return {Code::Unavailable, "check that the folder exists and may be written"};
        case SQLITE_NOMEM:
            return {Code::ResourceExhausted, ""};
        case SQLITE_TOOBIG:
            return {Code::InvalidArgument, "the record is too large"};
        default:
            return {Code::Internal, ""};
    }
}

}  // namespace

void Statement::bind(int index, std::int64_t value) {
    sqlite3_bind_int64(handle_.get(), index, value);
}

void Statement::bind(int index, std::string_view text) {
    // A null pointer would bind NULL; an empty text has no bytes to point at.
    const char* data = text.empty() ? "" : text.data();
    sqlite3_bind_text64(handle_.get(), index, data, text.size(), SQLITE_STATIC, SQLITE_UTF8);
}

void Statement::bind_blob(int index, const void* bytes, int size) {
    sqlite3_bind_blob(handle_.get(), index, bytes, size, SQLITE_STATIC);
}

void Statement::bind_null(int index) {
    sqlite3_bind_null(handle_.get(), index);
}

std::string_view Statement::bytes(int column) const {
    const void* data = sqlite3_column_blob(handle_.get(), column);
    const int size = sqlite3_column_bytes(handle_.get(), column);
    if (data == nullptr) return {};
    return {static_cast<const char*>(data), static_cast<std::size_t>(size)};
}

Result<Connection> Connection::open(const std::string& path, Mode mode, int busy_timeout_ms) {
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                      (mode == Mode::Writer ? SQLITE_OPEN_CREATE : 0);
    sqlite3* handle = nullptr;
    const int code = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
    Connection connection(handle, path);  // the library gives a handle even when it fails
    if (code != SQLITE_OK) return connection.last_error("opening");
    sqlite3_busy_timeout(handle, busy_timeout_ms);
    if (mode == Mode::Reader)
        if (auto done = connection.execute("PRAGMA query_only = ON"); !done) return done.error();
    return connection;
}

Result<Connection> Connection::open_uri(const std::string& uri, const std::string& path, int busy_timeout_ms) {
    constexpr int kFlags = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    sqlite3* handle = nullptr;
    const int code = sqlite3_open_v2(uri.c_str(), &handle, kFlags, nullptr);
    Connection connection(handle, path);
    if (code != SQLITE_OK) return connection.last_error("opening");
    sqlite3_busy_timeout(handle, busy_timeout_ms);
    return connection;
}

Result<Statement> Connection::prepare(std::string_view sql) {
    sqlite3_stmt* statement = nullptr;
    const int code = sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (code != SQLITE_OK) return last_error("preparing");
    return Statement(statement);
}

Result<void> Connection::execute(const char* sql) {
    if (sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) return last_error("executing");
    return {};
}

Result<std::string> Connection::value(std::string_view sql) {
    auto statement = prepare(sql);
    if (!statement) return statement.error();
    const int code = statement->step();
    if (code == SQLITE_DONE) return std::string();
    if (code != SQLITE_ROW) return last_error("reading");
    return std::string(statement->bytes(0));
}

Error Connection::last_error(std::string_view doing) const {
    const int code = handle_ ? sqlite3_extended_errcode(handle_.get()) : SQLITE_NOMEM;
    const char* text = handle_ ? sqlite3_errmsg(handle_.get()) : "out of memory";
    const Meaning meaning = meaning_of(code);
    return error(meaning.code,
                 "ledger " + path_ + ": " + std::string(doing) + ": " + text + " (SQLite " + std::to_string(code) + ")",
                 meaning.mend, path_);
}

}  // namespace helix::ledger_sqlite
