#include "service/usecases/ledger_writer.hpp"

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "adapters/ledger_memory/memory_ledger_store.hpp"
#include "adapters/ledger_sqlite/sqlite_ledger_store.hpp"
#include "adapters/openssl_digest/sha256.hpp"
#include "adapters/system/system_clock.hpp"
#include "adapters/system/ulid_source.hpp"
#include "service/usecases/verify_ledger.hpp"
#include "tests/ledger/sample_records.hpp"
#include "tests/ledger/temp_folder.hpp"

namespace helix::usecases {
namespace {

/// A real store behind a gate: an append waits while the gate is closed, and fails with `failure` when that is set.
/// A fake because a full disk and an exact moment of commit cannot be had from a real one at will.
class GatedStore final : public ports::LedgerStore {
public:
    Result<void> commit(std::span<const ports::Entry> entries) override {
        std::unique_lock lock(mutex_);
        ++waiting_;
        changed_.notify_all();
        changed_.wait(lock, [&] { return open_; });
        sizes_.push_back(entries.size());
        if (failure_) return *failure_;
        return inner_.commit(entries);
    }
    Result<std::optional<ledger::Head>> head() override { return inner_.head(); }
    Result<ledger::Record> read(std::uint64_t seq) override { return inner_.read(seq); }
    Result<std::optional<std::uint64_t>> find(std::string_view name) override { return inner_.find(name); }
    Result<std::vector<ledger::Digest>> hashes(std::uint64_t from_seq, std::size_t count) override {
        return inner_.hashes(from_seq, count);
    }
    Result<std::vector<ledger::Record>> list(const ports::LedgerQuery& query) override { return inner_.list(query); }
    Result<void> scan(std::uint64_t from, const Visitor& visit) override { return inner_.scan(from, visit); }

    void set_open(bool open) {
        const std::lock_guard lock(mutex_);
        open_ = open;
        changed_.notify_all();
    }
    void set_failure(std::optional<Error> failure) {
        const std::lock_guard lock(mutex_);
        failure_ = std::move(failure);
    }
    void await_first() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return waiting_ > 0; });
    }
    std::vector<std::size_t> sizes() {
        const std::lock_guard lock(mutex_);
        return sizes_;
    }

private:
    ledger_memory::MemoryLedgerStore inner_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool open_ = true;
    int waiting_ = 0;
    std::optional<Error> failure_;
    std::vector<std::size_t> sizes_;
};

class LedgerWriterTest : public testing::Test {
protected:
    LedgerWriter writer_on(ports::LedgerStore& store) { return {store, clock, ids, &openssl_digest::sha256}; }

    system::SystemClock clock;
    system::UlidSource ids{clock};
    ledger_memory::MemoryLedgerStore memory;
};

TEST_F(LedgerWriterTest, GivesEachRecordItsPlace) {
    LedgerWriter writer = writer_on(memory);
    const auto first = writer.append("helix.intent", "prod", "user:zoë", R"({ "b": 1,  "a": 2.50 })");
    ASSERT_TRUE(first.ok()) << first.error().message;
    EXPECT_EQ(first->seq, 0U);
    EXPECT_EQ(first->prev_hash, ledger::Digest{});
    EXPECT_EQ(first->body, R"({"a":2.5,"b":1})");
    const auto second = writer.append("helix.cycle", "", "", "{}");
    EXPECT_EQ(second->seq, 1U);
    EXPECT_EQ(second->prev_hash, first->hash);
    EXPECT_LT(first->id, second->id);
    EXPECT_EQ(memory.read(1)->hash, second->hash);
    const auto report = verify_ledger(memory, &openssl_digest::sha256);
    EXPECT_TRUE(report->whole());
    EXPECT_EQ(report->records, 2U);
    EXPECT_EQ(report->head, (ledger::Head{1, second->hash}));
}

TEST_F(LedgerWriterTest, RefusesADraftThatIsNotWellFormedAndWritesNothing) {
    LedgerWriter writer = writer_on(memory);
    const auto where = [&](LedgerDraft draft) {
        const auto done = writer.append(std::move(draft));
        return done ? "accepted" : done.error().where;
    };
    EXPECT_EQ(where({"", "t", "a"}), "kind");
    EXPECT_EQ(where({"Upper", "t", "a"}), "kind");
    EXPECT_EQ(where({std::string(129, 'k'), "t", "a"}), "kind");
    EXPECT_EQ(where({"k", "\xFF", "a"}), "target");
    EXPECT_EQ(where({"k", "t", std::string(1025, 'a')}), "actor");
    EXPECT_EQ(where({"k", "t", "a", "[]"}), "body");
    EXPECT_EQ(where({"k", "t", "a", "{\"a\":1,\"a\":2}"}), "line 1, column 10");
    EXPECT_FALSE(
        writer.append({"k", "t", "a", "{\"a\":\"" + std::string(LedgerDraft::kBodyBytesMax, 'x') + "\"}"}).ok());
    EXPECT_FALSE(writer.append({"k", "t", "a", "{\"a\":9007199254740993}"}).ok());
    EXPECT_EQ(*memory.head(), std::nullopt);
    EXPECT_TRUE(writer.append({"k", "t", "a"}).ok());
}

// While the first commit is held, the others gather; they then share the second one.
TEST_F(LedgerWriterTest, CallersThatWaitShareOneCommit) {
    constexpr int kOthers = 20;
    GatedStore store;
    store.set_open(false);
    LedgerWriter writer = writer_on(store);
    std::atomic<int> appended = 0;
    const auto append_one = [&] { appended += writer.append("k", "t", "a", "{}").ok() ? 1 : 0; };
    {
        std::vector<std::jthread> threads;
        threads.emplace_back(append_one);
        store.await_first();
        for (int i = 0; i < kOthers; ++i) threads.emplace_back(append_one);
        while (writer.waiting() < kOthers) std::this_thread::yield();
        store.set_open(true);
    }
    EXPECT_EQ(appended, kOthers + 1);
    EXPECT_EQ(store.sizes(), (std::vector<std::size_t>{1, kOthers}));
    EXPECT_EQ(writer.counts().commits, 2U);
    EXPECT_EQ(writer.counts().records, static_cast<std::uint64_t>(kOthers + 1));
    EXPECT_TRUE(verify_ledger(store, &openssl_digest::sha256)->whole());
}

TEST_F(LedgerWriterTest, TellsTheStoresFailureAndGoesOnAfterIt) {
    GatedStore store;
    LedgerWriter writer = writer_on(store);
    ASSERT_TRUE(writer.append("k", "t", "a", "{}").ok());
    store.set_failure(error(Code::Unavailable, "the disk is full"));
    EXPECT_EQ(writer.append("k", "t", "a", "{}").error().message, "the disk is full");
    store.set_failure(std::nullopt);
    EXPECT_EQ(writer.append("k", "t", "a", "{}")->seq, 1U);
    EXPECT_EQ(writer.counts().conflicts, 0U);
}

TEST_F(LedgerWriterTest, AppendsNothingOnceItIsHalted) {
    GatedStore store;
    LedgerWriter writer = writer_on(store);
    ASSERT_TRUE(writer.append("k", "t", "a", "{}").ok());
    writer.halt(error(Code::DataLoss, "seq 0 is not as it was written"));
    EXPECT_EQ(writer.append("k", "t", "a", "{}").error().code, Code::DataLoss);
    EXPECT_EQ(writer.append_each({{"k", "t", "a"}}).error().code, Code::DataLoss);
    EXPECT_EQ(store.sizes().size(), 1U) << "the store was not asked again";
}

TEST_F(LedgerWriterTest, GivesUpAfterABoundedNumberOfConflicts) {
    GatedStore store;
    store.set_failure(error(Code::Conflict, "lost"));
    LedgerWriter writer = writer_on(store);
    EXPECT_EQ(writer.append("k", "t", "a", "{}").error().code, Code::Conflict);
    EXPECT_EQ(store.sizes().size(), static_cast<std::size_t>(LedgerWriter::kAttemptsMax));
}

TEST_F(LedgerWriterTest, TwoWritersOnOneFileInterleaveWithoutLoss) {
    const ledger::TempFolder folder;
    const auto one = *ledger_sqlite::SqliteLedgerStore::open(folder.file("l.sqlite"));
    const auto two = *ledger_sqlite::SqliteLedgerStore::open(folder.file("l.sqlite"));
    LedgerWriter writers[] = {writer_on(*one), writer_on(*two)};
    constexpr int kThreads = 4;
    constexpr int kEach = 25;
    std::atomic<int> failed = 0;
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < kThreads; ++t)
            threads.emplace_back([&, t] {
                for (int i = 0; i < kEach; ++i) failed += writers[t % 2].append("k", "t", "a", "{}").ok() ? 0 : 1;
            });
    }
    EXPECT_EQ(failed, 0);
    const auto report = verify_ledger(*one, &openssl_digest::sha256);
    EXPECT_TRUE(report->whole()) << report->why;
    EXPECT_EQ(report->records, static_cast<std::uint64_t>(kThreads * kEach));
}

/// What a fail-over does: behind the same port there is another store from now on.
class SwappedStore final : public ports::LedgerStore {
public:
    explicit SwappedStore(ports::LedgerStore& first) : now_(&first) {}
    void swap(ports::LedgerStore& next) { now_ = &next; }

    Result<void> commit(std::span<const ports::Entry> entries) override { return now_->commit(entries); }
    Result<std::optional<ledger::Head>> head() override { return now_->head(); }
    Result<ledger::Record> read(std::uint64_t seq) override { return now_->read(seq); }
    Result<std::optional<std::uint64_t>> find(std::string_view name) override { return now_->find(name); }
    Result<std::vector<ledger::Digest>> hashes(std::uint64_t from_seq, std::size_t count) override {
        return now_->hashes(from_seq, count);
    }
    Result<std::vector<ledger::Record>> list(const ports::LedgerQuery& query) override { return now_->list(query); }
    Result<void> scan(std::uint64_t from, const Visitor& visit) override { return now_->scan(from, visit); }

private:
    ports::LedgerStore* now_;
};

TEST_F(LedgerWriterTest, RefusesAStoreThatLacksWhatItHasSeen) {
    ledger_memory::MemoryLedgerStore empty, shorter, forked;
    SwappedStore store(memory);
    LedgerWriter writer = writer_on(store);
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(writer.append("k", "t", "a", "{}").ok());
    for (std::uint64_t seq = 0; seq < 3; ++seq) ASSERT_TRUE(shorter.append(*memory.read(seq)).ok());
    LedgerWriter elsewhere = writer_on(forked);
    for (int i = 0; i < 9; ++i) ASSERT_TRUE(elsewhere.append("k", "t", "another", "{}").ok());

    for (ports::LedgerStore* wrong :
         {static_cast<ports::LedgerStore*>(&empty), static_cast<ports::LedgerStore*>(&shorter),
          static_cast<ports::LedgerStore*>(&forked)}) {
        const auto before = *wrong->head();
        store.swap(*wrong);
        for (int again = 0; again < 2; ++again) {
            const auto refused = writer.append("k", "t", "a", "{}");
            ASSERT_FALSE(refused.ok());
            EXPECT_EQ(refused.error().code, Code::DataLoss);
            EXPECT_EQ(refused.error().where, "seq 4");
        }
        EXPECT_EQ(*wrong->head(), before);
    }
    store.swap(memory);
    EXPECT_EQ(writer.append("k", "t", "a", "{}")->seq, 5U);
    EXPECT_EQ(writer.newest()->seq, 5U);
}

TEST_F(LedgerWriterTest, AHeadRememberedFromBeforeCountsToo) {
    const auto chain = ledger::sample_chain(3);
    ASSERT_TRUE(memory.append_all(std::span(chain).first(2)).ok());
    LedgerWriter writer = writer_on(memory);
    writer.remember({2, chain[2].hash});
    EXPECT_EQ(writer.append("k", "t", "a", "{}").error().code, Code::DataLoss);
    ASSERT_TRUE(memory.append(chain[2]).ok());
    EXPECT_EQ(writer.append("k", "t", "a", "{}")->seq, 3U);
}

TEST_F(LedgerWriterTest, VerifyTellsProgressAndStopsWhenTold) {
    LedgerWriter writer = writer_on(memory);
    for (int i = 0; i < 5000; ++i) ASSERT_TRUE(writer.append("k", "t", "a", "{}").ok());
    std::uint64_t told = 0;
    const auto stopped = verify_ledger(memory, &openssl_digest::sha256, [&](std::uint64_t n) {
        told = n;
        return false;
    });
    EXPECT_EQ(stopped.error().code, Code::DeadlineExceeded);
    EXPECT_EQ(told, 4096U);
}

/// Of everybody who asks for one name, one gets it; the others of the batch are not harmed.
TEST_F(LedgerWriterTest, GivesANameToOneOfThoseWhoAskTogether) {
    GatedStore store;
    LedgerWriter writer = writer_on(store);
    store.set_open(false);
    std::vector<Result<ledger::Record>> results(9, error(Code::Internal, "not tried"));
    {
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < results.size(); ++i)
            threads.emplace_back([&, i] {
                LedgerDraft draft{"k", "t", "a"};
                if (i % 3 != 0) draft.names = {"the-name"};
                results[i] = writer.append(draft);
            });
        store.await_first();
        while (writer.waiting() < results.size() - 1) std::this_thread::yield();
        store.set_open(true);
    }
    int named = 0;
    for (std::size_t i = 0; i < results.size(); ++i) {
        const bool asked = i % 3 != 0;
        if (asked && results[i].ok()) ++named;
        EXPECT_TRUE(results[i].ok() || (asked && results[i].error().code == Code::AlreadyExists));
    }
    EXPECT_EQ(named, 1);
    EXPECT_EQ((*store.head())->seq, 3U);
    EXPECT_TRUE(verify_ledger(store, openssl_digest::sha256)->whole());
}

}  // namespace
}  // namespace helix::usecases
