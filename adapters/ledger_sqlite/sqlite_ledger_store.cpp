#include "adapters/ledger_sqlite/sqlite_ledger_store.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <utility>

#include "adapters/ledger_sqlite/open_writer.hpp"
#include "adapters/ledger_sqlite/rows.hpp"

namespace helix::ledger_sqlite {
namespace {

using ledger::Record;

constexpr std::size_t kIdleReadersMax = 4;
constexpr std::size_t kScanPage = 512;

std::string select(const std::string& rest) {
    return std::string("SELECT ") + kColumns + " FROM records " + rest;
}

/// SQLite's integers are signed; no record lies past their end.
std::int64_t to_row(std::uint64_t seq) {
    constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    return static_cast<std::int64_t>(std::min(seq, kMax));
}

std::string list_sql(const ports::LedgerQuery& query) {
    std::string where = query.newest_first ? "WHERE seq <= ?1" : "WHERE seq >= ?1";
    if (!query.kind.empty()) where += " AND kind = ?3";
    if (!query.target.empty()) where += " AND target = ?4";
    return select(where + " ORDER BY seq " + (query.newest_first ? "DESC" : "ASC") + " LIMIT ?2");
}

/// Reads all rows of a bound statement into `page`, reusing its records; `page` ends with as many as there were.
Result<void> read_rows(const Connection& connection, Statement& statement, std::vector<Record>& page) {
    const ResetAtEnd reset(statement);
    std::size_t count = 0;
    int code = statement.step();
    for (; code == SQLITE_ROW; code = statement.step()) {
        if (count == page.size()) page.emplace_back();
        if (auto read = read_record(statement, page[count]); !read) return read;
        ++count;
    }
    if (code != SQLITE_DONE) return connection.last_error("reading");
    page.resize(count);
    return {};
}

}  // namespace

struct SqliteLedgerStore::Writer {
    Connection connection;
    Statement begin, insert, commit, rollback;

    static Result<std::unique_ptr<Writer>> open(const std::string& path, const Options& options) {
        auto connection = open_writer(path, options);
        if (!connection) return connection.error();
        auto writer = std::make_unique<Writer>(Writer{*std::move(connection), {}, {}, {}, {}});
        const std::string insert =
            std::string("INSERT INTO records (") + kColumns + ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
        for (const auto& [statement, sql] : {std::pair<Statement*, std::string>{&writer->begin, "BEGIN IMMEDIATE"},
                                             {&writer->insert, insert},
                                             {&writer->commit, "COMMIT"},
                                             {&writer->rollback, "ROLLBACK"}}) {
            auto prepared = writer->connection.prepare(sql);
            if (!prepared) return prepared.error();
            *statement = *std::move(prepared);
        }
        return writer;
    }

    /// The library's code; SQLITE_DONE when it worked.
    static int run(Statement& statement) {
        const int code = statement.step();
        statement.reset();
        return code;
    }

    void undo() {
        if (sqlite3_get_autocommit(connection.handle()) == 0) run(rollback);
    }
};

struct SqliteLedgerStore::Reader {
    Connection connection;
    Statement head, read, page;

    static Result<std::unique_ptr<Reader>> open(const std::string& path, const Options& options) {
        auto connection = Connection::open(path, Connection::Mode::Reader, options.busy_timeout_ms);
        if (!connection) return connection.error();
        auto reader = std::make_unique<Reader>(Reader{*std::move(connection), {}, {}, {}});
        for (const auto& [statement, sql] :
             {std::pair<Statement*, std::string>{&reader->head,
                                                 "SELECT seq, hash FROM records ORDER BY seq DESC LIMIT 1"},
              {&reader->read, select("WHERE seq = ?1")},
              {&reader->page, select("WHERE seq >= ?1 ORDER BY seq LIMIT ?2")}}) {
            auto prepared = reader->connection.prepare(sql);
            if (!prepared) return prepared.error();
            *statement = *std::move(prepared);
        }
        return reader;
    }
};

SqliteLedgerStore::SqliteLedgerStore(std::string path, const Options& options)
    : path_(std::move(path)), options_(options) {}

SqliteLedgerStore::~SqliteLedgerStore() = default;

Result<std::unique_ptr<SqliteLedgerStore>> SqliteLedgerStore::open(const std::string& path, const Options& options) {
    auto writer = Writer::open(path, options);
    if (!writer) return writer.error();
    std::unique_ptr<SqliteLedgerStore> store(new SqliteLedgerStore(path, options));
    store->writer_ = *std::move(writer);
    return store;
}

Result<void> SqliteLedgerStore::append(const Record& record) {
    return append_all({&record, 1});
}

Result<void> SqliteLedgerStore::append_all(std::span<const Record> records) {
    if (records.empty()) return {};
    const std::lock_guard lock(write_mutex_);
    if (Writer::run(writer_->begin) != SQLITE_DONE) return writer_->connection.last_error("beginning to append");
    if (auto inserted = insert_all(records); !inserted) {
        writer_->undo();
        return inserted;
    }
    if (const int code = Writer::run(writer_->commit); code != SQLITE_DONE) {
        Error failure = writer_->connection.last_error("committing");
        // A sync that failed says nothing of what reached the disk: after a crash the commit may turn up.
        if ((code & 0xFF) == SQLITE_IOERR) failure.code = Code::UnknownOutcome;
        writer_->undo();
        return failure;
    }
    return {};
}

Result<void> SqliteLedgerStore::insert_all(std::span<const Record> records) {
    for (const Record& record : records) {
        bind_record(writer_->insert, record);
        const int code = writer_->insert.step();
        if (code == SQLITE_CONSTRAINT_TRIGGER) {
            writer_->insert.reset();
            return error(Code::Conflict, "record " + std::to_string(record.seq) + " does not continue the head");
        }
        if (code != SQLITE_DONE) {
            Error failure = writer_->connection.last_error("appending record " + std::to_string(record.seq));
            writer_->insert.reset();
            return failure;
        }
        writer_->insert.reset();
    }
    return {};
}

Result<std::unique_ptr<SqliteLedgerStore::Reader>> SqliteLedgerStore::borrow() {
    {
        const std::lock_guard lock(readers_mutex_);
        if (!idle_readers_.empty()) {
            auto reader = std::move(idle_readers_.back());
            idle_readers_.pop_back();
            return reader;
        }
    }
    return Reader::open(path_, options_);
}

void SqliteLedgerStore::give_back(std::unique_ptr<Reader> reader) {
    const std::lock_guard lock(readers_mutex_);
    if (idle_readers_.size() < kIdleReadersMax) idle_readers_.push_back(std::move(reader));
}

Result<std::optional<ledger::Head>> SqliteLedgerStore::head() {
    auto reader = borrow();
    if (!reader) return reader.error();
    std::optional<ledger::Head> head;
    {
        Statement& statement = (*reader)->head;
        const ResetAtEnd reset(statement);
        const int code = statement.step();
        if (code != SQLITE_ROW && code != SQLITE_DONE) return (*reader)->connection.last_error("reading the head");
        if (code == SQLITE_ROW) {
            head.emplace().seq = static_cast<std::uint64_t>(statement.integer(0));
            read_digest(statement.bytes(1), head->hash);
        }
    }
    give_back(*std::move(reader));
    return head;
}

Result<Record> SqliteLedgerStore::read(std::uint64_t seq) {
    auto reader = borrow();
    if (!reader) return reader.error();
    std::vector<Record> found;
    (*reader)->read.bind(1, to_row(seq));
    if (auto read = read_rows((*reader)->connection, (*reader)->read, found); !read) return read.error();
    give_back(*std::move(reader));
    if (found.empty()) return error(Code::NotFound, "no ledger record " + std::to_string(seq));
    return std::move(found.front());
}

Result<std::vector<Record>> SqliteLedgerStore::list(const ports::LedgerQuery& query) {
    if (auto valid = ports::check(query); !valid) return valid.error();
    auto reader = borrow();
    if (!reader) return reader.error();
    std::vector<Record> page;
    {
        auto statement = (*reader)->connection.prepare(list_sql(query));
        if (!statement) return statement.error();
        const std::uint64_t end = query.newest_first ? std::numeric_limits<std::uint64_t>::max() : 0;
        statement->bind(1, to_row(query.from_seq.value_or(end)));
        statement->bind(2, static_cast<std::int64_t>(query.limit));
        if (!query.kind.empty()) statement->bind(3, std::string_view(query.kind));
        if (!query.target.empty()) statement->bind(4, std::string_view(query.target));
        if (auto read = read_rows((*reader)->connection, *statement, page); !read) return read.error();
    }
    give_back(*std::move(reader));
    return page;
}

Result<void> SqliteLedgerStore::scan(std::uint64_t from_seq, const Visitor& visit) {
    std::vector<Record> page;
    // Page by page, each its own short transaction: a long one would keep the WAL from being emptied.
    for (std::uint64_t next = from_seq;;) {
        auto reader = borrow();
        if (!reader) return reader.error();
        (*reader)->page.bind(1, to_row(next));
        (*reader)->page.bind(2, static_cast<std::int64_t>(kScanPage));
        const auto read = read_rows((*reader)->connection, (*reader)->page, page);
        if (!read) return read;
        give_back(*std::move(reader));
        for (const Record& record : page)
            if (!visit(record)) return {};
        if (page.size() < kScanPage) return {};
        next = page.back().seq + 1;
    }
}

}  // namespace helix::ledger_sqlite
