// The leases of PostgresLedgerStore.
#include "adapters/ledger_postgres/postgres_ledger_store.hpp"
#include "adapters/ledger_postgres/rows.hpp"

namespace helix::ledger_postgres {
namespace {

using postgres::Session;
using postgres::Statement;

// Time is the server's, read when the row is looked at: waiting for a lock must not make it old.
#define HELIX_NOW_US "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"

constexpr Statement kAcquire{
    "acquire_lease",
    "INSERT INTO leases AS held (name, holder, epoch, expires_at_us) VALUES ($1, $2, 1, " HELIX_NOW_US
    " + $3) ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, epoch = held.epoch + 1,"
    " expires_at_us = " HELIX_NOW_US " + $3 WHERE held.holder = excluded.holder OR held.expires_at_us <= " HELIX_NOW_US
    " RETURNING epoch"};
constexpr Statement kHolder{"holder_of_lease",
                            "SELECT holder, expires_at_us - " HELIX_NOW_US " FROM leases WHERE name = $1"};
constexpr Statement kRenew{"renew_lease", "UPDATE leases SET expires_at_us = " HELIX_NOW_US
                                          " + $3 WHERE name = $1 AND epoch = $2 RETURNING epoch"};
constexpr Statement kRelease{"release_lease", "UPDATE leases SET expires_at_us = 0 WHERE name = $1 AND epoch = $2"};

#undef HELIX_NOW_US

std::int64_t microseconds(std::chrono::milliseconds time) {
    return std::chrono::microseconds(time).count();
}

}  // namespace

Result<ports::Lease> PostgresLedgerStore::acquire(const std::string& name, const std::string& holder,
                                                  std::chrono::milliseconds ttl) {
    return pool_->write("taking a lease", [&](Session& session) -> Result<ports::Lease> {
        const auto taken = session.run(kAcquire, name, holder, microseconds(ttl));
        if (!taken.empty()) return ports::Lease{name, holder, taken[0][0].as<std::uint64_t>()};
        const auto held = session.run(kHolder, name);
        if (held.empty()) return error(Code::Internal, "the lease \"" + name + "\" was removed by hand");
        return ports::held_by(held[0][0].c_str(), std::chrono::duration_cast<std::chrono::milliseconds>(
                                                      std::chrono::microseconds(held[0][1].as<std::int64_t>())));
    });
}

Result<void> PostgresLedgerStore::renew(const ports::Lease& lease, std::chrono::milliseconds ttl) {
    return pool_->write("renewing a lease", [&](Session& session) -> Result<void> {
        if (session.run(kRenew, lease.name, to_row(lease.epoch), microseconds(ttl)).empty())
            return ports::fenced_off(lease.name);
        return {};
    });
}

Result<void> PostgresLedgerStore::release(const ports::Lease& lease) {
    return pool_->write("releasing a lease", [&](Session& session) -> Result<void> {
        session.run(kRelease, lease.name, to_row(lease.epoch));
        return {};
    });
}

}  // namespace helix::ledger_postgres
