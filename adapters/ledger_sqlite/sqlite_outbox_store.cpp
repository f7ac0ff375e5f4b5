#include "adapters/ledger_sqlite/sqlite_outbox_store.hpp"

#include <utility>

namespace helix::ledger_sqlite {

using ports::DeadLetter;
using ports::OutboxCursor;

Result<std::unique_ptr<SqliteOutboxStore>> SqliteOutboxStore::open(const std::string& path, int busy_timeout_ms) {
    auto connection = Connection::open(path, Connection::Mode::Writer, busy_timeout_ms);
    if (!connection) return std::move(connection).error();
    std::unique_ptr<SqliteOutboxStore> store(new SqliteOutboxStore(*std::move(connection)));
    if (auto ready = store->prepare_all(); !ready) return std::move(ready).error();
    return store;
}

Result<void> SqliteOutboxStore::prepare_all() {
    if (auto set = connection_.execute("PRAGMA synchronous = NORMAL"); !set) return set;
    const std::string letters = "SELECT seq, attempts, at_us, last_error FROM dead_letters WHERE destination = ?1 ";
    for (const auto& [statement, sql] :
         {std::pair<Statement*, std::string>{&begin_, "BEGIN IMMEDIATE"},
          {&commit_, "COMMIT"},
          {&rollback_, "ROLLBACK"},
          {&create_,
           "INSERT INTO outbox_cursors (destination, next_seq, attempts, not_before_us, last_error) "
           "VALUES (?1, ?2, 0, 0, '') ON CONFLICT (destination) DO NOTHING"},
          {&read_, "SELECT next_seq, attempts, not_before_us, last_error FROM outbox_cursors WHERE destination = ?1"},
          {&move_,
           "UPDATE outbox_cursors SET next_seq = ?3, attempts = ?4, not_before_us = ?5, last_error = ?6 "
           "WHERE destination = ?1 AND next_seq = ?2"},
          {&page_, letters + "AND seq >= ?2 ORDER BY seq LIMIT ?3"},
          {&count_, "SELECT count(*) FROM dead_letters WHERE destination = ?1"},
          {&wanted_, letters + "AND attempts = 0 ORDER BY seq LIMIT 1"},
          {&keep_,
           "INSERT INTO dead_letters (destination, seq, attempts, at_us, last_error) VALUES (?1, ?2, ?3, ?4, ?5) "
           "ON CONFLICT (destination, seq) DO UPDATE SET attempts = excluded.attempts, at_us = excluded.at_us, "
           "last_error = excluded.last_error"},
          {&update_,
           "UPDATE dead_letters SET attempts = ?3, at_us = ?4, last_error = ?5 WHERE destination = ?1 AND seq = ?2"},
          {&remove_, "DELETE FROM dead_letters WHERE destination = ?1 AND seq = ?2"}}) {
        auto prepared = connection_.prepare(sql);
        if (!prepared) return std::move(prepared).error();
        *statement = *std::move(prepared);
    }
    return {};
}

Result<void> SqliteOutboxStore::run(Statement& statement, const char* doing) {
    const ResetAtEnd reset(statement);
    if (statement.step() != SQLITE_DONE) return connection_.last_error(doing);
    return {};
}

Result<OutboxCursor> SqliteOutboxStore::begin(const std::string& destination, std::uint64_t start) {
    const std::lock_guard lock(mutex_);
    // Read first: what is there already takes no write lock.
    for (int round = 0; round < 2; ++round) {
        {
            const ResetAtEnd reset(read_);
            read_.bind(1, std::string_view(destination));
            const int code = read_.step();
            if (code != SQLITE_ROW && code != SQLITE_DONE) return connection_.last_error("reading a cursor");
            if (code == SQLITE_ROW)
                return OutboxCursor{static_cast<std::uint64_t>(read_.integer(0)), static_cast<int>(read_.integer(1)),
                                    read_.integer(2), std::string(read_.bytes(3))};
        }
        create_.bind(1, std::string_view(destination));
        create_.bind(2, static_cast<std::int64_t>(start));
        if (auto created = run(create_, "making a cursor"); !created) return std::move(created).error();
    }
    return error(Code::Internal, "a cursor that was made is not there", {}, destination);
}

Result<void> SqliteOutboxStore::write_letter(Statement& statement, const std::string& destination,
                                             const DeadLetter& letter) {
    statement.bind(1, std::string_view(destination));
    statement.bind(2, static_cast<std::int64_t>(letter.seq));
    statement.bind(3, std::int64_t{letter.attempts});
    statement.bind(4, letter.at_us);
    statement.bind(5, std::string_view(letter.last_error));
    return run(statement, "keeping a dead letter");
}

Result<void> SqliteOutboxStore::move_in_transaction(const std::string& destination, std::uint64_t expected,
                                                    const OutboxCursor& to, const std::optional<DeadLetter>& letter) {
    move_.bind(1, std::string_view(destination));
    move_.bind(2, static_cast<std::int64_t>(expected));
    move_.bind(3, static_cast<std::int64_t>(to.next_seq));
    move_.bind(4, std::int64_t{to.attempts});
    move_.bind(5, to.not_before_us);
    move_.bind(6, std::string_view(to.last_error));
    if (auto moved = run(move_, "moving a cursor"); !moved) return moved;
    if (sqlite3_changes(connection_.handle()) == 0) return ports::cursor_moved(destination);
    return letter ? write_letter(keep_, destination, *letter) : Result<void>{};
}

Result<void> SqliteOutboxStore::move(const std::string& destination, std::uint64_t expected, const OutboxCursor& to,
                                     const std::optional<DeadLetter>& letter) {
    const std::lock_guard lock(mutex_);
    const UndoAtEnd undo(connection_, rollback_);
    if (auto begun = run(begin_, "beginning to move a cursor"); !begun) return begun;
    auto done = move_in_transaction(destination, expected, to, letter);
    return done ? run(commit_, "committing a cursor") : done;
}

Result<std::vector<DeadLetter>> SqliteOutboxStore::read_letters(Statement& statement) {
    const ResetAtEnd reset(statement);
    std::vector<DeadLetter> letters;
    int code = statement.step();
    for (; code == SQLITE_ROW; code = statement.step())
        letters.push_back({static_cast<std::uint64_t>(statement.integer(0)), static_cast<int>(statement.integer(1)),
                           statement.integer(2), std::string(statement.bytes(3))});
    if (code != SQLITE_DONE) return connection_.last_error("reading dead letters");
    return letters;
}

Result<std::vector<DeadLetter>> SqliteOutboxStore::dead_letters(const std::string& destination, std::uint64_t from_seq,
                                                                std::size_t limit) {
    const std::lock_guard lock(mutex_);
    page_.bind(1, std::string_view(destination));
    page_.bind(2, static_cast<std::int64_t>(from_seq));
    page_.bind(3, static_cast<std::int64_t>(limit));
    return read_letters(page_);
}

Result<std::uint64_t> SqliteOutboxStore::count_dead_letters(const std::string& destination) {
    const std::lock_guard lock(mutex_);
    const ResetAtEnd reset(count_);
    count_.bind(1, std::string_view(destination));
    if (count_.step() != SQLITE_ROW) return connection_.last_error("counting dead letters");
    return static_cast<std::uint64_t>(count_.integer(0));
}

Result<std::optional<DeadLetter>> SqliteOutboxStore::first_to_resend(const std::string& destination) {
    const std::lock_guard lock(mutex_);
    wanted_.bind(1, std::string_view(destination));
    auto letters = read_letters(wanted_);
    if (!letters) return std::move(letters).error();
    return letters->empty() ? std::nullopt : std::optional(std::move(letters->front()));
}

Result<void> SqliteOutboxStore::update(const std::string& destination, const DeadLetter& letter) {
    const std::lock_guard lock(mutex_);
    if (auto done = write_letter(update_, destination, letter); !done) return done;
    if (sqlite3_changes(connection_.handle()) == 0) return ports::no_dead_letter(destination, letter.seq);
    return {};
}

Result<void> SqliteOutboxStore::remove(const std::string& destination, std::uint64_t seq) {
    const std::lock_guard lock(mutex_);
    remove_.bind(1, std::string_view(destination));
    remove_.bind(2, static_cast<std::int64_t>(seq));
    if (auto done = run(remove_, "removing a dead letter"); !done) return done;
    if (sqlite3_changes(connection_.handle()) == 0) return ports::no_dead_letter(destination, seq);
    return {};
}

}  // namespace helix::ledger_sqlite
