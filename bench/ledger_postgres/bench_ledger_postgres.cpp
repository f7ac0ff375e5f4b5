// The ledger in PostgreSQL, beside what the same server does without us, in one run:
//
//   bench_ledger_postgres [seconds per row]
//
// The server is our own, with its defaults (fsync and synchronous_commit on). The peer is pgbench: single-row inserts
// into a plain table of the same columns and indexes, each its own commit. Read the ratios: the disk decides the rates.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "adapters/ledger_postgres/postgres_ledger_store.hpp"
#include "adapters/openssl_digest/sha256.hpp"
#include "adapters/system/system_clock.hpp"
#include "adapters/system/ulid_source.hpp"
#include "bench/ledger/measure.hpp"
#include "service/usecases/ledger_writer.hpp"
#include "service/usecases/verify_ledger.hpp"
#include "tests/ledger/temp_folder.hpp"
#include "tests/support/postgres_server.hpp"

namespace {

using namespace helix::bench;
using helix::test_support::PostgresServer;

/// Transactions a second of pgbench with so many clients.
double pgbench(const PostgresServer& server, const std::string& script, int clients) {
    const std::string command = "pgbench -n -M prepared -h " + server.socket_folder().string() + " -U postgres -f " +
                                script + " -c " + std::to_string(clients) + " -j 2 -T " +
                                std::to_string(std::max(1, static_cast<int>(g_seconds))) + " postgres";
    FILE* output = popen(command.c_str(), "r");
    require(output != nullptr, "pgbench");
    double tps = 0;
    char line[256];
    while (std::fgets(line, sizeof line, output) != nullptr) std::sscanf(line, "tps = %lf", &tps);
    require(pclose(output) == 0 && tps > 0, "pgbench");
    return tps;
}

std::string write_script(const helix::ledger::TempFolder& folder) {
    const std::string path = folder.file("insert.sql");
    std::string body;
    for (const char c : kBody) body += c == ':' ? std::string(": ") : std::string(1, c);  // ":5" is a variable there
    std::ofstream(path) << "INSERT INTO plain (v, id, at_us, kind, target, actor, body, prev_hash, hash) VALUES (1,"
                           " '01ARZ3NDEKTSV4RRFFQ69G5FAV', 1700000000000000, 'helix.cycle', 'prod', 'user zoe', '"
                        << body << "', decode(repeat('00', 32), 'hex'), decode(repeat('00', 32), 'hex'));\n";
    return path;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc > 1) g_seconds = std::max(0.1, std::strtod(argv[1], nullptr));
    const helix::ledger::TempFolder folder;
    const auto server = PostgresServer::start();
    server->sql(
        "CREATE TABLE plain (seq BIGSERIAL PRIMARY KEY, v INTEGER, id TEXT, at_us BIGINT, kind TEXT, target TEXT,"
        " actor TEXT, body TEXT, prev_hash BYTEA, hash BYTEA); CREATE INDEX ON plain (kind, seq);"
        " CREATE INDEX ON plain (target, seq)");
    const std::string script = write_script(folder);
    const double peer = pgbench(*server, script, 1);
    print("4 KiB append + fdatasync", measure_fdatasync(folder.file("sync")), peer);
    for (const int clients : {1, 16, 48}) {
        const double tps = clients == 1 ? peer : pgbench(*server, script, clients);
        std::printf("%-44s %10.0f/s  %6.2fx\n", ("pgbench, " + std::to_string(clients) + " clients (peer)").c_str(),
                    tps, tps / peer);
    }

    auto store = helix::ledger_postgres::PostgresLedgerStore::open(server->fresh_schema("ledger"));
    require(store.ok(), "opening the ledger");
    const helix::system::SystemClock clock;
    helix::system::UlidSource ids(clock);
    helix::usecases::LedgerWriter writer(**store, clock, ids, &helix::openssl_digest::sha256);
    measure_writers(writer, peer);
    const auto start = Clock::now();
    const auto report = helix::usecases::verify_ledger(**store, &helix::openssl_digest::sha256);
    require(report.ok() && report->whole(), "verify");
    std::printf("%-44s %10.0f/s  of %.0f records\n", "verify",
                static_cast<double>(report->records) / seconds_since(start), static_cast<double>(report->records));
    return 0;
}
