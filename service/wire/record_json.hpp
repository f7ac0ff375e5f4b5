#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "domain/core/result.hpp"
#include "domain/ledger/digest.hpp"
#include "domain/ledger/record.hpp"

namespace helix::wire {

/// A record as JSON, one flat object:
///
///     {"actor": "...", "at": "2026-11-21T03:04:05.000006Z", "body": {...}, "gamma1": "14.134725141734693",
///      "hash": "<64 lower-case hex>", "id": "<ULID>", "kind": "helix.cycle", "prev_hash": "<hex>", "seq": 7,
///      "signature": {"key": "<key id>", "sig": "<base64>"}, "target": "...", "v": 1}
///
/// `signature` is there when the record was signed. `v` is Record::format, which is ledger::kFormatVersion. What is
/// hashed is the canonical text of all members but `hash` and `signature`: the version is thereby inside what is
/// hashed.

/// Writes the bytes whose SHA-256 is the record's hash into `out`, replacing what it held (so that its memory is
/// used again). `record.body` goes in as it is: it must be the canonical text of one object.
///
/// The text is unambiguous: the body is checked to be exactly one balanced object, so that no part of it can pass for
/// the members after it.
/// Errors: InvalidArgument when a string is not valid UTF-8 or the body is not one object.
Result<void> hashed_bytes(const ledger::Record& record, std::string& out);

/// Sets `prev_hash`, then `hash` from all the other fields. Errors: as hashed_bytes; the record is then unspecified.
Result<void> seal(ledger::Record& record, const ledger::Digest& prev_hash, ledger::Sha256 sha256);

/// The digest that the fields of a stored record give, to be compared with its `hash`. `scratch` is working memory.
/// Errors: InvalidArgument for a record that no writer leaves: also one whose body is not canonical, or whose id is
/// none.
Result<ledger::Digest> recompute(const ledger::Record& record, ledger::Sha256 sha256, std::string& scratch);

/// The record's canonical JSON text, `hash` and `signature` included. Errors: as recompute for the body, so that it is
/// JSON whatever was stored.
Result<std::string> record_text(const ledger::Record& record);

/// The record as a JSON value. Errors: InvalidArgument when the body is not JSON.
Result<nlohmann::json> to_json(const ledger::Record& record);

/// Reads a record; every member must be there, of its type and in its one spelling, and no other. Hash and signature
/// are read, not checked.
/// Errors: InvalidArgument naming the member; Unimplemented for a `v` newer than ours.
Result<ledger::Record> record_from_json(const nlohmann::json& value);

/// `record_from_json` of a text. Errors: also those of parse_json.
Result<ledger::Record> parse_record(std::string_view text);

}  // namespace helix::wire
