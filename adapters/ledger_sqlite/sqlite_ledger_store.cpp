#include "adapters/ledger_sqlite/sqlite_ledger_store.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <utility>

#include "adapters/ledger_sqlite/open_writer.hpp"
#include "adapters/ledger_sqlite/rows.hpp"
#include "service/ports/fault_point.hpp"

namespace helix::ledger_sqlite {
namespace {

using ledger::Record;

constexpr std::size_t kIdleReadersMax = 4;
constexpr std::size_t kScanPage = 512;

std::string select(const std::string& rest) {
    return std::string("SELECT ") + kColumns + " FROM records " + rest;
}

std::int64_t to_row(std::uint64_t seq) {
    return static_cast<std::int64_t>(std::min(seq, ports::kSeqMax));
}

std::int64_t now_us() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

std::string list_sql(const ports::LedgerQuery& query) {
    std::string where = query.newest_first ? "WHERE seq <= ?1" : "WHERE seq >= ?1";
    if (!query.kind.empty()) where += " AND kind = ?3";
    if (!query.target.empty()) where += " AND target = ?4";
    return select(where + " ORDER BY seq " + (query.newest_first ? "DESC" : "ASC") + " LIMIT ?2");
}

/// Reads the rows of a bound statement into `page`, reusing its records, until there are no more or `meter` says that
/// the page is full: a row that is not asked for is not in memory.
Result<void> read_rows(const Connection& connection, Statement& statement, ports::PageMeter& meter,
                       std::vector<Record>& page) {
    const ResetAtEnd reset(statement);
    std::size_t count = 0;
    while (!meter.full()) {
        const int code = statement.step();
        if (code == SQLITE_DONE) break;
        if (code != SQLITE_ROW) return connection.last_error("reading");
        if (count == page.size()) page.emplace_back();
        if (auto read = read_record(statement, page[count]); !read) return read;
        meter.add(page[count++]);
    }
    page.resize(count);
    return {};
}

}  // namespace

/// The one connection that writes, with its statements; used under the store's lock.
struct SqliteLedgerStore::Writer {
    Connection connection;
    Statement begin, commit, rollback, insert, name, lease, take_lease, renew_lease, put_node, kept_node;

    static Result<std::unique_ptr<Writer>> open(const std::string& path, const Options& options) {
        auto connection = open_writer(path, options);
        if (!connection) return connection.error();
        auto writer = std::make_unique<Writer>(Writer{*std::move(connection), {}, {}, {}, {}, {}, {}, {}, {}, {}, {}});
        const std::string insert = std::string("INSERT INTO records (") + kColumns +
                                   ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
        for (const auto& [statement, sql] :
             {std::pair<Statement*, std::string>{&writer->begin, "BEGIN IMMEDIATE"},
              {&writer->commit, "COMMIT"},
              {&writer->rollback, "ROLLBACK"},
              {&writer->insert, insert},
              {&writer->name, "INSERT INTO record_keys (name, seq) VALUES (?1, ?2)"},
              {&writer->lease, "SELECT epoch, expires_at_us, holder FROM leases WHERE name = ?1"},
              {&writer->take_lease,
               "INSERT INTO leases (name, holder, epoch, expires_at_us) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (name) DO "
               "UPDATE SET holder = excluded.holder, epoch = excluded.epoch, expires_at_us = excluded.expires_at_us"},
              {&writer->renew_lease, "UPDATE leases SET expires_at_us = ?3 WHERE name = ?1 AND epoch = ?2"},
              {&writer->put_node, "INSERT OR IGNORE INTO tree_nodes (level, idx, hash) VALUES (?1, ?2, ?3)"},
              {&writer->kept_node, "SELECT hash FROM tree_nodes WHERE level = ?1 AND idx = ?2"}}) {
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

    Result<void> insert_entry(const ports::Entry& entry) {
        const std::uint64_t seq = entry.record.seq;
        bind_record(insert, entry.record);
        if (const int code = run(insert); code != SQLITE_DONE)
            return code == SQLITE_CONSTRAINT_TRIGGER ? ports::not_continuing(seq)
                                                     : connection.last_error("appending record " + std::to_string(seq));
        for (const std::string& one : entry.names) {
            if (auto valid = ports::check_name(one); !valid) return valid;
            name.bind(1, std::string_view(one));
            name.bind(2, to_row(seq));
            // Of the triggers' two rules it can only be the one of taken names: the record is the newest.
            if (const int code = run(name); code != SQLITE_DONE)
                return code == SQLITE_CONSTRAINT_TRIGGER ? ports::name_taken(one)
                                                         : connection.last_error("naming a record");
        }
        return {};
    }

    Result<void> insert_all(std::span<const ports::Entry> entries) {
        std::optional<ports::Fence> checked;
        for (const ports::Entry& entry : entries) {
            if (entry.fence && entry.fence != checked) {
                const auto newest = find_lease(entry.fence->lease);
                if (!newest) return newest.error();
                if (newest->epoch != entry.fence->epoch) return ports::fenced_off(entry.fence->lease);
                checked = entry.fence;
            }
            if (auto inserted = insert_entry(entry); !inserted) return inserted;
        }
        return {};
    }

    struct LeaseRow {
        std::uint64_t epoch = 0;  ///< 0: never taken
        std::int64_t expires_at_us = 0;
        std::string holder;
    };

    Result<LeaseRow> find_lease(const std::string& lease_name) {
        const ResetAtEnd reset(lease);
        lease.bind(1, std::string_view(lease_name));
        const int code = lease.step();
        if (code == SQLITE_DONE) return LeaseRow{};
        if (code != SQLITE_ROW) return connection.last_error("reading a lease");
        return LeaseRow{static_cast<std::uint64_t>(lease.integer(0)), lease.integer(1), std::string(lease.bytes(2))};
    }

    Result<ports::Lease> take(const std::string& lease_name, const std::string& holder, std::chrono::microseconds ttl) {
        const auto row = find_lease(lease_name);
        if (!row) return row.error();
        const std::int64_t now = now_us();
        if (row->epoch > 0 && row->holder != holder && now < row->expires_at_us)
            return ports::held_by(row->holder, std::chrono::duration_cast<std::chrono::milliseconds>(
                                                   std::chrono::microseconds(row->expires_at_us - now)));
        const ports::Lease taken{lease_name, holder, row->epoch + 1};
        take_lease.bind(1, std::string_view(lease_name));
        take_lease.bind(2, std::string_view(holder));
        take_lease.bind(3, to_row(taken.epoch));
        take_lease.bind(4, now + ttl.count());
        if (run(take_lease) != SQLITE_DONE) return connection.last_error("taking a lease");
        return taken;
    }

    Result<void> hold_until(const ports::Lease& held, std::int64_t until_us) {
        renew_lease.bind(1, std::string_view(held.name));
        renew_lease.bind(2, to_row(held.epoch));
        renew_lease.bind(3, until_us);
        if (run(renew_lease) != SQLITE_DONE) return connection.last_error("renewing a lease");
        if (sqlite3_changes(connection.handle()) == 0) return ports::fenced_off(held.name);
        return {};
    }

    Result<void> put_nodes(unsigned level, std::uint64_t from, std::span<const ledger::Digest> nodes) {
        put_node.bind(1, std::int64_t{level});
        for (std::size_t i = 0; i < nodes.size(); ++i) {
            put_node.bind(2, to_row(from + i));
            put_node.bind_blob(3, nodes[i].data(), static_cast<int>(nodes[i].size()));
            if (run(put_node) != SQLITE_DONE) return connection.last_error("keeping a tree node");
            if (sqlite3_changes(connection.handle()) > 0) continue;
            if (auto same = is_kept(level, from + i, nodes[i]); !same) return same;
        }
        return {};
    }

    /// Errors: DataLoss when the node that is there is another.
    Result<void> is_kept(unsigned level, std::uint64_t index, const ledger::Digest& node) {
        const ResetAtEnd reset(kept_node);
        kept_node.bind(1, std::int64_t{level});
        kept_node.bind(2, to_row(index));
        if (kept_node.step() != SQLITE_ROW) return connection.last_error("reading a tree node");
        ledger::Digest kept{};
        read_digest(kept_node.bytes(0), kept);
        if (kept != node) return ports::another_node_kept(level, index);
        return {};
    }
};

struct SqliteLedgerStore::Reader {
    Connection connection;
    Statement head, read, page, find, hashes, nodes, nodes_end;

    static Result<std::unique_ptr<Reader>> open(const std::string& path, const Options& options) {
        auto connection = Connection::open(path, Connection::Mode::Reader, options.busy_timeout_ms);
        if (!connection) return connection.error();
        auto reader = std::make_unique<Reader>(Reader{*std::move(connection), {}, {}, {}, {}, {}, {}, {}});
        for (const auto& [statement, sql] :
             {std::pair<Statement*, std::string>{&reader->head,
                                                 "SELECT seq, hash FROM records ORDER BY seq DESC LIMIT 1"},
              {&reader->read, select("WHERE seq = ?1")},
              {&reader->page, select("WHERE seq >= ?1 ORDER BY seq LIMIT ?2")},
              {&reader->find, "SELECT seq FROM record_keys WHERE name = ?1"},
              {&reader->hashes, "SELECT hash FROM records WHERE seq >= ?1 ORDER BY seq LIMIT ?2"},
              {&reader->nodes, "SELECT hash, idx FROM tree_nodes WHERE level = ?1 AND idx >= ?2 ORDER BY idx LIMIT ?3"},
              {&reader->nodes_end, "SELECT coalesce(max(idx) + 1, 0) FROM tree_nodes WHERE level = ?1"}}) {
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

/// Runs `work`, which returns a Result, inside one durable transaction; what failed is undone.
template <class Work>
auto SqliteLedgerStore::in_transaction(std::string_view doing, Work&& work) -> decltype(work()) {
    const std::lock_guard lock(write_mutex_);
    const UndoAtEnd undo(writer_->connection, writer_->rollback);
    if (Writer::run(writer_->begin) != SQLITE_DONE)
        return writer_->connection.last_error("beginning " + std::string(doing));
    auto done = work();
    if (!done) return done;
    ports::fault_point("commit.before");
    const int code = Writer::run(writer_->commit);
    ports::fault_point("commit.after");
    if (code != SQLITE_DONE) {
        Error failure = writer_->connection.last_error("committing " + std::string(doing));
        // A sync that failed says nothing of what reached the disk: after a crash the commit may turn up.
        if ((code & 0xFF) == SQLITE_IOERR) failure.code = Code::UnknownOutcome;
        return failure;
    }
    return done;
}

Result<void> SqliteLedgerStore::commit(std::span<const ports::Entry> entries) {
    if (entries.empty()) return {};
    return in_transaction("to append", [&] { return writer_->insert_all(entries); });
}

Result<ports::Lease> SqliteLedgerStore::acquire(const std::string& name, const std::string& holder,
                                                std::chrono::milliseconds ttl) {
    return in_transaction("to take a lease", [&] { return writer_->take(name, holder, ttl); });
}

Result<void> SqliteLedgerStore::renew(const ports::Lease& lease, std::chrono::milliseconds ttl) {
    const std::int64_t until = now_us() + std::chrono::microseconds(ttl).count();
    return in_transaction("to renew a lease", [&] { return writer_->hold_until(lease, until); });
}

Result<void> SqliteLedgerStore::release(const ports::Lease& lease) {
    auto done = in_transaction("to release a lease", [&] { return writer_->hold_until(lease, 0); });
    if (!done && done.error().code == Code::PreconditionFailed) return {};
    return done;
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
    ports::PageMeter meter(1, 1);
    if (auto read = read_rows((*reader)->connection, (*reader)->read, meter, found); !read) return read.error();
    give_back(*std::move(reader));
    if (found.empty() || found.front().seq != seq)
        return error(Code::NotFound, "no ledger record " + std::to_string(seq));
    return std::move(found.front());
}

Result<std::optional<std::uint64_t>> SqliteLedgerStore::find(std::string_view name) {
    auto reader = borrow();
    if (!reader) return reader.error();
    std::optional<std::uint64_t> seq;
    {
        Statement& statement = (*reader)->find;
        const ResetAtEnd reset(statement);
        statement.bind(1, name);
        const int code = statement.step();
        if (code != SQLITE_ROW && code != SQLITE_DONE) return (*reader)->connection.last_error("finding a name");
        if (code == SQLITE_ROW) seq = static_cast<std::uint64_t>(statement.integer(0));
    }
    give_back(*std::move(reader));
    return seq;
}

Result<std::vector<ledger::Digest>> SqliteLedgerStore::hashes(std::uint64_t from_seq, std::size_t count) {
    if (from_seq > ports::kSeqMax) return std::vector<ledger::Digest>();
    auto reader = borrow();
    if (!reader) return reader.error();
    std::vector<ledger::Digest> hashes;
    {
        Statement& statement = (*reader)->hashes;
        const ResetAtEnd reset(statement);
        statement.bind(1, to_row(from_seq));
        statement.bind(2, to_row(count));
        int code = statement.step();
        for (; code == SQLITE_ROW; code = statement.step()) read_digest(statement.bytes(0), hashes.emplace_back());
        if (code != SQLITE_DONE) return (*reader)->connection.last_error("reading hashes");
    }
    give_back(*std::move(reader));
    return hashes;
}

Result<std::vector<ledger::Digest>> SqliteLedgerStore::tree_nodes(unsigned level, std::uint64_t from,
                                                                  std::size_t count) {
    auto reader = borrow();
    if (!reader) return reader.error();
    std::vector<ledger::Digest> nodes;
    {
        Statement& statement = (*reader)->nodes;
        const ResetAtEnd reset(statement);
        statement.bind(1, std::int64_t{level});
        statement.bind(2, to_row(from));
        statement.bind(3, to_row(count));
        int code = statement.step();
        for (; code == SQLITE_ROW && statement.integer(1) == to_row(from + nodes.size()); code = statement.step())
            read_digest(statement.bytes(0), nodes.emplace_back());
        if (code != SQLITE_ROW && code != SQLITE_DONE) return (*reader)->connection.last_error("reading tree nodes");
    }
    give_back(*std::move(reader));
    return nodes;
}

Result<std::uint64_t> SqliteLedgerStore::tree_nodes_end(unsigned level) {
    auto reader = borrow();
    if (!reader) return reader.error();
    std::uint64_t end = 0;
    {
        Statement& statement = (*reader)->nodes_end;
        const ResetAtEnd reset(statement);
        statement.bind(1, std::int64_t{level});
        if (statement.step() != SQLITE_ROW) return (*reader)->connection.last_error("reading tree nodes");
        end = static_cast<std::uint64_t>(statement.integer(0));
    }
    give_back(*std::move(reader));
    return end;
}

Result<void> SqliteLedgerStore::put_tree_nodes(unsigned level, std::uint64_t from,
                                               std::span<const ledger::Digest> nodes) {
    return in_transaction("to keep tree nodes", [&] { return writer_->put_nodes(level, from, nodes); });
}

Result<std::vector<Record>> SqliteLedgerStore::list(const ports::LedgerQuery& query) {
    if (auto valid = ports::check(query); !valid) return valid.error();
    if (ports::begins_past_the_end(query)) return std::vector<Record>();
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
        ports::PageMeter meter(query.limit, query.bytes_max);
        if (auto read = read_rows((*reader)->connection, *statement, meter, page); !read) return read.error();
    }
    give_back(*std::move(reader));
    return page;
}

Result<void> SqliteLedgerStore::scan(std::uint64_t from_seq, const Visitor& visit) {
    std::vector<Record> page;
    // Page by page, each its own short transaction: a long one would keep the WAL from being emptied.
    for (std::uint64_t next = from_seq; next <= ports::kSeqMax;) {
        auto reader = borrow();
        if (!reader) return reader.error();
        (*reader)->page.bind(1, to_row(next));
        (*reader)->page.bind(2, static_cast<std::int64_t>(kScanPage));
        ports::PageMeter meter(kScanPage, ports::LedgerQuery::kPageBytes);
        const auto read = read_rows((*reader)->connection, (*reader)->page, meter, page);
        if (!read) return read;
        give_back(*std::move(reader));
        for (Record& record : page) {
            if (!visit(record)) return {};
            ports::free_if_large(record);
        }
        if (!meter.full()) return {};
        if (page.back().seq < next) return rows_out_of_order(path_);
        next = page.back().seq + 1;
    }
    return {};
}

}  // namespace helix::ledger_sqlite
