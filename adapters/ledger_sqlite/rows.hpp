#pragma once

#include <string>
#include <string_view>

#include "adapters/ledger_sqlite/connection.hpp"
#include "domain/ledger/record.hpp"

namespace helix::ledger_sqlite {

/// The columns in the order that `bind_record` and `read_record` know.
inline constexpr const char* kColumns =
    "seq, v, id, at_us, kind, target, actor, body, prev_hash, hash, key_id, signature";

/// Binds `record` to ?1 .. ?12; it must live until the statement is reset.
void bind_record(Statement& statement, const ledger::Record& record);

/// Copies a digest's 32 bytes; anything of another length becomes zeros.
void read_digest(std::string_view bytes, ledger::Digest& out);

/// Reads the current row into `record`, using its memory again. A digest of a wrong length is read as zeros, so that
/// `verify` names the record. Errors: Unimplemented for a row of a newer format.
Result<void> read_record(const Statement& row, ledger::Record& record);

/// Where a page of rows ends before it begins: only in a file whose table is not ours, where a seq may be a text. Read
/// on, the same page would come for ever.
Error rows_out_of_order(const std::string& path);

}  // namespace helix::ledger_sqlite
