// Ledger speed, beside what the same disk and library do without us, in one run:
//
//   bench_ledger [seconds per row]
//
// The peer is a loop of single-row inserts into a plain table of the same columns and indexes, each its own commit, in
// WAL mode with synchronous=FULL. Read the ratios: the disk decides the rates.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <unistd.h>

#include "adapters/ledger_sqlite/sqlite_ledger_store.hpp"
#include "adapters/openssl_digest/sha256.hpp"
#include "adapters/system/system_clock.hpp"
#include "adapters/system/ulid_source.hpp"
#include "service/usecases/ledger_writer.hpp"
#include "service/usecases/verify_ledger.hpp"
#include "tests/ledger/temp_folder.hpp"

namespace {

using helix::ledger::TempFolder;
using Clock = std::chrono::steady_clock;

double g_seconds = 3.0;

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

double cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto of = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
    };
    return of(usage.ru_utime) + of(usage.ru_stime);
}

/// Ends the program when a step that must work did not.
void require(bool worked, const char* what) {
    if (worked) return;
    std::fprintf(stderr, "bench_ledger: %s failed\n", what);
    std::exit(1);
}

struct Row {
    double per_second = 0, p50_us = 0, p99_us = 0, cpu_us = 0;
};

/// Runs `one` in a loop on `threads` threads for the set time; latencies are of every call.
Row measure(int threads, const std::function<void()>& one) {
    std::vector<std::vector<double>> latencies(static_cast<std::size_t>(threads));
    const double cpu_before = cpu_seconds();
    const auto start = Clock::now();
    {
        std::vector<std::jthread> running;
        for (auto& mine : latencies)
            running.emplace_back([&] {
                while (seconds_since(start) < g_seconds) {
                    const auto begun = Clock::now();
                    one();
                    mine.push_back(seconds_since(begun) * 1e6);
                }
            });
    }
    const double elapsed = seconds_since(start);
    std::vector<double> all;
    for (const auto& mine : latencies) all.insert(all.end(), mine.begin(), mine.end());
    std::sort(all.begin(), all.end());
    const auto count = static_cast<double>(all.size());
    return {count / elapsed, all[all.size() / 2], all[all.size() * 99 / 100],
            (cpu_seconds() - cpu_before) * 1e6 / count};
}

void print(const char* name, const Row& row, double peer) {
    std::printf("%-44s %10.0f/s  %6.2fx  p50 %8.0f us  p99 %8.0f us  CPU %6.1f us\n", name, row.per_second,
                row.per_second / peer, row.p50_us, row.p99_us, row.cpu_us);
    std::fflush(stdout);
}

/// 4 KiB written at the end of a file and synced, over and over: what the disk itself allows.
Row measure_fdatasync(const std::string& path) {
    const int file = open(path.c_str(), O_CREAT | O_WRONLY | O_APPEND, 0600);
    require(file >= 0, "open");
    const std::string page(4096, 'x');
    const Row row = measure(1, [&] {
        require(write(file, page.data(), page.size()) == static_cast<ssize_t>(page.size()), "write");
        require(fdatasync(file) == 0, "fdatasync");
    });
    close(file);
    return row;
}

/// A body as a cycle's receipt has it, about 256 bytes.
const std::string kBody =
    R"({"action":"scale","cycle":"01ARZ3NDEKTSV4RRFFQ69G5FAV","estimate":{"node-17":{"floor":4294967296,"used":)"
    R"(17179869184}},"headroom":2147483648,"object":"default/deployment/checkout","reason":"more carts before noon",)"
    R"("replicas":{"from":3,"to":5},"verdict":"PASS"})";

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
    for (const int threads : {1, 64, 512}) {
        const auto before = writer.counts();
        const Row row =
            measure(threads, [&] { require(writer.append("helix.cycle", "prod", "user:zoe", kBody).ok(), "append"); });
        const auto after = writer.counts();
        const std::string name = "ledger, " + std::to_string(threads) + " writers, records a commit " +
                                 std::to_string((after.records - before.records) / (after.commits - before.commits));
        print(name.c_str(), row, plain.per_second);
    }

    const double cpu_before = cpu_seconds();
    const auto start = Clock::now();
    const auto report = helix::usecases::verify_ledger(**store, &helix::openssl_digest::sha256);
    require(report.ok() && report->whole(), "verify");
    const auto records = static_cast<double>(report->records);
    std::printf("%-44s %10.0f/s  of %.0f records, CPU %.2f us a record\n", "verify", records / seconds_since(start),
                records, (cpu_seconds() - cpu_before) * 1e6 / records);
    return 0;
}
