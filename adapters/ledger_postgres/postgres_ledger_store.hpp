#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "adapters/ledger_postgres/append.hpp"
#include "adapters/postgres/pool.hpp"
#include "service/ports/lease_store.hpp"
#include "service/ports/ledger_store.hpp"
#include "service/ports/tree_store.hpp"

namespace helix::ledger_postgres {

struct Options {
    postgres::PoolOptions pool = {};
    /// The role that is given the service's rights, when the connected role owns the schema and this one exists.
    std::string service_role = "helix_service";
    /// Nothing is changed, whatever the role may do: the schema is only checked to be one that can be read.
    bool read_only = false;
};

/// The ledger in a PostgreSQL database (15 or newer). A commit is as durable as the server makes it: leave its fsync
/// and synchronous_commit on.
///
/// Several processes may stand on one database. The rule "one past the head", and that nothing is changed, are in the
/// database's own keys and triggers. Leases run by the server's clock. Connections are made again by themselves
/// (adapters/postgres/pool.hpp); the outcome of a commit whose answer was lost is found out.
///
/// Of texts it refuses what PostgreSQL cannot hold: a zero byte, and bytes that are not UTF-8 (InvalidArgument).
class PostgresLedgerStore final : public ports::LedgerStore, public ports::LeaseStore, public ports::TreeStore {
public:
    /// Connects, and brings the schema up to date when the role owns it (migrations.hpp), or checks it (`read_only`).
    /// Errors: InvalidArgument (the URL), Unavailable, PreconditionFailed (the schema), PermissionDenied.
    static Result<std::unique_ptr<PostgresLedgerStore>> open(const std::string& url, const Options& options = {});

    Result<void> commit(std::span<const ports::Entry> entries) override { return appender_.commit(entries); }
    Result<std::optional<ledger::Head>> head() override;
    Result<ledger::Record> read(std::uint64_t seq) override;
    Result<std::optional<std::uint64_t>> find(std::string_view name) override;
    Result<std::vector<ledger::Digest>> hashes(std::uint64_t from_seq, std::size_t count) override;
    Result<std::vector<ledger::Record>> list(const ports::LedgerQuery& query) override;
    Result<void> scan(std::uint64_t from_seq, const Visitor& visit) override;

    Result<ports::Lease> acquire(const std::string& name, const std::string& holder,
                                 std::chrono::milliseconds ttl) override;
    Result<void> renew(const ports::Lease& lease, std::chrono::milliseconds ttl) override;
    Result<void> release(const ports::Lease& lease) override;

    Result<std::vector<ledger::Digest>> tree_nodes(unsigned level, std::uint64_t from, std::size_t count) override;
    Result<std::uint64_t> tree_nodes_end(unsigned level) override;
    Result<void> put_tree_nodes(unsigned level, std::uint64_t from, std::span<const ledger::Digest> nodes) override;

    /// The connections, for other stores on the same database; it lives as long as anybody holds it.
    [[nodiscard]] const std::shared_ptr<postgres::Pool>& pool() const { return pool_; }

private:
    explicit PostgresLedgerStore(std::shared_ptr<postgres::Pool> pool) : pool_(std::move(pool)), appender_(*pool_) {}

    const std::shared_ptr<postgres::Pool> pool_;
    Appender appender_;
};

}  // namespace helix::ledger_postgres
