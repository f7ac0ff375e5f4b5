// Several processes append to one ledger at once.
#include <csignal>
#include <cstdio>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>

#include "adapters/ledger_postgres/postgres_ledger_store.hpp"
#include "adapters/openssl_digest/sha256.hpp"
#include "service/usecases/verify_ledger.hpp"
#include "tests/ledger/sample_records.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/test_cluster.hpp"

namespace helix::ledger_postgres {
namespace {

using test_support::PostgresServer;

constexpr std::size_t kProcesses = 4;
constexpr int kEach = 200;

TEST(Processes, AppendAtOnceAndEveryRecordIsThereOnce) {
    const std::string url = PostgresServer::shared().fresh_schema("processes");
    const auto store = *PostgresLedgerStore::open(url);
    for (const int threads : {1, 8}) {
        const auto before = *store->head();
        std::vector<test_support::ProcessResult> results(kProcesses);
        {
            std::vector<std::jthread> running;
            for (std::size_t p = 0; p < kProcesses; ++p)
                running.emplace_back([&, p] {
                    results[p] = test_support::run_process({LEDGER_APPENDER, url,
                                                            std::to_string(threads) + "." + std::to_string(p),
                                                            std::to_string(kEach), std::to_string(threads)});
                });
        }
        std::uint64_t conflicts = 0, commits = 0, told = 0;
        for (const auto& result : results) {
            EXPECT_EQ(result.exit_code, 0);
            std::istringstream lines(result.output);
            for (std::string line; std::getline(lines, line);) {
                std::istringstream words(line);
                std::string first, second;
                words >> first >> second;
                if (first == "conflicts") {
                    std::string word;
                    conflicts += std::stoull(second);
                    words >> word >> second;
                    commits += std::stoull(second);
                    continue;
                }
                ++told;
                EXPECT_EQ(store->read(std::stoull(first))->target, second);
            }
        }
        EXPECT_EQ(told, kProcesses * kEach);
        EXPECT_EQ((*store->head())->seq - (before ? before->seq : UINT64_MAX), told);
        std::printf("  %zu processes of %d callers: %llu records in %llu commits, %llu lost races (%.0f %% of tries)\n",
                    kProcesses, threads, static_cast<unsigned long long>(told),
                    static_cast<unsigned long long>(commits), static_cast<unsigned long long>(conflicts),
                    100.0 * static_cast<double>(conflicts) / static_cast<double>(conflicts + commits));
    }
    EXPECT_TRUE(usecases::verify_ledger(*store, &openssl_digest::sha256)->whole());
}

/// A process that is stopped in the middle of appending does not keep the others from it for long.
TEST(Processes, AStoppedProcessLosesItsTurn) {
    const std::string url = PostgresServer::shared().fresh_schema("stopped");
    const auto store = *PostgresLedgerStore::open(url);
    std::vector<std::string> arguments{LEDGER_APPENDER, url, "stopped", "1000000", "4"};
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", 1, 0);
    pid_t pid = -1;
    ASSERT_EQ(posix_spawn(&pid, LEDGER_APPENDER, &actions, nullptr, argv.data(), environ), 0);
    posix_spawn_file_actions_destroy(&actions);

    const auto append = [&] {
        for (int attempt = 0; attempt < 100; ++attempt) {
            const auto head = *store->head();
            auto record = ledger::sample_after(head);
            ledger::seal_sample(record, head);
            const auto done = store->append(record);
            if (done || done.error().code != Code::Conflict) return done;
        }
        return Result<void>(error(Code::Conflict, "lost every race"));
    };
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!*store->head() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    for (int round = 0; round < 3; ++round) {
        EXPECT_TRUE(append().ok()) << "while it runs";
        kill(pid, SIGSTOP);
        const auto done = append();
        EXPECT_TRUE(done.ok()) << "while it is stopped: " << (done ? "" : done.error().message);
        kill(pid, SIGCONT);
    }
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
    EXPECT_TRUE(usecases::verify_ledger(*store, &openssl_digest::sha256)->whole());
}

}  // namespace
}  // namespace helix::ledger_postgres
