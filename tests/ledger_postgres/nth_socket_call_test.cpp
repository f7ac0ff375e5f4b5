// Every call of the network that one append to PostgreSQL makes fails once, in turn: for n = 1, 2, 3 ... the nth
// connect, send or recv of a service whose connections were just ended fails, alone or with all that follow, until a
// pass gets by without coming so far.
//
// What was acknowledged is in the ledger, what was refused is not, nothing is there twice, and the same store goes on
// by itself.
#include <cerrno>
#include <chrono>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "adapters/ledger_postgres/postgres_ledger_store.hpp"
#include "adapters/openssl_digest/sha256.hpp"
#include "adapters/system/system_clock.hpp"
#include "adapters/system/ulid_source.hpp"
#include "service/usecases/ledger_writer.hpp"
#include "service/usecases/verify_ledger.hpp"
#include "tests/support/next_definition.hpp"
#include "tests/support/nth_call.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/process.hpp"

namespace {

using helix::test_support::next_definition;

thread_local helix::test_support::NthCall fault;  // the store works on the thread that calls it

/// A connection that failed is gone, for the server, too.
bool strikes(int fd, int code) {
    if (!fault.strikes()) return false;
    shutdown(fd, SHUT_RDWR);
    errno = code;
    return true;
}

}  // namespace

// The program's own definitions come before the C library's, for PostgreSQL's library, too.
extern "C" int connect(int fd, const sockaddr* address, socklen_t size) {
    static const auto real = next_definition<int (*)(int, const sockaddr*, socklen_t)>("connect");
    return strikes(fd, ECONNREFUSED) ? -1 : real(fd, address, size);
}
extern "C" ssize_t send(int fd, const void* bytes, size_t size, int flags) {
    static const auto real = next_definition<ssize_t (*)(int, const void*, size_t, int)>("send");
    return strikes(fd, EPIPE) ? -1 : real(fd, bytes, size, flags);
}
extern "C" ssize_t recv(int fd, void* bytes, size_t size, int flags) {
    static const auto real = next_definition<ssize_t (*)(int, void*, size_t, int)>("recv");
    return strikes(fd, ECONNRESET) ? -1 : real(fd, bytes, size, flags);
}

namespace helix::ledger_postgres {
namespace {

using test_support::eventually;
using test_support::PostgresServer;

constexpr int kEnough = 1'000;
constexpr int kBackWithinS = 10;

class NthSocketCall : public testing::Test {
protected:
    void open(const std::string& schema, std::chrono::milliseconds find_out = std::chrono::seconds(30)) {
        url = server.fresh_schema(schema);
        direct = *PostgresLedgerStore::open(url);
        options.pool.find_out = find_out;
        auto opened = PostgresLedgerStore::open(url, options);
        ASSERT_TRUE(opened.ok()) << opened.error().message;
        store = *std::move(opened);
        writer = std::make_unique<usecases::LedgerWriter>(*store, clock, ids, &openssl_digest::sha256);
    }

    static usecases::LedgerDraft draft(const std::string& name, const std::optional<ports::Fence>& fence) {
        return {"test.fault", "target", "test", "{}", {name}, fence};
    }

    void end_all_connections() const {
        server.sql(
            "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity"
            " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()");
    }

    /// Whether the store appends again, without anybody's help.
    bool goes_on(const std::string& name) {
        return eventually(kBackWithinS, [&] { return writer->append(draft(name, std::nullopt)).ok(); });
    }

    void sweep(bool lasting) {
        int n = 0;
        int acknowledged = 0;
        int unknown = 0;
        for (bool more = true; more && n < kEnough && !HasFailure();) {
            const std::string name = "name:" + std::to_string(++n);
            const auto lease = store->acquire("lease " + name, "one", std::chrono::minutes(1));
            ASSERT_TRUE(lease.ok()) << lease.error().message;
            end_all_connections();
            fault = {n, true, lasting, false};
            const auto told = writer->append(draft(name, ports::Fence{"lease " + name, lease->epoch}));
            fault.armed = false;
            more = fault.struck;
            ASSERT_TRUE(goes_on("after " + name)) << "n = " << n;
            const auto there = direct->find(name);
            ASSERT_TRUE(there.ok()) << there.error().message;
            if (told) {
                EXPECT_EQ(*there, told->seq) << "n = " << n << ": acknowledged, and not there";
                ++acknowledged;
            } else if (told.error().code == Code::UnknownOutcome) {
                EXPECT_TRUE(lasting) << "n = " << n << ": the server could be asked";
                ++unknown;
            } else {
                EXPECT_EQ(told.error().code, Code::Unavailable) << told.error().message;
                EXPECT_FALSE(*there) << "n = " << n << ": refused, and there";
            }
        }
        EXPECT_GT(n, 5);
        EXPECT_LT(n, kEnough);
        EXPECT_TRUE(usecases::verify_ledger(*direct, &openssl_digest::sha256)->whole());
        std::printf("  %d calls of the network fail%s: %d appends were done all the same, %d of unknown outcome\n",
                    n - 1, lasting ? " with all that follow" : "", acknowledged - 1, unknown);
    }

    PostgresServer& server = PostgresServer::shared();
    system::SystemClock clock;
    system::UlidSource ids{clock};
    std::string url;
    Options options;
    std::unique_ptr<PostgresLedgerStore> direct, store;
    std::unique_ptr<usecases::LedgerWriter> writer;
};

TEST_F(NthSocketCall, OfAnAppendFailsOnce) {
    open("once");
    sweep(false);
}

TEST_F(NthSocketCall, OfAnAppendFailsWithAllThatFollow) {
    open("lasting", std::chrono::milliseconds(100));
    sweep(true);
}

TEST_F(NthSocketCall, OfOpeningFails) {
    open("opening");
    ASSERT_TRUE(goes_on("before"));
    int n = 0;
    for (bool more = true; more && n < kEnough && !HasFailure();) {
        fault = {++n, true, false, false};
        const auto opened = PostgresLedgerStore::open(url, options);
        fault.armed = false;
        more = fault.struck;
        if (opened)
            EXPECT_EQ((*(*opened)->head())->seq, 0U);
        else
            EXPECT_EQ(opened.error().code, Code::Unavailable) << opened.error().message;
    }
    EXPECT_GT(n, 5);
    EXPECT_LT(n, kEnough);
    EXPECT_TRUE(PostgresLedgerStore::open(url, options).ok());
}

}  // namespace
}  // namespace helix::ledger_postgres
