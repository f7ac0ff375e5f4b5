#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <pqxx/pqxx>

#include "adapters/postgres/session.hpp"
#include "adapters/postgres/text.hpp"
#include "domain/core/result.hpp"
#include "service/ports/ledger_store.hpp"

namespace helix::ledger_postgres {

/// The columns in the order that `read_record` knows.
inline constexpr const char* kColumns =
    "seq, v, id, at_us, kind, target, actor, body, prev_hash, hash, key_id, signature";

/// PostgreSQL's integers are signed; no record lies past their end.
std::int64_t to_row(std::uint64_t number);

/// A field's bytes; valid as long as its rows.
inline std::string_view text(const pqxx::field& field) {
    return {field.c_str(), field.size()};
}

/// Reads a row of kColumns into `record`, using its memory again. A digest of a wrong length is read as zeros, so that
/// `verify` names the record. Errors: Unimplemented for a row of a newer format.
Result<void> read_record(const pqxx::row& row, ledger::Record& record);

/// Reads all rows into `page`, reusing its records. Errors: those of read_record.
Result<void> read_records(const pqxx::result& rows, std::vector<ledger::Record>& page);

/// Errors: InvalidArgument for a text with a zero byte, which PostgreSQL cannot hold.
Result<void> check_texts(std::span<const ports::Entry> entries);

/// SQL that waits for the turn to append, until the transaction's end; the server grants turns in the order of asking.
#define HELIX_LEDGER_TURN "pg_advisory_xact_lock(1212501080, 'records'::regclass::oid::integer)"  // "HELX"

/// Appends the entries, records and names, with one statement: it waits for the turn and holds on to the fence where
/// one is given. By itself it is a whole transaction. False: the fence is not held any more, and nothing was written.
/// Throws what the library throws: the tables' own rules have refused it.
bool append(postgres::Session& session, std::span<const ports::Entry> entries,
            const std::optional<ports::Fence>& fence);

}  // namespace helix::ledger_postgres
