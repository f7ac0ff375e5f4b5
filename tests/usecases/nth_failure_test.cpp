// Every write to the disk that one cycle makes fails once, in turn: for n = 1, 2, 3 ... the nth call of the system that
// touches the ledger's files fails, alone or with all that follow, until a cycle gets by without coming so far.
//
// What was answered as done is in the ledger; what was not is told by the next process; nothing is done twice.
#include <atomic>
#include <cerrno>
#include <chrono>
#include <future>
#include <string>
#include <string_view>
#include <thread>

#include <gtest/gtest.h>
#include <unistd.h>

#include "adapters/ledger_sqlite/sqlite_ledger_store.hpp"
#include "service/usecases/verify_ledger.hpp"
#include "tests/ledger/temp_folder.hpp"
#include "tests/support/next_definition.hpp"
#include "tests/support/nth_call.hpp"
#include "tests/usecases/workbench.hpp"

namespace {

using helix::test_support::next_definition;

/// What the calls below do to files of the ledger.
thread_local helix::test_support::NthCall fault;
std::atomic<int> code{EIO};
std::atomic<bool> held{false};  ///< while it is, a sync does not come back
std::atomic<bool> holding{false};

bool is_ledger(int fd) {
    char path[512];
    const std::string link = "/proc/self/fd/" + std::to_string(fd);
    const ssize_t size = readlink(link.c_str(), path, sizeof path);
    return size > 0 &&
           std::string_view(path, static_cast<std::size_t>(size)).find("nth.sqlite") != std::string_view::npos;
}

/// A disk that takes its time.
void hold_sync(int fd) {
    while (held && is_ledger(fd)) {
        holding = true;
        usleep(1'000);
    }
}

bool strikes(int fd) {
    if (!fault.armed || !is_ledger(fd) || !fault.strikes()) return false;
    errno = code;
    return true;
}

}  // namespace

// The program's own definitions come before the C library's, for SQLite's library, too.
#define HELIX_FAILING(result, name, parameters, arguments)                     \
    extern "C" result name parameters {                                        \
        static const auto real = next_definition<result(*) parameters>(#name); \
        return strikes(fd) ? result{-1} : real arguments;                      \
    }
HELIX_FAILING(ssize_t, write, (int fd, const void* bytes, size_t size), (fd, bytes, size))
HELIX_FAILING(ssize_t, pwrite, (int fd, const void* bytes, size_t size, off_t at), (fd, bytes, size, at))
HELIX_FAILING(ssize_t, pwrite64, (int fd, const void* bytes, size_t size, off64_t at), (fd, bytes, size, at))
HELIX_FAILING(int, ftruncate, (int fd, off_t size) noexcept, (fd, size))
HELIX_FAILING(int, ftruncate64, (int fd, off64_t size) noexcept, (fd, size))
#undef HELIX_FAILING
extern "C" int fsync(int fd) {
    static const auto real = next_definition<int (*)(int)>("fsync");
    hold_sync(fd);
    return strikes(fd) ? -1 : real(fd);
}
extern "C" int fdatasync(int fd) {
    static const auto real = next_definition<int (*)(int)>("fdatasync");
    hold_sync(fd);
    return strikes(fd) ? -1 : real(fd);
}

namespace helix::usecases {
namespace {

using ledger_sqlite::SqliteLedgerStore;
using testing::Process;
using testing::Workbench;

struct Played {
    int calls = 0;  ///< the last n
    int struck = 0;
    int answered = 0;  ///< with a receipt, in spite of the fault
};

class NthFailure : public ::testing::Test {
protected:
    NthFailure() { bench.pass(120); }

    CycleRequest request(int number) {
        gate::Action label;
        label.verb = gate::Verb::Label;
        label.object = {"apps/v1", "Deployment", "shop", "cart"};
        label.entries = {{"n" + std::to_string(number), "done"}};
        CycleRequest request;
        request.actor = "tester";
        request.actions = {label};
        request.idempotency_key = "key-" + std::to_string(number);
        request.request_sha256 = "digest";
        return request;
    }

    bool shows(int number) {
        bool shown = false;
        bench.target->with_world([&](simulated::World& world) {
            const auto* cart = world.find({"Deployment", "shop", "cart"});
            const auto& metadata = cart->manifest.at("metadata");
            shown = metadata.contains("labels") && metadata.at("labels").contains("n" + std::to_string(number));
        });
        return shown;
    }

    std::unique_ptr<SqliteLedgerStore> open() {
        auto store = SqliteLedgerStore::open(path);
        EXPECT_TRUE(store.ok()) << store.error().message;
        return store ? *std::move(store) : nullptr;
    }

    /// One process asks while the `n`th call fails; the next one, with a sound disk, has to know.
    bool play(int n, bool lasting, int number, Played& played) {
        bool answered = false;
        {
            const auto store = open();
            Process process(bench, *store, *store, "one", 0);
            fault = {n, true, lasting, false};
            const auto answer = process.once.run(request(number));
            fault.armed = false;
            answered = answer.ok();
        }
        const bool struck = fault.struck;
        const auto store = open();
        if (!store) return false;
        const auto known = store->find(idempotency_name("tester", request(number).idempotency_key));
        EXPECT_TRUE(!answered || (known.ok() && *known)) << "n = " << n << ": answered, and not in the ledger";
        Process process(bench, *store, *store, "one", 0);
        EXPECT_EQ(process.recovery.open(), 0U) << "n = " << n;
        const bool before = shows(number);
        const auto again = process.once.run(request(number));
        EXPECT_TRUE(again.ok()) << "n = " << n << ": " << (again ? "" : again.error().message);
        if (!again) return false;
        const bool applied = again->receipt.at("actions").at(0).at("outcome") == "applied";
        EXPECT_EQ(applied, shows(number)) << "n = " << n << ": " << again->receipt.dump();
        EXPECT_TRUE(!again->replayed || before == shows(number)) << "n = " << n << ": done a second time";
        EXPECT_TRUE(verify_ledger(*store, openssl_digest::sha256)->whole()) << "n = " << n;
        played.struck += struck ? 1 : 0;
        played.answered += struck && answered ? 1 : 0;
        return struck;
    }

    Played sweep(int errno_code, bool lasting) {
        code = errno_code;
        Played played;
        for (bool more = true; more && played.calls < 500 && !HasFailure();)
            more = play(++played.calls, lasting, ++number_, played);
        std::printf("%s%s: %d calls, %d failed, %d answered all the same\n", code == EIO ? "EIO" : "ENOSPC",
                    lasting ? " from then on" : "", played.calls - 1, played.struck, played.answered);
        EXPECT_GT(played.struck, 3);
        EXPECT_LT(played.calls, 500);
        return played;
    }

    Workbench bench;
    ledger::TempFolder folder;
    std::string path = folder.file("nth.sqlite");
    int number_ = 0;
};

TEST_F(NthFailure, ADiskThatFailsOnce) {
    sweep(EIO, false);
}

TEST_F(NthFailure, ADiskThatFailsFromThenOn) {
    sweep(EIO, true);
}

TEST_F(NthFailure, ADiskThatIsFullFromThenOn) {
    sweep(ENOSPC, true);
}

TEST_F(NthFailure, WhileADiskSyncsReadsGoOnAndNobodyIsAnsweredTooSoon) {
    const auto store = open();
    Process process(bench, *store, *store, "one", 0);
    ASSERT_TRUE(process.once.run(request(++number_)).ok());
    const auto before = *store->head();
    held = true;
    const CycleRequest second = request(++number_);
    auto answer = std::async(std::launch::async, [&] { return process.once.run(second); });
    while (!holding) std::this_thread::yield();
    const auto known = store->find(idempotency_name("tester", "key-1"));
    EXPECT_TRUE(known.ok() && *known) << "a read waits for the disk, or was refused";
    EXPECT_EQ(*store->head(), before) << "what is not synced is not told";
    EXPECT_TRUE(verify_ledger(*store, openssl_digest::sha256)->whole());
    EXPECT_EQ(answer.wait_for(std::chrono::milliseconds(0)), std::future_status::timeout)
        << "answered before it was durable";
    EXPECT_EQ(process.once.run(second).error().code, Code::Conflict) << "its key is in flight";
    EXPECT_TRUE(held && holding);
    EXPECT_FALSE(shows(2)) << "written before its intent was durable";
    held = false;
    EXPECT_TRUE(answer.get().ok());
    EXPECT_TRUE(shows(2));
}

}  // namespace
}  // namespace helix::usecases
