// Ledger speed, beside what the same disk and library do without us, in one run:
//
//   bench_ledger [seconds per row]
//
// The peer is a loop of single-row inserts into a plain table of the same columns and indexes, each its own commit, in
// WAL mode with synchronous=FULL. Read the ratios: the disk decides the rates.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <sqlite3.h>

#include "adapters/ledger_sqlite/sqlite_ledger_store.hpp"
#include "adapters/openssl_digest/sha256.hpp"
#include "adapters/system/system_clock.hpp"
#include "adapters/system/ulid_source.hpp"
#include "bench/ledger/measure.hpp"
#include "service/usecases/ledger_writer.hpp"
#include "service/usecases/verify_ledger.hpp"
#include "tests/ledger/temp_folder.hpp"

namespace {

using namespace helix::bench;
using helix::ledger::TempFolder;

Row measure_plain_sqlite(const std::string& path) {
    sqlite3* db = nullptr;
    require(sqlite3_open(path.c_str(), &db) == SQLITE_OK, "sqlite3_open");
    require(sqlite3_exec(db,
                         "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                         "CREATE TABLE r (seq INTEGER PRIMARY KEY, v INTEGER, id TEXT, at_us INTEGER, kind TEXT,"
                         " target TEXT, actor TEXT, body TEXT, prev_hash BLOB, hash BLOB) STRICT;"
                         "CREATE INDEX by_kind ON r (kind); CREATE INDEX by_target ON r (target);",
                         nullptr, nullptr, nullptr) == SQLITE_OK,
            "create");
    sqlite3_stmt* insert = nullptr;
    const char* sql =
        "INSERT INTO r (v, id, at_us, kind, target, actor, body, prev_hash, hash) VALUES (1,"
        "'01ARZ3NDEKTSV4RRFFQ69G5FAV', 1700000000000000, 'helix.cycle', 'prod', 'user:zoe', ?1, zeroblob(32), "
        "zeroblob(32))";
    require(sqlite3_prepare_v2(db, sql, -1, &insert, nullptr) == SQLITE_OK, "prepare");
    sqlite3_bind_text(insert, 1, kBody.data(), static_cast<int>(kBody.size()), SQLITE_STATIC);
    const Row row = measure(1, [&] {
        require(sqlite3_step(insert) == SQLITE_DONE, "insert");
        sqlite3_reset(insert);
    });
    sqlite3_finalize(insert);
    sqlite3_close(db);
    return row;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc > 1) g_seconds = std::max(0.1, std::strtod(argv[1], nullptr));
    const TempFolder folder;
    const Row disk = measure_fdatasync(folder.file("sync"));
    const Row plain = measure_plain_sqlite(folder.file("plain.sqlite"));
    print("4 KiB append + fdatasync", disk, plain.per_second);
    print("plain SQLite, one row a commit (peer)", plain, plain.per_second);

    auto store = helix::ledger_sqlite::SqliteLedgerStore::open(folder.file("ledger.sqlite"));
    require(store.ok(), "opening the ledger");
    const helix::system::SystemClock clock;
    helix::system::UlidSource ids(clock);
    helix::usecases::LedgerWriter writer(**store, clock, ids, &helix::openssl_digest::sha256);
    measure_writers(writer, plain.per_second);

    const double cpu_before = cpu_seconds();
    const auto start = Clock::now();
    const auto report = helix::usecases::verify_ledger(**store, &helix::openssl_digest::sha256);
    require(report.ok() && report->whole(), "verify");
    const auto records = static_cast<double>(report->records);
    std::printf("%-44s %10.0f/s  of %.0f records, CPU %.2f us a record\n", "verify", records / seconds_since(start),
                records, (cpu_seconds() - cpu_before) * 1e6 / records);
    return 0;
}
