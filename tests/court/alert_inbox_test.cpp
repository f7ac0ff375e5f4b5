#include "service/usecases/court/alert_inbox.hpp"

#include <gtest/gtest.h>

#include "adapters/ledger_memory/memory_ledger_store.hpp"
#include "adapters/openssl_digest/sha256.hpp"
#include "adapters/system/system_clock.hpp"
#include "adapters/system/ulid_source.hpp"
#include "service/usecases/court/case_records.hpp"

namespace helix::court {
namespace {

constexpr std::int64_t kSecond = 1'000'000;

trial::FalcoAlert alert(const std::string& rule, std::int64_t at, std::int64_t received_at) {
    trial::FalcoAlert made;
    made.rule = rule;
    made.priority = trial::FalcoPriority::Error;
    made.ns = "shop";
    made.at = at;
    made.received_at = received_at;
    return made;
}

/// A store that takes no record while `fails`: a real one cannot be made to at a chosen moment.
class FailingStore : public ledger_memory::MemoryLedgerStore {
public:
    Result<void> commit(std::span<const ports::Entry> entries) override {
        return fails ? error(Code::Unavailable, "no") : MemoryLedgerStore::commit(entries);
    }
    bool fails = false;
};

class Inbox : public ::testing::Test {
protected:
    Inbox() { inbox.follow({"shop"}); }

    AlertInbox::Taken take(const std::vector<trial::FalcoAlert>& alerts) {
        const auto taken = inbox.take(alerts, "falco");
        EXPECT_TRUE(taken.ok()) << taken.error().message;
        return taken ? *taken : AlertInbox::Taken{};
    }

    std::size_t recorded() { return store.list({0, 100, kAlertKind, "sim", false})->size(); }

    FailingStore store;
    system::SystemClock clock;
    system::UlidSource ids{clock};
    usecases::LedgerWriter writer{store, clock, ids, &openssl_digest::sha256};
    bool presides = true;
    AlertInbox inbox{writer, "sim", [this] { return presides; }};
};

TEST_F(Inbox, AlikeOnesAreRecordedAtPowersOfTwo) {
    for (std::int64_t n = 1; n <= 9; ++n) take({alert("r", n * kSecond, n * kSecond)});
    EXPECT_EQ(recorded(), 4U) << "1, 2, 4 and 8";
}

TEST_F(Inbox, WhoHoldsNoCourtRecordsEach) {
    presides = false;
    for (std::int64_t n = 1; n <= 5; ++n)
        EXPECT_EQ(take({alert("r", n * kSecond, n * kSecond)}).recorded, 1) << "a trial may have begun meanwhile";
    EXPECT_EQ(recorded(), 5U);
}

TEST_F(Inbox, OneFromBeforeABeginningHidesNoneAfterIt) {
    inbox.begin(10 * kSecond);
    EXPECT_EQ(take({alert("r", 9 * kSecond, 11 * kSecond)}).recorded, 1) << "late: it happened before";
    EXPECT_EQ(take({alert("r", 9 * kSecond, 11 * kSecond)}).recorded, 1);
    EXPECT_EQ(take({alert("r", 9 * kSecond, 11 * kSecond)}).counted, 1);
    EXPECT_EQ(take({alert("r", 12 * kSecond, 13 * kSecond)}).recorded, 1) << "the first that the trial may hear";
}

TEST_F(Inbox, WhatCouldNotBeRecordedIsRecordedTheNextTime) {
    store.fails = true;
    const std::vector<trial::FalcoAlert> both{alert("a", kSecond, kSecond), alert("b", kSecond, kSecond)};
    for (int i = 0; i < 2; ++i) EXPECT_FALSE(inbox.take(both, "falco").ok());
    store.fails = false;
    EXPECT_EQ(take(both).recorded, 2) << "acknowledged, so both are there";
    EXPECT_EQ(recorded(), 2U);
}

}  // namespace
}  // namespace helix::court
