// The ledger's rows c1 to c5, beside what the same disk, libraries and servers do without us, in one run:
//
//   bench_ledger [--rounds N] [--seconds S] [--tessera PROGRAM]
//
// README.md here says what the rows mean. Everything is measured once a round, in turn, and the best of the rounds is
// shown: other work on the machine only ever makes a figure worse.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "adapters/ledger_postgres/postgres_ledger_store.hpp"
#include "adapters/ledger_sqlite/sqlite_ledger_store.hpp"
#include "adapters/openssl_digest/sha256.hpp"
#include "adapters/openssl_signer/private_key.hpp"
#include "adapters/system/system_clock.hpp"
#include "adapters/system/ulid_source.hpp"
#include "bench/ledger/measure.hpp"
#include "bench/ledger/peers.hpp"
#include "service/usecases/ledger_writer.hpp"
#include "service/usecases/verify_ledger.hpp"
#include "service/wire/record_json.hpp"
#include "tests/ledger/temp_folder.hpp"
#include "tests/support/postgres_server.hpp"

namespace {

using namespace helix;
using bench::require;
using bench::Row;
using test_support::PostgresServer;

constexpr int kWriters = 64;
constexpr int kClients[] = {1, 8, 32, 64};

struct Settings {
    int rounds = 3;
    double seconds = 2;
    std::string tessera;
};

/// What is measured, by name, in the order of the first round.
class Table {
public:
    /// Measures, remembers the best so far, and tells that something happens.
    void measure(const std::string& name, const std::function<Row()>& run) {
        std::fprintf(stderr, "\r%-60s", name.c_str());
        if (!rows_.contains(name)) order_.push_back(name);
        rows_[name].keep_best(run());
    }

    [[nodiscard]] const Row& operator[](const std::string& name) const { return rows_.at(name); }
    [[nodiscard]] bool has(const std::string& name) const { return rows_.contains(name); }

    void print() const {
        std::fprintf(stderr, "\r%-60s\r", "");
        std::printf("%-40s %12s %10s %10s %10s %12s\n", "", "a second", "p50 us", "p99 us", "CPU us", "server's us");
        for (const std::string& name : order_) {
            const Row& row = rows_.at(name);
            std::printf("%-40s %12.0f %10.1f %10.1f %10.2f ", name.c_str(), row.per_second, row.p50_us, row.p99_us,
                        row.cpu_us);
            if (row.server_cpu_us > 0) std::printf("%12.2f", row.server_cpu_us);
            std::printf("\n");
        }
    }

private:
    std::map<std::string, Row> rows_;
    std::vector<std::string> order_;
};

/// A ledger on some engine with its writer.
struct Ledger {
    Ledger(std::unique_ptr<ports::LedgerStore> made, const ports::Signer* signer)
        : store(std::move(made)), writer(*store, clock, ids, &openssl_digest::sha256, signer) {}

    void append() {
        const auto done = writer.append("helix.cycle", "prod", "user:zoe", bench::body());
        require(done.ok(), "append: " + (done ? std::string() : done.error().message));
    }

    std::unique_ptr<ports::LedgerStore> store;
    system::SystemClock clock;
    system::UlidSource ids{clock};
    usecases::LedgerWriter writer;
};

std::unique_ptr<ports::LedgerStore> open_sqlite(const std::string& path) {
    auto store = ledger_sqlite::SqliteLedgerStore::open(path);
    require(store.ok(), "opening the SQLite ledger");
    return *std::move(store);
}

std::unique_ptr<ports::LedgerStore> open_postgres(const PostgresServer& server, const std::string& schema) {
    auto store = ledger_postgres::PostgresLedgerStore::open(server.fresh_schema(schema));
    require(store.ok(), "opening the PostgreSQL ledger");
    return *std::move(store);
}

/// All that the rounds need, opened once: a ledger that was just begun is no fair picture of one that is in use.
class Bench {
public:
    Bench(const Settings& settings, const ports::Signer& signer)
        : settings_(settings),
          server_(PostgresServer::start({.settings = {"max_connections=100"}})),
          postgres_(open_postgres(*server_, "plain_ledger"), nullptr),
          postgres_signed_(open_postgres(*server_, "signed_ledger"), &signer),
          sqlite_(open_sqlite(folder_.file("ledger.sqlite")), nullptr),
          sqlite_signed_(open_sqlite(folder_.file("signed.sqlite")), &signer) {
        bench::make_plain_table(*server_);
    }

    void round(int number) {
        const double seconds = settings_.seconds;
        table_.measure("fdatasync of 4 KiB", [&] { return bench::measure_fdatasync(folder_.file("sync"), seconds); });
        for (const int clients : kClients)
            table_.measure(pgbench_name(clients), [&] {
                return bench::measure_pgbench(*server_, folder_.file("insert.sql"), clients, seconds);
            });
        measure_ledger("ledger on PostgreSQL", postgres_, true);
        table_.measure("ledger on PostgreSQL, signed, 64 writers", [&] { return append(postgres_signed_, true); });
        table_.measure("plain SQLite, one row a commit",
                       [&] { return bench::measure_plain_sqlite(folder_.file("plain.sqlite"), seconds); });
        measure_ledger("ledger on SQLite", sqlite_, false);
        table_.measure("ledger on SQLite, signed, 64 writers", [&] { return append(sqlite_signed_, false); });
        for (const int writers : {kWriters, 1024}) {
            if (settings_.tessera.empty()) break;
            table_.measure("Tessera POSIX, " + std::to_string(writers) + " writers", [&] {
                const std::string folder =
                    folder_.file("tessera-" + std::to_string(number) + "-" + std::to_string(writers));
                return bench::measure_tessera(settings_.tessera, folder, writers, seconds);
            });
        }
        table_.measure("SHA-256 of as many bytes",
                       [&] { return bench::measure_sha256(hashed_size(), std::min(seconds, 1.0)); });
        table_.measure("verify", [&] { return verify(); });
    }

    void print() const {
        table_.print();
        std::printf("\n%-4s %-44s %9s %9s   %s\n", "row", "", "measured", "goal", "beside");
        print_throughput("c1", "receipts/s, PostgreSQL, 64 writers", "ledger on PostgreSQL", best_pgbench(),
                         {40'000, 1.8});
        print_throughput("c2", "receipts/s, SQLite FULL, 64 writers", "ledger on SQLite",
                         "plain SQLite, one row a commit", {60'000, 4.5});
        for (const char* name : {"ledger on PostgreSQL", "ledger on SQLite"})
            for (const char* how : {", 64 writers", ", signed, 64 writers"}) print_cpu(std::string(name) + how);
        print_alone("ledger on PostgreSQL", pgbench_name(1), {150, 150.0 / 70});
        print_alone("ledger on SQLite", "plain SQLite, one row a commit", {60, 60.0 / 35});
        for (const char* name : {"ledger on PostgreSQL", "ledger on SQLite"})
            std::printf("%-4s %-44s %9.1f %9.1f   \n", "c4b", (std::string("p99 ms at half the rate, ") + name).c_str(),
                        table_[std::string(name) + ", half the rate"].p99_us / 1000, 10.0);
        const Row& hash = table_["SHA-256 of as many bytes"];
        const double verified = 1e6 / table_["verify"].cpu_us;
        std::printf("%-4s %-44s %9.0f %9.0f   %.2f of SHA-256 alone (%.0f/s per core, %zu bytes)\n", "c5",
                    "verified records/s per core", verified, 500'000.0, hash.cpu_us / table_["verify"].cpu_us,
                    1e6 / hash.cpu_us, hashed_size());
    }

private:
    /// A figure of the reference machine, and the same as a ratio to the peer, which any machine can be held to.
    struct Goal {
        double figure;
        double ratio;
    };

    static std::string pgbench_name(int clients) {
        return "pgbench, " + std::to_string(clients) + (clients == 1 ? " client" : " clients");
    }

    [[nodiscard]] std::string best_pgbench() const {
        std::string best = pgbench_name(1);
        for (const int clients : kClients)
            if (table_[pgbench_name(clients)].per_second > table_[best].per_second) best = pgbench_name(clients);
        return best;
    }

    Row append(Ledger& ledger, bool on_server) {
        const double before = on_server ? bench::server_cpu_seconds(*server_) : 0;
        const auto records_before = ledger.writer.counts().records;
        Row row = bench::measure(kWriters, settings_.seconds, [&] { ledger.append(); });
        const auto records = static_cast<double>(ledger.writer.counts().records - records_before);
        if (on_server) row.server_cpu_us = (bench::server_cpu_seconds(*server_) - before) * 1e6 / records;
        return row;
    }

    void measure_ledger(const std::string& name, Ledger& ledger, bool on_server) {
        table_.measure(name + ", 1 writer",
                       [&] { return bench::measure(1, settings_.seconds, [&] { ledger.append(); }); });
        table_.measure(name + ", 64 writers", [&] { return append(ledger, on_server); });
        const double half = table_[name + ", 64 writers"].per_second / 2;
        table_.measure(name + ", half the rate", [&] {
            return bench::measure_paced(kWriters, settings_.seconds, half, [&] { ledger.append(); });
        });
    }

    Row verify() {
        const double cpu_before = bench::cpu_seconds();
        const auto start = bench::Clock::now();
        const auto report = usecases::verify_ledger(*sqlite_.store, &openssl_digest::sha256);
        require(report.ok() && report->whole(), "verify");
        const auto records = static_cast<double>(report->records);
        Row row;
        row.per_second = records / bench::seconds_since(start);
        row.cpu_us = (bench::cpu_seconds() - cpu_before) * 1e6 / records;
        return row;
    }

    /// How many bytes are hashed for a record of body().
    std::size_t hashed_size() const {
        const auto record = sqlite_.store->read(0);
        std::string bytes;
        require(record.ok() && wire::hashed_bytes(*record, bytes).ok(), "reading a record");
        return bytes.size();
    }

    void print_throughput(const char* row, const char* what, const std::string& name, const std::string& peer,
                          Goal goal) const {
        const Row& ours = table_[name + ", 64 writers"];
        const Row& theirs = table_[peer];
        std::printf("%-4s %-44s %9.0f %9.0f   %.2fx (goal %.1fx) %s; processor time of all %.2fx less\n", row, what,
                    ours.per_second, goal.figure, ours.per_second / theirs.per_second, goal.ratio, peer.c_str(),
                    (theirs.cpu_us + theirs.server_cpu_us) / (ours.cpu_us + ours.server_cpu_us));
        for (const char* tessera : {"Tessera POSIX, 64 writers", "Tessera POSIX, 1024 writers"})
            if (table_.has(tessera))
                std::printf("%70s   %.2fx %s\n", "", ours.per_second / table_[tessera].per_second, tessera);
    }

    void print_cpu(const std::string& name) const {
        std::printf("%-4s %-44s %9.1f %9.1f   ", "c3", ("CPU us, " + name).c_str(), table_[name].cpu_us, 20.0);
        for (const char* tessera : {"Tessera POSIX, 64 writers", "Tessera POSIX, 1024 writers"})
            if (table_.has(tessera))
                std::printf("%s %.1fx as much (goal 3.7x); ", tessera, table_[tessera].cpu_us / table_[name].cpu_us);
        std::printf("\n");
    }

    void print_alone(const std::string& name, const std::string& peer, Goal goal) const {
        const double disk = table_["fdatasync of 4 KiB"].p50_us;
        const double ours = table_[name + ", 1 writer"].p50_us - disk;
        const double theirs = table_[peer].p50_us - disk;
        std::printf("%-4s %-44s %9.1f %9.1f   %.2fx (goal %.1fx) %s, %.1f; fdatasync %.1f\n", "c4",
                    ("p50 us above fdatasync, " + name).c_str(), ours, goal.figure, ours / theirs, goal.ratio,
                    peer.c_str(), theirs, disk);
    }

    Settings settings_;
    ledger::TempFolder folder_;
    std::unique_ptr<PostgresServer> server_;
    Ledger postgres_, postgres_signed_, sqlite_, sqlite_signed_;
    Table table_;
};

std::string load_average() {
    std::ifstream file("/proc/loadavg");
    std::string one, five, fifteen;
    file >> one >> five >> fifteen;
    return one + " " + five + " " + fifteen;
}

Settings settings_of(const std::vector<std::string>& args) {
    Settings settings;
    for (std::size_t i = 0; i + 1 < args.size(); i += 2) {
        if (args[i] == "--rounds") settings.rounds = std::max(1, std::atoi(args[i + 1].c_str()));
        if (args[i] == "--seconds") settings.seconds = std::max(0.1, std::strtod(args[i + 1].c_str(), nullptr));
        if (args[i] == "--tessera") settings.tessera = args[i + 1];
    }
    return settings;
}

}  // namespace

int main(int argc, char** argv) {
    const Settings settings = settings_of({argv + 1, argv + argc});
    const auto pem = openssl_signer::generate_pem();
    require(pem.ok(), "making a key");
    const auto signer = openssl_signer::signer_of_pem(*pem, "example.com/bench", "key");
    require(signer.ok(), "reading the key");
    std::printf("load average %s at the start; best of %d rounds of %.1f s each\n", load_average().c_str(),
                settings.rounds, settings.seconds);
    if (settings.tessera.empty()) std::printf("Tessera is not here and left out\n");
    Bench bench(settings, **signer);
    for (int round = 0; round < settings.rounds; ++round) bench.round(round);
    bench.print();
    std::printf("load average %s at the end\n", load_average().c_str());
    return 0;
}
