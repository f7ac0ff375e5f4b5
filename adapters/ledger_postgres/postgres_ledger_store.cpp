#include "adapters/ledger_postgres/postgres_ledger_store.hpp"

#include <array>
#include <cstddef>
#include <limits>
#include <utility>

#include "adapters/ledger_postgres/migrations.hpp"
#include "adapters/ledger_postgres/rows.hpp"
#include "adapters/postgres/text.hpp"

namespace helix::ledger_postgres {
namespace {

using ledger::Record;
using postgres::Session;
using postgres::Statement;

constexpr std::size_t kScanPage = 512;

constexpr Statement kHead{"head", "SELECT seq, hash FROM records ORDER BY seq DESC LIMIT 1"};
constexpr Statement kFind{"find", "SELECT seq FROM record_keys WHERE sha256(name) = sha256($1::bytea)"};
constexpr Statement kHashes{"hashes", "SELECT hash FROM records WHERE seq >= $1 ORDER BY seq LIMIT $2"};

/// At most $2 records where `where` holds, in the order of seq, up to the one with which their bodies come to so many
/// bytes as `bytes_max` (a parameter) says: the client's library takes in a whole answer before it gives a row of it.
std::string select_page(const std::string& where, bool down, const std::string& bytes_max) {
    const std::string order = std::string("ORDER BY seq ") + (down ? "DESC" : "ASC");
    return std::string("SELECT ") + kColumns + " FROM (SELECT " + kColumns + ", sum(octet_length(body)) OVER (" +
           order + " ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before FROM records WHERE " + where + " " +
           order + " LIMIT $2) AS page WHERE coalesce(before, 0) < " + bytes_max + " " + order;
}

Statement page_statement() {
    static const std::string sql = select_page("seq >= $1", false, "$3");
    return {"page", sql.c_str()};
}

/// A statement for each set of filters, so that each is planned for the index that fits it.
Statement list_statement(const ports::LedgerQuery& query) {
    struct Variant {
        std::string name, sql;
    };
    static const std::array<Variant, 8> variants = [] {
        std::array<Variant, 8> made;
        for (std::size_t i = 0; i < made.size(); ++i) {
            const bool kind = (i & 1U) != 0, target = (i & 2U) != 0, down = (i & 4U) != 0;
            // A parameter that filters nothing is still named, so that all variants take the same ones.
            const std::string where = std::string("seq ") + (down ? "<=" : ">=") + " $1 AND " +
                                      (kind ? "kind = $3" : "$3::text = ''") + " AND " +
                                      (target ? "target = $4" : "$4::text = ''");
            made[i] = {"list_" + std::to_string(i), select_page(where, down, "$5")};
        }
        return made;
    }();
    const Variant& variant =
        variants[(query.kind.empty() ? 0U : 1U) + (query.target.empty() ? 0U : 2U) + (query.newest_first ? 4U : 0U)];
    return {variant.name.c_str(), variant.sql.c_str()};
}

}  // namespace

Result<std::unique_ptr<PostgresLedgerStore>> PostgresLedgerStore::open(const std::string& url, const Options& options) {
    auto conninfo = postgres::parse_conninfo(url);
    if (!conninfo) return conninfo.error();
    auto pool = std::make_shared<postgres::Pool>(*std::move(conninfo), options.pool);
    const auto done = options.read_only ? check_schema(*pool, all_migrations())
                                        : migrate(*pool, all_migrations(), options.service_role);
    if (!done) return done.error();
    return std::unique_ptr<PostgresLedgerStore>(new PostgresLedgerStore(std::move(pool)));
}

Result<std::optional<ledger::Head>> PostgresLedgerStore::head() {
    using Found = Result<std::optional<ledger::Head>>;
    return pool_->read("reading the head", [](Session& session) -> Found {
        const auto rows = session.run(kHead);
        std::optional<ledger::Head> head;
        if (!rows.empty()) {
            head.emplace().seq = rows[0][0].as<std::uint64_t>();
            postgres::read_hex(text(rows[0][1]), head->hash);
        }
        return head;
    });
}

Result<Record> PostgresLedgerStore::read(std::uint64_t seq) {
    return pool_->read("reading", [&](Session& session) -> Result<Record> {
        std::vector<Record> found;
        if (auto read = read_records(session.run(page_statement(), to_row(seq), 1, 1), found); !read)
            return read.error();
        if (found.empty() || found.front().seq != seq)
            return error(Code::NotFound, "no ledger record " + std::to_string(seq));
        return std::move(found.front());
    });
}

Result<std::optional<std::uint64_t>> PostgresLedgerStore::find(std::string_view name) {
    using Found = Result<std::optional<std::uint64_t>>;
    return pool_->read("finding a name", [&](Session& session) -> Found {
        const auto rows = session.run(kFind, postgres::hex(name));
        if (rows.empty()) return std::optional<std::uint64_t>();
        return std::optional(rows[0][0].as<std::uint64_t>());
    });
}

Result<std::vector<ledger::Digest>> PostgresLedgerStore::hashes(std::uint64_t from_seq, std::size_t count) {
    using Found = Result<std::vector<ledger::Digest>>;
    if (from_seq > ports::kSeqMax) return std::vector<ledger::Digest>();
    return pool_->read("reading hashes", [&](Session& session) -> Found {
        const auto rows = session.run(kHashes, to_row(from_seq), to_row(count));
        std::vector<ledger::Digest> hashes(rows.size());
        for (pqxx::result::size_type i = 0; i < rows.size(); ++i) postgres::read_hex(text(rows[i][0]), hashes[i]);
        return hashes;
    });
}

Result<std::vector<Record>> PostgresLedgerStore::list(const ports::LedgerQuery& query) {
    if (auto valid = ports::check(query); !valid) return valid.error();
    if (ports::begins_past_the_end(query)) return std::vector<Record>();
    // No record has such a text here, and as a parameter it would be cut.
    if ((query.kind + query.target).find('\0') != std::string::npos) return std::vector<Record>();
    return pool_->read("listing", [&](Session& session) -> Result<std::vector<Record>> {
        const std::uint64_t end = query.newest_first ? std::numeric_limits<std::uint64_t>::max() : 0;
        const auto rows = session.run(list_statement(query), to_row(query.from_seq.value_or(end)), to_row(query.limit),
                                      query.kind, query.target, to_row(query.bytes_max));
        std::vector<Record> page;
        if (auto read = read_records(rows, page); !read) return read.error();
        return page;
    });
}

Result<void> PostgresLedgerStore::scan(std::uint64_t from_seq, const Visitor& visit) {
    std::vector<Record> page;
    // Page by page, each its own short statement: a long transaction would keep the server from cleaning up.
    for (std::uint64_t next = from_seq; next <= ports::kSeqMax;) {
        const auto read = pool_->read("reading", [&](Session& session) {
            return read_records(
                session.run(page_statement(), to_row(next), to_row(kScanPage), to_row(ports::LedgerQuery::kPageBytes)),
                page);
        });
        if (!read) return read;
        const bool more = ports::is_full(page, {.limit = kScanPage});
        for (Record& record : page) {
            if (!visit(record)) return {};
            ports::free_if_large(record);
        }
        if (!more) return {};
        next = page.back().seq + 1;
    }
    return {};
}

}  // namespace helix::ledger_postgres
