#include "adapters/ledger_postgres/append.hpp"

#include <algorithm>
#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/ledger_postgres/rows.hpp"
#include "adapters/postgres/lone_statement.hpp"
#include "adapters/postgres/text.hpp"
#include "service/ports/fault_point.hpp"

namespace helix::ledger_postgres {
namespace {

using ports::Entry;
using postgres::Session;

/// Texts of one INSERT at most, far below what the server takes.
constexpr std::size_t kInsertBytesMax = 16U * 1024U * 1024U;

constexpr const char* kTakeTurn = "SELECT " HELIX_LEDGER_TURN ";";
constexpr postgres::Statement kHead{"head_for_append", "SELECT seq, hash FROM records ORDER BY seq DESC LIMIT 1"};
constexpr postgres::Statement kHashOf{"hash_of", "SELECT hash FROM records WHERE seq = $1"};
constexpr postgres::Statement kTaken{
    "names_taken",
    "SELECT at FROM unnest($1::bytea[]) WITH ORDINALITY AS asked (name, at)"
    " JOIN record_keys AS given ON sha256(given.name) = sha256(asked.name) ORDER BY at LIMIT 1"};
// The taker of a lease changes this row: it waits for us, or we see its epoch.
constexpr postgres::Statement kFence{"fence", "SELECT epoch FROM leases WHERE name = $1 FOR SHARE"};

bool follows(const ledger::Record& record, const ledger::Record& before) {
    return record.seq == before.seq + 1 && record.prev_hash == before.hash;
}

/// What can be refused without asking the server.
Result<void> check(std::span<const Entry> entries) {
    std::set<std::string_view> names;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        if (i > 0 && !follows(entries[i].record, entries[i - 1].record))
            return ports::not_continuing(entries[i].record.seq);
        for (const std::string& name : entries[i].names) {
            if (auto valid = ports::check_name(name); !valid) return valid;
            if (!names.insert(name).second) return ports::name_taken(name);
        }
    }
    return {};
}

Result<void> check_fences(Session& session, std::span<const Entry> entries) {
    std::optional<ports::Fence> checked;
    for (const Entry& entry : entries) {
        if (!entry.fence || entry.fence == checked) continue;
        const auto rows = session.run(kFence, entry.fence->lease);
        if (rows.empty() || rows[0][0].as<std::int64_t>() != to_row(entry.fence->epoch))
            return ports::fenced_off(entry.fence->lease);
        checked = entry.fence;
    }
    return {};
}

Result<void> check_names(Session& session, std::span<const Entry> entries) {
    std::vector<const std::string*> names;
    postgres::ArrayText asked;
    for (const Entry& entry : entries)
        for (const std::string& name : entry.names) {
            names.push_back(&name);
            asked.add_bytes(std::string_view(name));
        }
    if (names.empty()) return {};
    const auto rows = session.run(kTaken, asked.str());
    if (!rows.empty()) return ports::name_taken(*names[rows[0][0].as<std::size_t>() - 1]);
    return {};
}

std::size_t bytes_of(const Entry& entry) {
    return entry.record.body.size() + entry.record.target.size() + entry.record.actor.size();
}

/// In pieces that the server takes.
void insert(Session& session, std::span<const Entry> entries) {
    for (auto rest = entries; !rest.empty();) {
        std::size_t count = 1;
        for (std::size_t bytes = bytes_of(rest[0]); count < rest.size(); ++count)
            if (bytes += bytes_of(rest[count]); bytes > kInsertBytesMax) break;
        append(session, rest.first(count), {});
        rest = rest.subspan(count);
    }
}

bool is_there(Session& session, const ledger::Record& last) {
    const auto rows = session.run(kHashOf, to_row(last.seq));
    return !rows.empty() && rows[0][0].c_str() == postgres::hex(last.hash);
}

/// The only fence of the entries; nothing when there is none.
std::optional<ports::Fence> fence_of(std::span<const Entry> entries) {
    for (const Entry& entry : entries)
        if (entry.fence) return entry.fence;
    return std::nullopt;
}

/// At most one fence, and texts that the server takes in one piece.
bool fits_one_statement(std::span<const Entry> entries) {
    const std::optional<ports::Fence> fence = fence_of(entries);
    std::size_t bytes = 0;
    for (const Entry& entry : entries) {
        bytes += bytes_of(entry);
        if (entry.fence && entry.fence != fence) return false;
    }
    return bytes <= kInsertBytesMax;
}

}  // namespace

/// A turn kept from the last call may have been ended by the server meanwhile: `continues_head` finds out.
Result<void> Appender::take_turn() {
    if (turn_) return {};
    auto begun = postgres::Transaction::begin(pool_, "appending", kTakeTurn);
    if (!begun) return begun.error();
    turn_.emplace(*std::move(begun));
    return {};
}

Result<bool> Appender::continues_head(const ledger::Record& first) {
    bool continues = false;
    const auto read = turn_->run([&](Session& session) -> Result<void> {
        const auto rows = session.run(kHead);
        if (rows.empty()) {
            continues = first.seq == 0 && first.prev_hash == ledger::Digest{};
        } else {
            ledger::Digest hash;
            postgres::read_hex(text(rows[0][1]), hash);
            continues = to_row(first.seq) == rows[0][0].as<std::int64_t>() + 1 && first.prev_hash == hash;
        }
        return {};
    });
    if (!read) return read.error();
    return continues;
}

Result<void> Appender::commit(std::span<const Entry> entries) {
    if (entries.empty()) return {};
    const std::lock_guard lock(mutex_);
    if (auto sound = check(entries); !sound) return sound;
    if (auto sound = check_texts(entries); !sound) return sound;
    if (alone_ && !turn_ && fits_one_statement(entries)) {
        const auto done = append_at_once(entries);
        if (!done) return done.error();
        if (*done == AtOnce::Done) return {};
    }
    return append_in_steps(entries);
}

Result<Appender::AtOnce> Appender::append_at_once(std::span<const Entry> entries) {
    const std::optional<ports::Fence> fence = fence_of(entries);
    bool refused = false;
    ports::fault_point("commit.before");
    const auto run = postgres::run_lone_statement(
        pool_, "appending", [&](Session& session) { refused = !append(session, entries, fence); },
        [&](Session& session) { return is_there(session, entries.back().record); });
    ports::fault_point("commit.after");
    if (run) return refused ? AtOnce::Refused : AtOnce::Done;
    if (run.error().code == Code::Unavailable || run.error().code == Code::UnknownOutcome) return run.error();
    return AtOnce::Refused;
}

Result<void> Appender::append_in_steps(std::span<const Entry> entries) {
    const bool kept = turn_.has_value();
    if (auto taken = take_turn(); !taken) return taken;
    auto continues = continues_head(entries.front().record);
    if (!continues && kept) {
        turn_.reset();
        if (auto taken = take_turn(); !taken) return taken;
        continues = continues_head(entries.front().record);
    }
    alone_ = continues && *continues && !kept;
    if (continues && !*continues) return ports::not_continuing(entries.front().record.seq);  // the turn is kept
    postgres::Transaction transaction = *std::move(turn_);
    turn_.reset();
    if (!continues) return continues.error();
    const auto inserted = transaction.run([&](Session& session) -> Result<void> {
        if (auto held = check_fences(session, entries); !held) return held;
        if (auto free = check_names(session, entries); !free) return free;
        insert(session, entries);
        return {};
    });
    if (!inserted) return inserted;
    const ledger::Record& last = entries.back().record;
    ports::fault_point("commit.before");
    auto committed = transaction.commit([&](Session& session) { return is_there(session, last); });
    ports::fault_point("commit.after");
    return committed;
}

}  // namespace helix::ledger_postgres
