#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "service/ports/lease_store.hpp"
#include "service/ports/ledger_store.hpp"
#include "tests/ledger/sample_records.hpp"

namespace helix::contract {

/// The two ports of one engine; `owner` keeps them alive.
struct LeaseEngineStores {
    std::shared_ptr<void> owner;
    ports::LeaseStore* leases = nullptr;
    ports::LedgerStore* ledger = nullptr;
};

struct LeaseEngine {
    std::string name;
    /// Opens an empty store for the test of this name.
    std::function<LeaseEngineStores(const std::string& place)> open;
};

/// What every LeaseStore promises, and that the ledger beside it keeps its fences.
class LeaseStoreContract : public testing::TestWithParam<LeaseEngine> {
protected:
    static constexpr std::chrono::milliseconds kLong{60'000};

    void SetUp() override {
        const std::string name = testing::UnitTest::GetInstance()->current_test_info()->name();
        stores = GetParam().open("lease-" + name.substr(0, name.find('/')));
        ASSERT_NE(stores.leases, nullptr);
    }

    Result<void> append_under(const ports::Lease& lease) {
        const auto head = *stores.ledger->head();
        auto record = ledger::sample_after(head);
        ledger::seal_sample(record, head);
        return stores.ledger->commit(std::vector<ports::Entry>{{record, {}, ports::Fence{lease.name, lease.epoch}}});
    }

    LeaseEngineStores stores;
};

inline std::string lease_engine_name(const testing::TestParamInfo<LeaseEngine>& info) {
    return info.param.name;
}

TEST_P(LeaseStoreContract, OneHoldsItAndTheOtherIsToldWhoAndHowLong) {
    const auto lease = stores.leases->acquire("helix", "one", kLong);
    ASSERT_TRUE(lease.ok());
    EXPECT_EQ(lease->epoch, 1U);
    const auto refused = stores.leases->acquire("helix", "two", kLong);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, Code::Conflict);
    EXPECT_NE(refused.error().message.find("one"), std::string::npos);
    EXPECT_GT(refused.error().retry_after_s, 50);
    EXPECT_LE(refused.error().retry_after_s, 60);
    EXPECT_TRUE(stores.leases->acquire("another", "two", kLong).ok());
}

TEST_P(LeaseStoreContract, TheSameHolderTakesItAgainWithANewEpoch) {
    const auto first = stores.leases->acquire("helix", "one", kLong);
    const auto again = stores.leases->acquire("helix", "one", kLong);
    ASSERT_TRUE(again.ok());
    EXPECT_EQ(again->epoch, first->epoch + 1);
    EXPECT_EQ(stores.leases->renew(*first, kLong).error().code, Code::PreconditionFailed);
    EXPECT_TRUE(stores.leases->renew(*again, kLong).ok());
}

TEST_P(LeaseStoreContract, WhatIsReleasedIsFree) {
    const auto lease = stores.leases->acquire("helix", "one", kLong);
    ASSERT_TRUE(stores.leases->release(*lease).ok());
    const auto taken = stores.leases->acquire("helix", "two", kLong);
    ASSERT_TRUE(taken.ok());
    EXPECT_EQ(taken->epoch, 2U);
    EXPECT_TRUE(stores.leases->release(*lease).ok());  // no longer his: nothing happens
    EXPECT_EQ(stores.leases->acquire("helix", "three", kLong).error().code, Code::Conflict);
}

TEST_P(LeaseStoreContract, WhatRanOutIsTakenAndItsOldHolderFencedOff) {
    const auto slept = stores.leases->acquire("helix", "one", std::chrono::milliseconds(1));
    ASSERT_TRUE(slept.ok());
    EXPECT_TRUE(append_under(*slept).ok());
    Result<ports::Lease> taken = error(Code::Internal, "not tried");
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!taken && std::chrono::steady_clock::now() < deadline) taken = stores.leases->acquire("helix", "two", kLong);
    ASSERT_TRUE(taken.ok());
    const auto head = *stores.ledger->head();
    const auto stale = append_under(*slept);
    EXPECT_EQ(stale.error().code, Code::PreconditionFailed);
    EXPECT_EQ(stale.error().where, "helix");
    EXPECT_EQ(*stores.ledger->head(), head);
    EXPECT_TRUE(append_under(*taken).ok());
}

TEST_P(LeaseStoreContract, UntilSomebodyTakesItWhatRanOutStillFencesNobody) {
    const auto lease = stores.leases->acquire("helix", "one", std::chrono::milliseconds(1));
    ASSERT_TRUE(stores.leases->release(*lease).ok());
    EXPECT_TRUE(append_under(*lease).ok());
}

TEST_P(LeaseStoreContract, AFenceOfALeaseThatNeverWasHoldsNothing) {
    EXPECT_EQ(append_under({"never", "one", 1}).error().code, Code::PreconditionFailed);
    EXPECT_EQ(*stores.ledger->head(), std::nullopt);
}

}  // namespace helix::contract
