// Every allocation that one append makes fails once, in turn: for n = 1, 2, 3 ... the nth call of malloc, calloc or
// realloc on the thread that appends fails, alone or with all that follow, until an append gets by without coming so
// far.
//
// Nobody else hangs or loses anything, what was acknowledged is in the ledger, what was refused is not, and the next
// append is as good as any.
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "adapters/ledger_sqlite/sqlite_ledger_store.hpp"
#include "adapters/openssl_digest/sha256.hpp"
#include "adapters/system/system_clock.hpp"
#include "adapters/system/ulid_source.hpp"
#include "service/usecases/ledger_writer.hpp"
#include "service/usecases/verify_ledger.hpp"
#include "tests/ledger/temp_folder.hpp"
#include "tests/support/nth_call.hpp"

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // they have allocators of their own

namespace {

thread_local helix::test_support::NthCall fault;

bool strikes() {
    if (!fault.strikes()) return false;
    errno = ENOMEM;
    return true;
}

}  // namespace

// The program's own definitions come before the C library's, for its libraries, too.
extern "C" {
void* __libc_malloc(std::size_t size);                     // NOLINT
void* __libc_calloc(std::size_t count, std::size_t size);  // NOLINT
void* __libc_realloc(void* place, std::size_t size);       // NOLINT
void* malloc(std::size_t size) {
    return strikes() ? nullptr : __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) {
    return strikes() ? nullptr : __libc_calloc(count, size);
}
void* realloc(void* place, std::size_t size) {
    return strikes() ? nullptr : __libc_realloc(place, size);
}
}

namespace helix::usecases {
namespace {

constexpr unsigned kHangingS = 30;

/// What a child process tells by its exit code.
enum Told : int { kAcknowledged = 1, kOthersHold = 2, kNextGoesOn = 4, kStruck = 8 };

/// A process of its own for each n: where a destructor cannot do without memory (the JSON library's), the process ends,
/// and that is one of the things that may happen to it.
class NthAllocation : public ::testing::Test {
protected:
    NthAllocation() {
        auto store = open();
        LedgerWriter writer(*store, clock, ids, &openssl_digest::sha256);
        EXPECT_TRUE(writer.append("test.record", "t", "a", "{}").ok());
    }

    [[nodiscard]] std::unique_ptr<ledger_sqlite::SqliteLedgerStore> open() const {
        auto opened = ledger_sqlite::SqliteLedgerStore::open(folder.file("nth.sqlite"));
        EXPECT_TRUE(opened.ok()) << opened.error().message;
        return opened ? *std::move(opened) : nullptr;
    }

    static LedgerDraft draft(const std::string& name, const std::string& body) {
        return {"test.record", "target", "actor", body, {"name:" + name}};
    }

    /// Runs in the child. Another caller appends beside the one that fails, and either may lead.
    int act(int n, bool lasting, const std::string& name, const std::string& body) {
        const auto store = open();
        LedgerWriter writer(*store, clock, ids, &openssl_digest::sha256);
        std::atomic<bool> go{false};
        std::optional<Result<ledger::Record>> its;
        std::thread other([&] {
            while (!go) std::this_thread::yield();
            its.emplace(writer.append(draft("beside " + name, "{}")));
        });
        std::vector<LedgerDraft> drafts{draft(name, body), draft("second " + name, body)};
        bool done = false;
        go = true;
        fault = {n, true, lasting, false};
        try {
            const auto outcomes = writer.append_each(std::move(drafts));
            done = outcomes && outcomes->front();
            fault.armed = false;
        } catch (const std::bad_alloc&) {
            fault.armed = false;
        }
        other.join();
        const auto there = store->find("name:beside " + name);
        const bool others_hold = !*its || (there && *there);
        const bool next = writer.append(draft("after " + name, body)).ok();
        return (done ? kAcknowledged : 0) | (others_hold ? kOthersHold : 0) | (next ? kNextGoesOn : 0) |
               (fault.struck ? kStruck : 0);
    }

    void sweep(bool lasting, const std::string& body) {
        int n = 0;
        int died = 0;
        int acknowledged = 0;
        for (bool more = true; more && n < 5'000 && !HasFailure();) {
            const std::string name = std::to_string(++n);
            const pid_t child = fork();
            if (child == 0) {
                close(STDERR_FILENO);  // "terminate called after ..."
                alarm(kHangingS);
                _exit(act(n, lasting, name, body));
            }
            int status = 0;
            ASSERT_EQ(waitpid(child, &status, 0), child);
            const bool ended = WIFEXITED(status);
            ASSERT_TRUE(ended || WTERMSIG(status) == SIGABRT) << "n = " << n << ": signal " << WTERMSIG(status);
            const int told = ended ? WEXITSTATUS(status) : kStruck;
            more = (told & kStruck) != 0;
            died += ended ? 0 : 1;
            acknowledged += (told & kAcknowledged) != 0 ? 1 : 0;
            if (ended) {
                EXPECT_TRUE((told & kOthersHold) != 0) << "n = " << n << ": the other one's is not there";
                EXPECT_TRUE((told & kNextGoesOn) != 0) << "n = " << n << ": nothing can be appended any more";
            }
            const auto store = open();
            const auto there = store->find("name:" + name);
            ASSERT_TRUE(there.ok()) << there.error().message;
            EXPECT_TRUE((told & kAcknowledged) == 0 || *there) << "n = " << n << ": acknowledged, and not there";
        }
        EXPECT_GT(n, 20);
        EXPECT_LT(n, 5'000);
        EXPECT_TRUE(verify_ledger(*open(), openssl_digest::sha256)->whole());
        std::printf("%d allocations fail%s: %d appends were done all the same, %d processes ended\n", n - 1,
                    lasting ? " with all that follow" : "", acknowledged - 1, died);
    }

    static constexpr const char* kCanonical = R"({"a":"a text that is longer than a string keeps within","b":[1,2,3]})";
    static constexpr const char* kAnyOrder = R"({"b":[1,2,3],"a":"a text that is longer than a string keeps within"})";

    ledger::TempFolder folder;
    system::SystemClock clock;
    system::UlidSource ids{clock};
};

TEST_F(NthAllocation, OfAnAppendFailsOnce) {
    sweep(false, kCanonical);
}

TEST_F(NthAllocation, OfAnAppendFailsWithAllThatFollow) {
    sweep(true, kCanonical);
}

TEST_F(NthAllocation, OfMakingABodyCanonicalFails) {
    sweep(false, kAnyOrder);
}

}  // namespace
}  // namespace helix::usecases

#else

TEST(NthAllocation, OfAnAppendFailsOnce) {
    GTEST_SKIP() << "a sanitizer has an allocator of its own";
}

#endif
