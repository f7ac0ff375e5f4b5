#include "adapters/ledger_postgres/rows.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <deque>
#include <utility>

namespace helix::ledger_postgres {
namespace {

using postgres::ArrayText;

/// What an append has to do. The server needs tens of microseconds for each part that a statement has, so there is a
/// statement for each set of them.
struct Shape {
    bool many = false;    ///< arrays of records, not the columns of one
    bool fenced = false;  ///< only while the lease is held
    bool named = false;   ///< there are names to give
};

/// $1 is the format, $2 to $12 are the columns; then come the lease and its epoch, then names and their seqs. All that
/// is inserted is read together with `turn`, so nothing is before the turn has come.
std::string append_sql(const Shape& shape) {
    const std::string fence = shape.fenced ? ", fence" : "";
    std::string sql = "WITH turn AS MATERIALIZED (SELECT " HELIX_LEDGER_TURN ")";
    if (shape.fenced)
        sql +=
            ", fence AS MATERIALIZED"
            " (SELECT FROM leases, turn WHERE name = $13 AND epoch = $14::bigint FOR SHARE OF leases)";
    if (shape.named)
        sql += ", named AS (INSERT INTO record_keys (name, seq) SELECT name, seq FROM turn" + fence + ", unnest(" +
               (shape.fenced ? "$15::bytea[], $16::bigint[]" : "$13::bytea[], $14::bigint[]") + ") AS row (name, seq))";
    sql +=
        " INSERT INTO records (v, seq, id, at_us, kind, target, actor, body, prev_hash, hash, key_id, signature)"
        " SELECT $1::integer, ";
    sql += shape.many
               ? "row.* FROM turn" + fence +
                     ", unnest($2::bigint[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[],"
                     " $8::text[], $9::bytea[], $10::bytea[], $11::text[], $12::bytea[]) AS row"
               : "$2::bigint, $3, $4::bigint, $5, $6, $7, $8, $9::bytea, $10::bytea, $11, $12::bytea FROM turn" + fence;
    return sql;
}

postgres::Statement append_statement(const Shape& shape) {
    struct Variant {
        std::string name, sql;
    };
    static const std::array<Variant, 8> variants = [] {
        std::array<Variant, 8> made;
        for (std::size_t i = 0; i < made.size(); ++i)
            made.at(i) = {"append_" + std::to_string(i), append_sql({(i & 1U) != 0, (i & 2U) != 0, (i & 4U) != 0})};
        return made;
    }();
    const Variant& variant = variants.at((shape.many ? 1U : 0U) + (shape.fenced ? 2U : 0U) + (shape.named ? 4U : 0U));
    return {variant.name.c_str(), variant.sql.c_str()};
}

/// A statement's parameters, as texts; those that are given to `text` outlive it.
class Parameters {
public:
    void text(const std::string& value) { all_.push_back(value.c_str()); }
    void number(std::int64_t value) { add(std::to_string(value)); }
    void bytes(std::span<const std::uint8_t> value) { add(postgres::hex(value)); }
    void null() { all_.push_back(nullptr); }
    void add(std::string value) { text(kept_.emplace_back(std::move(value))); }

    [[nodiscard]] auto list() const { return pqxx::prepare::make_dynamic_params(all_); }

private:
    std::deque<std::string> kept_;
    std::vector<const char*> all_;
};

/// Records as one array a column; takes their values in turn.
class Columns {
public:
    void text(std::string_view value) { next().add(value); }
    void number(std::int64_t value) { next().add(value); }
    void bytes(std::span<const std::uint8_t> value) { next().add_bytes(value); }
    void null() { next().add_null(); }

    void add_to(Parameters& parameters) const {
        for (const ArrayText& column : arrays_) parameters.add(column.str());
    }

private:
    ArrayText& next() { return arrays_.at(count_++ % arrays_.size()); }

    std::array<ArrayText, 11> arrays_;
    std::size_t count_ = 0;
};

/// The columns in the order of the statement.
template <class Row>
void put(Row& row, const ledger::Record& record) {
    row.number(to_row(record.seq));
    row.text(record.id);
    row.number(record.at_us);
    for (const std::string* one : {&record.kind, &record.target, &record.actor, &record.body}) row.text(*one);
    row.bytes(record.prev_hash);
    row.bytes(record.hash);
    if (!record.signature) return row.null(), row.null();
    row.text(record.signature->key_id);
    row.bytes(record.signature->bytes);
}

std::int64_t integer(const pqxx::field& field) {
    return field.as<std::int64_t>();
}

void add_names(Parameters& parameters, std::span<const ports::Entry> entries) {
    ArrayText names, seqs;
    for (const ports::Entry& entry : entries)
        for (const std::string& name : entry.names) {
            names.add_bytes(std::string_view(name));
            seqs.add(to_row(entry.record.seq));
        }
    parameters.add(names.str());
    parameters.add(seqs.str());
}

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
    const bool named =
        std::any_of(entries.begin(), entries.end(), [](const ports::Entry& entry) { return !entry.names.empty(); });
    const Shape shape{entries.size() > 1, fence.has_value(), named};
    Parameters parameters;
    parameters.number(ledger::kFormatVersion);
    if (shape.many) {
        Columns columns;
        for (const ports::Entry& entry : entries) put(columns, entry.record);
        columns.add_to(parameters);
    } else {
        put(parameters, entries.front().record);
    }
    if (fence) {
        parameters.text(fence->lease);
        parameters.number(to_row(fence->epoch));
    }
    if (shape.named) add_names(parameters, entries);
    const auto done = session.run(append_statement(shape), parameters.list());
    return done.affected_rows() == entries.size();
}

}  // namespace helix::ledger_postgres
