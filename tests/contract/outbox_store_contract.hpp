#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "service/ports/outbox_store.hpp"

namespace helix::contract {

struct OutboxEngine {
    std::string name;
    /// Opens the store of this place: an empty one, or the one that was opened there before when it is durable.
    std::function<std::shared_ptr<ports::OutboxStore>(const std::string& place)> open;
    bool durable = true;
};

inline std::string outbox_engine_name(const testing::TestParamInfo<OutboxEngine>& info) {
    return info.param.name;
}

/// What every OutboxStore promises.
class OutboxStoreContract : public testing::TestWithParam<OutboxEngine> {
protected:
    void SetUp() override {
        store = GetParam().open(place());
        ASSERT_NE(store, nullptr);
    }
    static std::string place() {
        const std::string test = testing::UnitTest::GetInstance()->current_test_info()->name();
        return "outbox-" + test.substr(0, test.find('/'));
    }
    /// Gives up `seq` and moves one past it.
    void bury(std::uint64_t seq, int attempts = 3) {
        ASSERT_TRUE(store->begin("hvcp", seq).ok());
        const auto at = store->begin("hvcp", 0);
        ASSERT_TRUE(
            store->move("hvcp", at->next_seq, {seq + 1}, ports::DeadLetter{seq, attempts, 77, "HTTP 410"}).ok());
    }

    std::shared_ptr<ports::OutboxStore> store;
};

TEST_P(OutboxStoreContract, ANewDestinationBeginsWhereItIsToldAndThenStaysThere) {
    EXPECT_EQ(*store->begin("hvcp", 41), (ports::OutboxCursor{41}));
    EXPECT_EQ(*store->begin("hvcp", 99), (ports::OutboxCursor{41}));
    EXPECT_EQ(*store->begin("other", 0), (ports::OutboxCursor{0}));
}

TEST_P(OutboxStoreContract, ACursorMovesFromWhereItIsExpected) {
    ASSERT_TRUE(store->begin("hvcp", 5).ok());
    const ports::OutboxCursor waiting{5, 2, 123'456'789'012, "HTTP 500 \u20AC"};
    ASSERT_TRUE(store->move("hvcp", 5, waiting, {}).ok());
    EXPECT_EQ(*store->begin("hvcp", 0), waiting);
    ASSERT_TRUE(store->move("hvcp", 5, {6}, {}).ok());
    EXPECT_EQ(store->move("hvcp", 5, {7}, {}).error().code, Code::Conflict);
    EXPECT_EQ(*store->begin("hvcp", 0), (ports::OutboxCursor{6}));
    EXPECT_EQ(store->move("never", 0, {1}, {}).error().code, Code::Conflict);
}

TEST_P(OutboxStoreContract, ALetterIsKeptWithItsMoveOrNotAtAll) {
    ASSERT_TRUE(store->begin("hvcp", 5).ok());
    const ports::DeadLetter letter{5, 3, 77, "HTTP 410"};
    EXPECT_EQ(store->move("hvcp", 4, {6}, letter).error().code, Code::Conflict);
    EXPECT_EQ(*store->count_dead_letters("hvcp"), 0U);
    ASSERT_TRUE(store->move("hvcp", 5, {6}, letter).ok());
    EXPECT_EQ(store->dead_letters("hvcp", 0, 10)->at(0), letter);
    EXPECT_EQ(*store->count_dead_letters("other"), 0U);
}

TEST_P(OutboxStoreContract, LettersArePagedBySeq) {
    for (const std::uint64_t seq : {3U, 7U, 8U, 20U}) bury(seq);
    EXPECT_EQ(*store->count_dead_letters("hvcp"), 4U);
    const auto page = store->dead_letters("hvcp", 4, 2);
    ASSERT_EQ(page->size(), 2U);
    EXPECT_EQ((*page)[0].seq, 7U);
    EXPECT_EQ((*page)[1].seq, 8U);
    EXPECT_TRUE(store->dead_letters("hvcp", 21, 2)->empty());
}

TEST_P(OutboxStoreContract, ALetterIsMarkedForResendingAndTakenOff) {
    bury(3);
    bury(9);
    EXPECT_EQ(*store->first_to_resend("hvcp"), std::nullopt);
    ASSERT_TRUE(store->update("hvcp", {9, 0, 78, "HTTP 410"}).ok());
    EXPECT_EQ((*store->first_to_resend("hvcp"))->seq, 9U);
    EXPECT_EQ(*store->first_to_resend("other"), std::nullopt);
    ASSERT_TRUE(store->remove("hvcp", 9).ok());
    EXPECT_EQ(*store->first_to_resend("hvcp"), std::nullopt);
    EXPECT_EQ(*store->count_dead_letters("hvcp"), 1U);
    EXPECT_EQ(store->remove("hvcp", 9).error().code, Code::NotFound);
    EXPECT_EQ(store->update("hvcp", {9, 0, 78, ""}).error().code, Code::NotFound);
}

TEST_P(OutboxStoreContract, OfThoseWhoMoveFromOnePlaceOneSucceeds) {
    ASSERT_TRUE(store->begin("hvcp", 0).ok());
    std::atomic<int> moved{0};
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 4; ++t)
            threads.emplace_back([&] {
                const auto mine = GetParam().durable ? GetParam().open(place()) : store;
                for (std::uint64_t seq = 0; seq < 25; ++seq)
                    if (mine->move("hvcp", seq, {seq + 1}, {}).ok()) ++moved;
            });
    }
    EXPECT_EQ(static_cast<std::uint64_t>(moved), store->begin("hvcp", 0)->next_seq);
    EXPECT_GE(moved, 1);
}

TEST_P(OutboxStoreContract, WhatIsKeptIsThereWhenOpenedAgain) {
    if (!GetParam().durable) GTEST_SKIP() << "keeps nothing by design";
    bury(3);
    store.reset();
    store = GetParam().open(place());
    ASSERT_NE(store, nullptr);
    EXPECT_EQ(*store->begin("hvcp", 0), (ports::OutboxCursor{4}));
    EXPECT_EQ(*store->count_dead_letters("hvcp"), 1U);
}

}  // namespace helix::contract
