#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "service/ports/ledger_store.hpp"
#include "tests/ledger/sample_records.hpp"

namespace helix::contract {

/// How the contract gets at one engine.
struct LedgerEngine {
    std::string name;
    /// Opens a store on the data of `place`; the same place again is the same ledger while it lasts.
    std::function<std::unique_ptr<ports::LedgerStore>(const std::string& place)> open;
    bool shared = true;   ///< two stores on one place see one ledger
    bool durable = true;  ///< the ledger outlives its last store
};

/// What every LedgerStore promises, whatever stands behind it. A test program instantiates it once per engine:
///
///     INSTANTIATE_TEST_SUITE_P(Sqlite, LedgerStoreContract, testing::Values(engine), engine_name);
class LedgerStoreContract : public testing::TestWithParam<LedgerEngine> {
protected:
    void SetUp() override {
        store = GetParam().open(place());
        ASSERT_NE(store, nullptr);
    }
    void TearDown() override { store.reset(); }

    /// A fresh place for each test: its own name, without the engine's.
    static std::string place() {
        const std::string name = testing::UnitTest::GetInstance()->current_test_info()->name();
        return name.substr(0, name.find('/'));
    }

    void fill(std::uint64_t count) { ASSERT_TRUE(store->append_all(ledger::sample_chain(count)).ok()); }

    std::vector<std::uint64_t> listed(const ports::LedgerQuery& query) {
        std::vector<std::uint64_t> seqs;
        auto page = store->list(query);
        EXPECT_TRUE(page.ok());
        if (page)
            for (const auto& record : *page) seqs.push_back(record.seq);
        return seqs;
    }

    static void expect_same(const ledger::Record& a, const ledger::Record& b) {
        EXPECT_EQ(ledger::as_tuple(a), ledger::as_tuple(b));
    }

    std::unique_ptr<ports::LedgerStore> store;
};

inline std::string engine_name(const testing::TestParamInfo<LedgerEngine>& info) {
    return info.param.name;
}

using Seqs = std::vector<std::uint64_t>;

TEST_P(LedgerStoreContract, BeginsEmpty) {
    EXPECT_EQ(*store->head(), std::nullopt);
    EXPECT_EQ(store->read(0).error().code, Code::NotFound);
    EXPECT_EQ(listed({}), Seqs{});
}

TEST_P(LedgerStoreContract, GivesBackEveryByte) {
    auto chain = ledger::sample_chain(2);
    chain[1].target = "quote \" backslash \\ zoë \xF0\x9F\x98\x80";
    chain[1].actor = "";
    chain[1].body = R"({"1E30":1e+30,"a":"\u0000","b":[{},[]],"c":"  spaced  "})";
    chain[1].at_us = -1;
    for (const auto& record : chain) ASSERT_TRUE(store->append(record).ok());
    for (const auto& record : chain) expect_same(*store->read(record.seq), record);
    EXPECT_EQ(*store->head(), (ledger::Head{1, chain[1].hash}));
}

TEST_P(LedgerStoreContract, RefusesAGap) {
    const auto chain = ledger::sample_chain(3);
    EXPECT_EQ(store->append(chain[1]).error().code, Code::Conflict);
    ASSERT_TRUE(store->append(chain[0]).ok());
    EXPECT_EQ(store->append(chain[2]).error().code, Code::Conflict);
    EXPECT_EQ((*store->head())->seq, 0U);
}

TEST_P(LedgerStoreContract, RefusesADuplicate) {
    const auto chain = ledger::sample_chain(2);
    ASSERT_TRUE(store->append_all(chain).ok());
    EXPECT_EQ(store->append(chain[1]).error().code, Code::Conflict);
    EXPECT_EQ(store->append(chain[0]).error().code, Code::Conflict);
    expect_same(*store->read(0), chain[0]);
}

TEST_P(LedgerStoreContract, RefusesARecordOfAnotherHistory) {
    fill(2);
    auto other = ledger::sample_chain(3)[2];
    other.prev_hash[0] ^= 1U;
    EXPECT_EQ(store->append(other).error().code, Code::Conflict);
}

TEST_P(LedgerStoreContract, AppendsAGroupWholeOrNotAtAll) {
    auto chain = ledger::sample_chain(6);
    ASSERT_TRUE(store->append_all(std::span(chain).first(2)).ok());
    std::vector<ledger::Record> with_gap{chain[2], chain[3], chain[5]};
    EXPECT_EQ(store->append_all(with_gap).error().code, Code::Conflict);
    EXPECT_EQ((*store->head())->seq, 1U);
    EXPECT_EQ(store->read(2).error().code, Code::NotFound);
    EXPECT_TRUE(store->append_all({}).ok());
    EXPECT_TRUE(store->append_all(std::span(chain).subspan(2)).ok());
    EXPECT_EQ((*store->head())->seq, 5U);
}

TEST_P(LedgerStoreContract, KeepsSignatures) {
    auto chain = ledger::sample_chain(2);
    chain[0].signature = ledger::Signature{"key-1", {}};
    chain[0].signature->bytes.fill(0xA5);
    ASSERT_TRUE(store->append_all(chain).ok());
    for (const auto& record : chain) expect_same(*store->read(record.seq), record);
}

TEST_P(LedgerStoreContract, GivesTheHashesAlone) {
    fill(10);
    const auto chain = ledger::sample_chain(10);
    const auto some = store->hashes(7, 100);
    ASSERT_TRUE(some.ok());
    EXPECT_EQ(*some, (std::vector{chain[7].hash, chain[8].hash, chain[9].hash}));
    EXPECT_EQ(store->hashes(2, 1)->size(), 1U);
    EXPECT_TRUE(store->hashes(10, 5)->empty());
}

TEST_P(LedgerStoreContract, FindsARecordByItsNames) {
    const auto chain = ledger::sample_chain(3);
    const std::string odd = "idempotency:zo\xC3\xAB\nquote ' 1";
    ASSERT_TRUE(store->commit(std::vector<ports::Entry>{{chain[0]}, {chain[1], {"cycle:1", odd}}}).ok());
    EXPECT_EQ(*store->find("cycle:1"), 1U);
    EXPECT_EQ(*store->find(odd), 1U);
    EXPECT_EQ(*store->find("cycle:"), std::nullopt);
}

TEST_P(LedgerStoreContract, GivesANameOnceAndThenNothingOfTheCommitIsThere) {
    const auto chain = ledger::sample_chain(4);
    ASSERT_TRUE(store->commit(std::vector<ports::Entry>{{chain[0], {"a"}}}).ok());
    const auto taken = store->commit(std::vector<ports::Entry>{{chain[1], {"b"}}, {chain[2], {"c", "a"}}});
    EXPECT_EQ(taken.error().code, Code::AlreadyExists);
    EXPECT_EQ(taken.error().where, "a");
    EXPECT_EQ(*store->find("b"), std::nullopt);
    EXPECT_EQ((*store->head())->seq, 0U);
    const auto twice = store->commit(std::vector<ports::Entry>{{chain[1], {"d"}}, {chain[2], {"d"}}});
    EXPECT_EQ(twice.error().code, Code::AlreadyExists);
    EXPECT_TRUE(store->commit(std::vector<ports::Entry>{{chain[1], {"b"}}}).ok());
    EXPECT_EQ(*store->find("a"), 0U);
}

TEST_P(LedgerStoreContract, RefusesANameOutOfBounds) {
    const auto chain = ledger::sample_chain(1);
    for (const std::string& name : {std::string(), std::string(ports::Entry::kNameBytesMax + 1, 'x')})
        EXPECT_EQ(store->commit(std::vector<ports::Entry>{{chain[0], {name}}}).error().code, Code::InvalidArgument);
    EXPECT_EQ(*store->head(), std::nullopt);
}

TEST_P(LedgerStoreContract, PagesBothWays) {
    fill(10);
    EXPECT_EQ(listed({.limit = 3}), (Seqs{0, 1, 2}));
    EXPECT_EQ(listed({.from_seq = 3, .limit = 3}), (Seqs{3, 4, 5}));
    EXPECT_EQ(listed({.from_seq = 8, .limit = 3}), (Seqs{8, 9}));
    EXPECT_EQ(listed({.from_seq = 10, .limit = 3}), Seqs{});
    EXPECT_EQ(listed({.limit = 3, .newest_first = true}), (Seqs{9, 8, 7}));
    EXPECT_EQ(listed({.from_seq = 1, .limit = 3, .newest_first = true}), (Seqs{1, 0}));
    EXPECT_EQ(listed({.from_seq = UINT64_MAX, .limit = 1, .newest_first = true}), Seqs{9});
    EXPECT_EQ(listed({.from_seq = UINT64_MAX}), Seqs{});
}

// Sample records alternate between two kinds and rotate through three targets.
TEST_P(LedgerStoreContract, FiltersByKindAndTarget) {
    fill(12);
    EXPECT_EQ(listed({.limit = 3, .kind = "test.odd"}), (Seqs{1, 3, 5}));
    EXPECT_EQ(listed({.from_seq = 4, .target = "target-1"}), (Seqs{4, 7, 10}));
    EXPECT_EQ(listed({.kind = "test.odd", .target = "target-1", .newest_first = true}), (Seqs{7, 1}));
    EXPECT_EQ(listed({.kind = "test"}), Seqs{});
    EXPECT_EQ(listed({.kind = "' OR 1=1 --"}), Seqs{});
}

TEST_P(LedgerStoreContract, RefusesALimitOutOfBounds) {
    EXPECT_EQ(store->list({.limit = 0}).error().code, Code::InvalidArgument);
    EXPECT_EQ(store->list({.limit = ports::LedgerQuery::kLimitMax + 1}).error().code, Code::InvalidArgument);
    EXPECT_EQ(store->list({.bytes_max = 0}).error().code, Code::InvalidArgument);
}

// Two bodies of 1000 bytes among small ones: a page ends with the record with which it comes to `bytes_max`.
TEST_P(LedgerStoreContract, EndsAPageByBytesToo) {
    std::vector<ledger::Record> chain;
    std::optional<ledger::Head> head;
    for (std::uint64_t seq = 0; seq < 10; ++seq) {
        chain.push_back(ledger::sample_after(head));
        const std::size_t size = seq == 3 || seq == 4 ? 1000 : 100;
        chain.back().body = R"({"x":")" + std::string(size - 8, 'x') + R"("})";
        ledger::seal_sample(chain.back(), head);
        head = ledger::Head{seq, chain.back().hash};
    }
    ASSERT_TRUE(store->append_all(chain).ok());
    EXPECT_EQ(listed({.bytes_max = 1}), Seqs{0}) << "one record at least";
    EXPECT_EQ(listed({.bytes_max = 300}), (Seqs{0, 1, 2}));
    EXPECT_EQ(listed({.bytes_max = 301}), (Seqs{0, 1, 2, 3}));
    EXPECT_EQ(listed({.from_seq = 3, .bytes_max = 1000}), Seqs{3});
    EXPECT_EQ(listed({.from_seq = 3, .limit = 1, .bytes_max = 5000}), Seqs{3});
    EXPECT_EQ(listed({.limit = 4, .newest_first = true, .bytes_max = 250}), (Seqs{9, 8, 7}));
    EXPECT_EQ(listed({.kind = "test.odd", .newest_first = true, .bytes_max = 301}), (Seqs{9, 7, 5, 3}));
    const ports::LedgerQuery some{.limit = 5, .bytes_max = 300};
    EXPECT_TRUE(ports::is_full(*store->list(some), some)) << "shorter than its limit, and not the last";
    const ports::LedgerQuery last{.from_seq = 8, .limit = 5, .bytes_max = 300};
    EXPECT_FALSE(ports::is_full(*store->list(last), last));
}

// Bodies of together three times what is read at once: a scan goes on behind each page.
TEST_P(LedgerStoreContract, ScansRecordsThatArePagesByThemselves) {
    std::vector<ledger::Record> chain;
    std::optional<ledger::Head> head;
    for (std::uint64_t seq = 0; seq < 12; ++seq) {
        chain.push_back(ledger::sample_after(head));
        chain.back().body = R"({"x":")" + std::string(ports::LedgerQuery::kPageBytes / 4, 'x') + R"("})";
        ledger::seal_sample(chain.back(), head);
        head = ledger::Head{seq, chain.back().hash};
    }
    for (const ledger::Record& record : chain) ASSERT_TRUE(store->append(record).ok());
    std::uint64_t next = 0;
    ASSERT_TRUE(store
                    ->scan(0,
                           [&](const ledger::Record& record) {
                               EXPECT_EQ(record.hash, chain[next++].hash);
                               return true;
                           })
                    .ok());
    EXPECT_EQ(next, 12U);
    EXPECT_EQ(listed({.limit = 1000}), (Seqs{0, 1, 2, 3}));
}

TEST_P(LedgerStoreContract, ScansInOrderFromAnywhereUntilTold) {
    fill(2000);  // more than one page of any engine
    std::uint64_t next = 700;
    ASSERT_TRUE(store
                    ->scan(700,
                           [&](const ledger::Record& record) {
                               EXPECT_EQ(record.seq, next++);
                               return true;
                           })
                    .ok());
    EXPECT_EQ(next, 2000U);
    int seen = 0;
    ASSERT_TRUE(store->scan(0, [&](const ledger::Record&) { return ++seen < 5; }).ok());
    EXPECT_EQ(seen, 5);
    ASSERT_TRUE(store->scan(UINT64_MAX, [&](const ledger::Record&) { return ++seen < 100; }).ok());
    EXPECT_EQ(seen, 5);
}

TEST_P(LedgerStoreContract, AVisitorMayReadTheStore) {
    fill(3);
    int same = 0;
    ASSERT_TRUE(store
                    ->scan(0,
                           [&](const ledger::Record& record) {
                               same += store->read(record.seq)->hash == record.hash ? 1 : 0;
                               return true;
                           })
                    .ok());
    EXPECT_EQ(same, 3);
}

TEST_P(LedgerStoreContract, IsThereAfterReopening) {
    if (!GetParam().durable) GTEST_SKIP() << "this engine keeps nothing";
    fill(5);
    const auto before = *store->head();
    store.reset();
    store = GetParam().open(place());
    EXPECT_EQ(*store->head(), before);
    expect_same(*store->read(4), ledger::sample_chain(5)[4]);
}

/// Appends `rounds` records by re-reading the head after each loss; returns the seqs it won.
inline Seqs race(ports::LedgerStore& store, int rounds, const std::string& who) {
    Seqs won;
    while (won.size() < static_cast<std::size_t>(rounds)) {
        const auto head = store.head();
        if (!head) break;
        auto record = ledger::sample_after(*head);
        record.actor = who;
        ledger::seal_sample(record, *head);
        const auto done = store.append(record);
        if (done)
            won.push_back(record.seq);
        else if (done.error().code != Code::Conflict)
            break;
    }
    return won;
}

inline void expect_each_seq_won_once(const std::vector<Seqs>& won, ports::LedgerStore& store, int rounds) {
    std::size_t total = 0;
    for (std::size_t who = 0; who < won.size(); ++who) {
        EXPECT_EQ(won[who].size(), static_cast<std::size_t>(rounds));
        for (const std::uint64_t seq : won[who]) EXPECT_EQ(store.read(seq)->actor, std::to_string(who));
        total += won[who].size();
    }
    EXPECT_EQ((*store.head())->seq + 1, total);
}

TEST_P(LedgerStoreContract, ConcurrentAppendersWinEachSeqOnce) {
    constexpr int kRounds = 25;
    std::vector<Seqs> won(4);
    {
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < won.size(); ++i)
            threads.emplace_back([&, i] { won[i] = race(*store, kRounds, std::to_string(i)); });
    }
    expect_each_seq_won_once(won, *store, kRounds);
}

TEST_P(LedgerStoreContract, TwoStoresOnOneLedgerWinEachSeqOnce) {
    if (!GetParam().shared) GTEST_SKIP() << "this engine's stores do not share";
    constexpr int kRounds = 25;
    const auto second = GetParam().open(place());
    std::vector<Seqs> won(2);
    {
        const std::jthread one([&] { won[0] = race(*store, kRounds, "0"); });
        const std::jthread two([&] { won[1] = race(*second, kRounds, "1"); });
    }
    expect_each_seq_won_once(won, *store, kRounds);
    EXPECT_EQ(*store->head(), *second->head());
}

}  // namespace helix::contract
