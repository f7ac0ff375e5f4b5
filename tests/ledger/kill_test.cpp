// A process that appends is killed with SIGKILL: whatever it was told is durable must be there.
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "adapters/ledger_sqlite/sqlite_ledger_store.hpp"
#include "adapters/openssl_digest/sha256.hpp"
#include "adapters/system/system_clock.hpp"
#include "adapters/system/ulid_source.hpp"
#include "service/usecases/ledger_writer.hpp"
#include "service/usecases/verify_ledger.hpp"
#include "tests/ledger/temp_folder.hpp"

namespace helix::ledger {
namespace {

struct Acknowledged {
    std::uint64_t seq;
    Digest hash;
};

/// The child: four threads append without end and write each acknowledged record into the pipe (one write of fewer
/// bytes than PIPE_BUF is not torn).
[[noreturn]] void append_until_killed(const std::string& path, int pipe_end) {
    auto store = ledger_sqlite::SqliteLedgerStore::open(path);
    if (!store) std::_Exit(2);
    const system::SystemClock clock;
    system::UlidSource ids(clock);
    usecases::LedgerWriter writer(**store, clock, ids, &openssl_digest::sha256);
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&] {
            while (true) {
                const auto record = writer.append("test.kill", "target", "child", R"({"some":"payload of a record"})");
                if (!record) std::_Exit(3);
                const Acknowledged told{record->seq, record->hash};
                if (write(pipe_end, &told, sizeof told) != static_cast<ssize_t>(sizeof told)) std::_Exit(4);
            }
        });
    threads.clear();
    std::_Exit(5);
}

/// Lets a child append until `count` acknowledgements came, kills it, and gives back all it had told by then.
std::vector<Acknowledged> kill_after(std::size_t count, const std::string& path) {
    int ends[2] = {-1, -1};
    EXPECT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        append_until_killed(path, ends[1]);
    }
    close(ends[1]);
    std::vector<Acknowledged> told;
    Acknowledged one{};
    bool killed = false;
    while (read(ends[0], &one, sizeof one) == static_cast<ssize_t>(sizeof one)) {
        told.push_back(one);
        if (told.size() >= count && !killed) {
            kill(child, SIGKILL);
            killed = true;
        }
    }
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "status " << status;
    return told;
}

TEST(Kill, EveryAcknowledgedRecordIsThereAndTheChainIsWhole) {
    const TempFolder folder;
    const std::string path = folder.file("ledger.sqlite");
    std::vector<Acknowledged> told;
    std::uint64_t extra = 0;  // appended but not yet told when the kill came: allowed, never the other way round
    for (const std::size_t count : {1U, 2U, 3U, 7U, 20U, 50U, 101U, 5U, 33U, 200U, 1U, 64U}) {
        const auto more = kill_after(count, path);
        ASSERT_GE(more.size(), count);
        told.insert(told.end(), more.begin(), more.end());

        const auto store = ledger_sqlite::SqliteLedgerStore::open(path);
        ASSERT_TRUE(store.ok()) << store.error().message;
        for (const auto& one : told) {
            const auto record = (*store)->read(one.seq);
            ASSERT_TRUE(record.ok()) << "lost seq " << one.seq;
            ASSERT_EQ(record->hash, one.hash);
        }
        const auto report = usecases::verify_ledger(**store, &openssl_digest::sha256);
        ASSERT_TRUE(report.ok());
        ASSERT_TRUE(report->whole()) << report->why;
        ASSERT_GE(report->records, told.size());
        extra = report->records - told.size();
    }
    RecordProperty("acknowledged", static_cast<int>(told.size()));
    RecordProperty("unacknowledged", static_cast<int>(extra));
}

}  // namespace
}  // namespace helix::ledger
