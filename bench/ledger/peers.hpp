#pragma once

#include <string>

#include "bench/ledger/measure.hpp"
#include "tests/support/postgres_server.hpp"

namespace helix::bench {

/// Single-row inserts into a plain SQLite table of the ledger's columns and indexes, each its own commit, in WAL mode
/// with synchronous=FULL; written against the library's C interface.
Row measure_plain_sqlite(const std::string& path, double seconds);

/// Makes the plain table for `measure_pgbench`, of the ledger's columns and indexes.
void make_plain_table(const test_support::PostgresServer& server);

/// `pgbench -M prepared` with so many clients, each transaction one insert into the plain table. Its latency is a mean.
Row measure_pgbench(const test_support::PostgresServer& server, const std::string& script_path, int clients,
                    double seconds);

/// Processor time so far of the server with all its processes; seconds.
double server_cpu_seconds(const test_support::PostgresServer& server);

/// Digests of texts as long as those that the ledger hashes for body(), on one thread.
Row measure_sha256(std::size_t bytes, double seconds);

/// bench/ledger/tessera with so many writers on a fresh log in `folder`.
Row measure_tessera(const std::string& program, const std::string& folder, int writers, double seconds);

}  // namespace helix::bench
