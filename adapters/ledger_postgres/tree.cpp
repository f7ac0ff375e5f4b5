// The tree nodes of PostgresLedgerStore.
#include "adapters/ledger_postgres/postgres_ledger_store.hpp"
#include "adapters/ledger_postgres/rows.hpp"
#include "adapters/postgres/text.hpp"

namespace helix::ledger_postgres {
namespace {

using ledger::Digest;
using postgres::Session;
using postgres::Statement;

constexpr Statement kNodes{"tree_nodes",
                           "SELECT idx, hash FROM tree_nodes WHERE level = $1 AND idx >= $2 ORDER BY idx LIMIT $3"};
constexpr Statement kEnd{"tree_nodes_end", "SELECT coalesce(max(idx) + 1, 0) FROM tree_nodes WHERE level = $1"};
constexpr Statement kPut{"put_tree_nodes",
                         "INSERT INTO tree_nodes (level, idx, hash) SELECT $1::integer, $2::bigint + at - 1, hash"
                         " FROM unnest($3::bytea[]) WITH ORDINALITY AS node (hash, at) ON CONFLICT DO NOTHING"};

int to_column(unsigned level) {
    return static_cast<int>(level);  // a level is below 64
}

}  // namespace

Result<std::vector<Digest>> PostgresLedgerStore::tree_nodes(unsigned level, std::uint64_t from, std::size_t count) {
    return pool_->read("reading tree nodes", [&](Session& session) -> Result<std::vector<Digest>> {
        const auto rows = session.run(kNodes, to_column(level), to_row(from), to_row(count));
        std::vector<Digest> nodes;
        for (const auto& row : rows) {
            if (row[0].as<std::uint64_t>() != from + nodes.size()) break;
            postgres::read_hex(text(row[1]), nodes.emplace_back());
        }
        return nodes;
    });
}

Result<std::uint64_t> PostgresLedgerStore::tree_nodes_end(unsigned level) {
    return pool_->read("reading tree nodes", [&](Session& session) -> Result<std::uint64_t> {
        return session.run(kEnd, to_column(level))[0][0].as<std::uint64_t>();
    });
}

Result<void> PostgresLedgerStore::put_tree_nodes(unsigned level, std::uint64_t from, std::span<const Digest> nodes) {
    postgres::ArrayText hashes;
    for (const Digest& node : nodes) hashes.add_bytes(node);
    return pool_->write("keeping tree nodes", [&](Session& session) -> Result<void> {
        session.run(kPut, to_column(level), to_row(from), hashes.str());
        // Read back in a statement of its own, which also sees what another process has kept meanwhile.
        const auto rows = session.run(kNodes, to_column(level), to_row(from), to_row(nodes.size()));
        Digest kept{};
        for (const auto& row : rows) {
            const auto index = row[0].as<std::uint64_t>();
            postgres::read_hex(text(row[1]), kept);
            if (index - from < nodes.size() && kept != nodes[index - from])
                return ports::another_node_kept(level, index);
        }
        return {};
    });
}

}  // namespace helix::ledger_postgres
