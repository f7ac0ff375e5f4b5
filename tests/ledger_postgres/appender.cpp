// A process that appends COUNT records to the ledger at URL and prints "seq token" for each that was
// acknowledged, then "conflicts N commits M". With THREADS callers, whose records share commits.
//
//   ledger_appender URL NAME COUNT THREADS
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "adapters/ledger_postgres/postgres_ledger_store.hpp"
#include "adapters/openssl_digest/sha256.hpp"
#include "adapters/system/system_clock.hpp"
#include "adapters/system/ulid_source.hpp"
#include "service/usecases/ledger_writer.hpp"

int main(int argc, char** argv) {
    if (argc != 5) return 2;
    const std::string name = argv[2];
    const int count = std::atoi(argv[3]);
    const int threads = std::atoi(argv[4]);
    auto store = helix::ledger_postgres::PostgresLedgerStore::open(argv[1]);
    if (!store) {
        std::fprintf(stderr, "ledger_appender: %s\n", store.error().message.c_str());
        return 1;
    }
    const helix::system::SystemClock clock;
    helix::system::UlidSource ids(clock);
    helix::usecases::LedgerWriter writer(**store, clock, ids, &helix::openssl_digest::sha256);
    std::mutex output;
    bool failed = false;
    {
        std::vector<std::jthread> running;
        for (int t = 0; t < threads; ++t)
            running.emplace_back([&, t] {
                for (int i = t; i < count; i += threads) {
                    const std::string token = name + "-" + std::to_string(i);
                    const auto record = writer.append("test.process", token, name, R"({"some":"payload of a record"})");
                    const std::lock_guard lock(output);
                    if (record) {
                        std::printf("%llu %s\n", static_cast<unsigned long long>(record->seq), token.c_str());
                    } else {
                        std::fprintf(stderr, "ledger_appender: %s\n", record.error().message.c_str());
                        failed = true;
                    }
                }
            });
    }
    const auto counts = writer.counts();
    std::printf("conflicts %llu commits %llu\n", static_cast<unsigned long long>(counts.conflicts),
                static_cast<unsigned long long>(counts.commits));
    return failed ? 1 : 0;
}
