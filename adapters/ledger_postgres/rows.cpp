#include "adapters/ledger_postgres/rows.hpp"

#include <algorithm>

namespace helix::ledger_postgres {
namespace {

using postgres::ArrayText;

// The INSERT reads every CTE before it inserts a row; the names' one waits for it.
constexpr postgres::Statement kAppend{
    "append",
    "WITH turn AS MATERIALIZED (SELECT " HELIX_LEDGER_TURN
    "),"
    " fence AS MATERIALIZED"
    " (SELECT epoch FROM leases, turn WHERE name = $15 AND epoch = $16::bigint FOR SHARE OF leases),"
    " added AS (INSERT INTO records (seq, v, id, at_us, kind, target, actor, body, prev_hash, hash, key_id, signature)"
    " SELECT seq, $1::integer, id, at_us, kind, target, actor, body, prev_hash, hash, key_id, signature"
    " FROM turn, unnest($2::bigint[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[],"
    " $9::bytea[], $10::bytea[], $11::text[], $12::bytea[])"
    " AS row (seq, id, at_us, kind, target, actor, body, prev_hash, hash, key_id, signature)"
    " WHERE $15 IS NULL OR EXISTS (SELECT FROM fence) RETURNING seq),"
    " named AS (INSERT INTO record_keys (name, seq) SELECT name, row.seq"
    " FROM unnest($13::bytea[], $14::bigint[]) AS row (name, seq) JOIN added ON added.seq = row.seq)"
    " SELECT count(*) FROM added"};

std::int64_t integer(const pqxx::field& field) {
    return field.as<std::int64_t>();
}

/// One array a column: what one INSERT takes.
struct RecordArrays {
    ArrayText seq, id, at_us, kind, target, actor, body, prev_hash, hash, key_id, signature;

    void add(const ledger::Record& record) {
        seq.add(to_row(record.seq));
        id.add(std::string_view(record.id));
        at_us.add(record.at_us);
        kind.add(std::string_view(record.kind));
        target.add(std::string_view(record.target));
        actor.add(std::string_view(record.actor));
        body.add(std::string_view(record.body));
        prev_hash.add_bytes(record.prev_hash);
        hash.add_bytes(record.hash);
        if (!record.signature) return key_id.add_null(), signature.add_null();
        key_id.add(std::string_view(record.signature->key_id));
        signature.add_bytes(record.signature->bytes);
    }
};

struct NameArrays {
    ArrayText names, seqs;

    explicit NameArrays(std::span<const ports::Entry> entries) {
        for (const ports::Entry& entry : entries)
            for (const std::string& name : entry.names) {
                names.add_bytes(std::string_view(name));
                seqs.add(to_row(entry.record.seq));
            }
    }
};

bool has_zero(const ledger::Record& record) {
    const auto in = [](const std::string& one) { return one.find('\0') != std::string::npos; };
    return in(record.id) || in(record.kind) || in(record.target) || in(record.actor) || in(record.body) ||
           (record.signature && in(record.signature->key_id));
}

}  // namespace

std::int64_t to_row(std::uint64_t number) {
    return static_cast<std::int64_t>(std::min(number, ports::kSeqMax));
}

Result<void> read_record(const pqxx::row& row, ledger::Record& record) {
    record.seq = static_cast<std::uint64_t>(integer(row[0]));
    record.format = integer(row[1]);
    if (record.format > ledger::kFormatVersion) return ports::newer_format(record.seq, record.format);
    record.id = text(row[2]);
    record.at_us = integer(row[3]);
    record.kind = text(row[4]);
    record.target = text(row[5]);
    record.actor = text(row[6]);
    record.body = text(row[7]);
    postgres::read_hex(text(row[8]), record.prev_hash);
    postgres::read_hex(text(row[9]), record.hash);
    record.signature.reset();
    if (!row[11].is_null()) {
        record.signature.emplace().key_id = text(row[10]);
        postgres::read_hex(text(row[11]), record.signature->bytes);
    }
    return {};
}

Result<void> read_records(const pqxx::result& rows, std::vector<ledger::Record>& page) {
    page.resize(rows.size());
    for (pqxx::result::size_type i = 0; i < rows.size(); ++i)
        if (auto read = read_record(rows[i], page[i]); !read) return read;
    return {};
}

Result<void> check_texts(std::span<const ports::Entry> entries) {
    for (const ports::Entry& entry : entries)
        if (has_zero(entry.record))
            return error(Code::InvalidArgument, "record " + std::to_string(entry.record.seq) +
                                                    ": PostgreSQL cannot hold a zero byte in a text");
    return {};
}

bool append(postgres::Session& session, std::span<const ports::Entry> entries,
            const std::optional<ports::Fence>& fence) {
    RecordArrays all;
    for (const ports::Entry& entry : entries) all.add(entry.record);
    const NameArrays named(entries);
    const std::string epoch = fence ? std::to_string(to_row(fence->epoch)) : std::string();
    const auto rows = session.run(
        kAppend, ledger::kFormatVersion, all.seq.str(), all.id.str(), all.at_us.str(), all.kind.str(), all.target.str(),
        all.actor.str(), all.body.str(), all.prev_hash.str(), all.hash.str(), all.key_id.str(), all.signature.str(),
        named.names.str(), named.seqs.str(), fence ? fence->lease.c_str() : nullptr, fence ? epoch.c_str() : nullptr);
    return rows[0][0].as<std::size_t>() == entries.size();
}

}  // namespace helix::ledger_postgres
