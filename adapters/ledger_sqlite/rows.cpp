#include "adapters/ledger_sqlite/rows.hpp"

#include <array>
#include <cstring>
#include <string>

#include "service/ports/ledger_store.hpp"

namespace helix::ledger_sqlite {
namespace {

/// Copies as many bytes as `out` has; anything of another length becomes zeros.
template <std::size_t N>
void read_bytes(std::string_view bytes, std::array<std::uint8_t, N>& out) {
    if (bytes.size() == out.size())
        std::memcpy(out.data(), bytes.data(), out.size());
    else
        out.fill(0);
}

}  // namespace

void read_digest(std::string_view bytes, ledger::Digest& out) {
    read_bytes(bytes, out);
}

void bind_record(Statement& statement, const ledger::Record& record) {
    statement.bind(1, static_cast<std::int64_t>(record.seq));
    statement.bind(2, std::int64_t{ledger::kFormatVersion});
    statement.bind(3, std::string_view(record.id));
    statement.bind(4, record.at_us);
    statement.bind(5, std::string_view(record.kind));
    statement.bind(6, std::string_view(record.target));
    statement.bind(7, std::string_view(record.actor));
    statement.bind(8, std::string_view(record.body));
    statement.bind_blob(9, record.prev_hash.data(), static_cast<int>(record.prev_hash.size()));
    statement.bind_blob(10, record.hash.data(), static_cast<int>(record.hash.size()));
    if (!record.signature) return statement.bind_null(11), statement.bind_null(12);
    statement.bind(11, std::string_view(record.signature->key_id));
    statement.bind_blob(12, record.signature->bytes.data(), static_cast<int>(record.signature->bytes.size()));
}

Result<void> read_record(const Statement& row, ledger::Record& record) {
    record.seq = static_cast<std::uint64_t>(row.integer(0));
    record.format = row.integer(1);
    if (record.format > ledger::kFormatVersion) return ports::newer_format(record.seq, record.format);
    record.id = row.bytes(2);
    record.at_us = row.integer(3);
    record.kind = row.bytes(4);
    record.target = row.bytes(5);
    record.actor = row.bytes(6);
    record.body = row.bytes(7);
    read_digest(row.bytes(8), record.prev_hash);
    read_digest(row.bytes(9), record.hash);
    record.signature.reset();
    if (const std::string_view bytes = row.bytes(11); !bytes.empty()) {
        record.signature.emplace().key_id = row.bytes(10);
        read_bytes(bytes, record.signature->bytes);
    }
    return {};
}

Error rows_out_of_order(const std::string& path) {
    return error(Code::DataLoss, "ledger " + path + ": its rows do not follow the order of seq",
                 "helix did not write it as it is: compare it with a backup", path);
}

}  // namespace helix::ledger_sqlite
