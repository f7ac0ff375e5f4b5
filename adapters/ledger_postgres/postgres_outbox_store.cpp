#include "adapters/ledger_postgres/postgres_outbox_store.hpp"

#include "adapters/ledger_postgres/rows.hpp"

namespace helix::ledger_postgres {
namespace {

using ports::DeadLetter;
using ports::OutboxCursor;
using postgres::Session;
using postgres::Statement;

constexpr Statement kRead{
    "outbox_read", "SELECT next_seq, attempts, not_before_us, last_error FROM outbox_cursors WHERE destination = $1"};
constexpr Statement kCreate{"outbox_create",
                            "INSERT INTO outbox_cursors (destination, next_seq, attempts, not_before_us, last_error) "
                            "VALUES ($1, $2, 0, 0, '') ON CONFLICT (destination) DO NOTHING"};
constexpr Statement kMove{"outbox_move",
                          "UPDATE outbox_cursors SET next_seq = $3, attempts = $4, not_before_us = $5, last_error = $6 "
                          "WHERE destination = $1 AND next_seq = $2"};
constexpr Statement kKeep{
    "outbox_keep",
    "INSERT INTO dead_letters (destination, seq, attempts, at_us, last_error) VALUES ($1, $2, $3, $4, $5) "
    "ON CONFLICT (destination, seq) DO UPDATE SET attempts = excluded.attempts, at_us = excluded.at_us, "
    "last_error = excluded.last_error"};
constexpr Statement kPage{"outbox_page",
                          "SELECT seq, attempts, at_us, last_error FROM dead_letters "
                          "WHERE destination = $1 AND seq >= $2 ORDER BY seq LIMIT $3"};
constexpr Statement kCount{"outbox_count", "SELECT count(*) FROM dead_letters WHERE destination = $1"};
constexpr Statement kWanted{"outbox_wanted",
                            "SELECT seq, attempts, at_us, last_error FROM dead_letters "
                            "WHERE destination = $1 AND attempts = 0 ORDER BY seq LIMIT 1"};
constexpr Statement kUpdate{
    "outbox_update",
    "UPDATE dead_letters SET attempts = $3, at_us = $4, last_error = $5 WHERE destination = $1 AND seq = $2"};
constexpr Statement kRemove{"outbox_remove", "DELETE FROM dead_letters WHERE destination = $1 AND seq = $2"};

DeadLetter letter_of(const pqxx::row& row) {
    return {row[0].as<std::uint64_t>(), row[1].as<int>(), row[2].as<std::int64_t>(), row[3].c_str()};
}

}  // namespace

Result<OutboxCursor> PostgresOutboxStore::begin(const std::string& destination, std::uint64_t start) {
    return pool_->write("reading a cursor", [&](Session& session) -> Result<OutboxCursor> {
        session.run(kCreate, destination, to_row(start));
        const auto rows = session.run(kRead, destination);
        if (rows.empty()) return error(Code::Internal, "a cursor that was made is not there", {}, destination);
        const auto row = rows[0];
        return OutboxCursor{row[0].as<std::uint64_t>(), row[1].as<int>(), row[2].as<std::int64_t>(), row[3].c_str()};
    });
}

Result<void> PostgresOutboxStore::move(const std::string& destination, std::uint64_t expected, const OutboxCursor& to,
                                       const std::optional<DeadLetter>& letter) {
    return pool_->write("moving a cursor", [&](Session& session) -> Result<void> {
        const auto moved = session.run(kMove, destination, to_row(expected), to_row(to.next_seq), to.attempts,
                                       to.not_before_us, to.last_error);
        if (moved.affected_rows() == 0) return ports::cursor_moved(destination);
        if (letter)
            session.run(kKeep, destination, to_row(letter->seq), letter->attempts, letter->at_us, letter->last_error);
        return {};
    });
}

Result<std::vector<DeadLetter>> PostgresOutboxStore::dead_letters(const std::string& destination,
                                                                  std::uint64_t from_seq, std::size_t limit) {
    return pool_->read("reading dead letters", [&](Session& session) -> Result<std::vector<DeadLetter>> {
        std::vector<DeadLetter> letters;
        for (const auto& row : session.run(kPage, destination, to_row(from_seq), to_row(limit)))
            letters.push_back(letter_of(row));
        return letters;
    });
}

Result<std::uint64_t> PostgresOutboxStore::count_dead_letters(const std::string& destination) {
    return pool_->read("counting dead letters", [&](Session& session) -> Result<std::uint64_t> {
        return session.run(kCount, destination)[0][0].as<std::uint64_t>();
    });
}

Result<std::optional<DeadLetter>> PostgresOutboxStore::first_to_resend(const std::string& destination) {
    using Found = Result<std::optional<DeadLetter>>;
    return pool_->read("reading dead letters", [&](Session& session) -> Found {
        const auto rows = session.run(kWanted, destination);
        return rows.empty() ? std::nullopt : std::optional(letter_of(rows[0]));
    });
}

Result<void> PostgresOutboxStore::update(const std::string& destination, const DeadLetter& letter) {
    return pool_->write("keeping a dead letter", [&](Session& session) -> Result<void> {
        const auto done =
            session.run(kUpdate, destination, to_row(letter.seq), letter.attempts, letter.at_us, letter.last_error);
        if (done.affected_rows() == 0) return ports::no_dead_letter(destination, letter.seq);
        return {};
    });
}

Result<void> PostgresOutboxStore::remove(const std::string& destination, std::uint64_t seq) {
    return pool_->write("removing a dead letter", [&](Session& session) -> Result<void> {
        if (session.run(kRemove, destination, to_row(seq)).affected_rows() == 0)
            return ports::no_dead_letter(destination, seq);
        return {};
    });
}

}  // namespace helix::ledger_postgres
