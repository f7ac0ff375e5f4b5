#include "service/usecases/receive_events.hpp"

#include <barrier>
#include <set>
#include <thread>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "adapters/ledger_memory/memory_ledger_store.hpp"
#include "adapters/ledger_sqlite/sqlite_ledger_store.hpp"
#include "adapters/openssl_digest/sha256.hpp"
#include "adapters/system/system_clock.hpp"
#include "adapters/system/ulid_source.hpp"
#include "tests/ledger/temp_folder.hpp"
#include "tests/usecases/misnaming_store.hpp"

namespace helix::usecases {
namespace {

using nlohmann::json;

json event(const std::string& id, const std::string& source = "hvcp://fleet") {
    return {{"specversion", "1.0"}, {"id", id}, {"source", source}, {"type", "hvcp.delegate"}};
}

std::vector<json> numbered(int from, int to) {
    std::vector<json> events;
    for (int i = from; i < to; ++i) events.push_back(event("e-" + std::to_string(i)));
    return events;
}

/// A process: a writer over a store that may be shared.
struct Desk {
    explicit Desk(ports::LedgerStore& ledger)
        : store(ledger), ids(clock), writer(store, clock, ids, openssl_digest::sha256) {}

    ReceivedEvents receive(const std::vector<json>& events) {
        auto received = receive_events(writer, store, "hvcp", events);
        EXPECT_TRUE(received.ok()) << received.error().message;
        return received ? *std::move(received) : ReceivedEvents{};
    }

    ports::LedgerStore& store;
    system::SystemClock clock;
    system::UlidSource ids;
    LedgerWriter writer;
};

/// Passes on to a store in memory, and fails every commit after the first `good`: a disk that fills up cannot be timed
/// to one commit for real.
class FailingStore : public ledger_memory::MemoryLedgerStore {
public:
    Result<void> commit(std::span<const ports::Entry> entries) override {
        if (good-- <= 0) return error(failure, "the disk is full");
        return MemoryLedgerStore::commit(entries);
    }
    int good = 1'000'000;
    Code failure = Code::Unavailable;
};

TEST(ReceiveEvents, ADuplicateGetsTheFirstReceiptAlsoAfterARestart) {
    const ledger::TempFolder folder;
    std::string record_id;
    {
        auto store = ledger_sqlite::SqliteLedgerStore::open(folder.file("ledger.db"));
        Desk desk(**store);
        const auto first = desk.receive({event("a")});
        ASSERT_EQ(first.receipts.size(), 1U);
        EXPECT_FALSE(first.receipts[0].duplicate);
        record_id = first.receipts[0].record.id;
        desk.receive({event("b")});
    }
    auto store = ledger_sqlite::SqliteLedgerStore::open(folder.file("ledger.db"));
    Desk desk(**store);
    const auto again = desk.receive({event("a"), event("a", "another"), event("b")});
    ASSERT_EQ(again.receipts.size(), 3U);
    EXPECT_TRUE(again.receipts[0].duplicate);
    EXPECT_EQ(again.receipts[0].record.id, record_id);
    EXPECT_EQ(again.receipts[0].record.seq, 0U);
    EXPECT_FALSE(again.receipts[1].duplicate);  // same id, but of another source
    EXPECT_EQ(again.receipts[1].record.seq, 2U);
    EXPECT_EQ(again.receipts[2].record.seq, 1U);
}

TEST(ReceiveEvents, ANameThatLeadsToAnotherRecordMakesNoDuplicateOfAnEvent) {
    testing::MisnamingStore store;
    Desk desk(store);
    desk.receive({event("other")});
    ASSERT_TRUE(desk.writer.append("test.decoy", "", "hvcp", event("victim").dump()).ok());  // no event that came in
    for (const std::uint64_t seq : {0U, 1U, 555555U}) {
        store.astray["event:hvcp://fleet\nvictim"] = seq;
        const auto received = desk.receive({event("victim")});
        EXPECT_TRUE(received.receipts.empty());
        ASSERT_TRUE(received.failure) << seq;
        EXPECT_EQ(received.failure->code, Code::DataLoss) << received.failure->message;
        EXPECT_EQ(received.failure->where, "seq " + std::to_string(seq));
        EXPECT_NE(received.failure->message.find("\"event:hvcp://fleet victim\""), std::string::npos)
            << received.failure->message;
    }
    EXPECT_EQ((*store.head())->seq, 1U);
    store.astray.clear();
    EXPECT_EQ(desk.receive({event("victim")}).receipts.size(), 1U);
}

TEST(ReceiveEvents, ABatchWithItsOwnDuplicatesSharesACommit) {
    ledger_memory::MemoryLedgerStore store;
    Desk desk(store);
    auto events = numbered(0, 500);
    events.push_back(event("e-7"));
    const auto received = desk.receive(events);
    ASSERT_EQ(received.receipts.size(), 501U);
    EXPECT_TRUE(received.receipts[500].duplicate);
    EXPECT_EQ(received.receipts[500].record.seq, received.receipts[7].record.seq);
    for (std::uint64_t i = 0; i < 500; ++i) EXPECT_EQ(received.receipts[i].record.seq, i);
    EXPECT_EQ(desk.writer.counts().commits, 1U);
    EXPECT_EQ((*store.head())->seq, 499U);
}

TEST(ReceiveEvents, ManySendersOfTheSameEventsMakeOneRecordEach) {
    const ledger::TempFolder folder;
    constexpr int kSenders = 8;
    constexpr int kRounds = 20;
    std::vector<std::unique_ptr<ledger_sqlite::SqliteLedgerStore>> stores;
    std::vector<std::unique_ptr<Desk>> desks;
    for (int i = 0; i < 2; ++i) {  // two processes' worth of stores on one file
        stores.push_back(*ledger_sqlite::SqliteLedgerStore::open(folder.file("ledger.db")));
        desks.push_back(std::make_unique<Desk>(*stores.back()));
    }
    std::barrier together(kSenders);
    std::mutex mutex;
    std::map<std::string, std::set<std::uint64_t>> seqs;
    std::map<std::string, int> firsts;
    {
        std::vector<std::jthread> senders;
        for (std::size_t sender = 0; sender < kSenders; ++sender)
            senders.emplace_back([&, sender] {
                for (int round = 0; round < kRounds; ++round) {
                    together.arrive_and_wait();
                    const auto received = desks[sender % 2]->receive(numbered(round * 3, round * 3 + 3));
                    const std::lock_guard lock(mutex);
                    EXPECT_EQ(received.receipts.size(), 3U);
                    for (const EventReceipt& receipt : received.receipts) {
                        seqs[receipt.id].insert(receipt.record.seq);
                        firsts[receipt.id] += receipt.duplicate ? 0 : 1;
                    }
                }
            });
    }
    EXPECT_EQ(seqs.size(), 3U * kRounds);
    for (const auto& [id, distinct] : seqs) EXPECT_EQ(distinct.size(), 1U) << id;
    for (const auto& [id, count] : firsts) EXPECT_EQ(count, 1) << id;
    EXPECT_EQ((*stores[0]->head())->seq, 3U * kRounds - 1);
}

TEST(ReceiveEvents, WhenTheStoreFailsMidwayTheReceiptsAreWhatIsRecorded) {
    FailingStore store;
    Desk desk(store);
    desk.receive({event("e-3")});
    store.good = 1;  // the first commit carries kBatchMax records, the second fails
    const auto received = desk.receive(numbered(0, 1500));
    ASSERT_TRUE(received.failure);
    EXPECT_EQ(received.failure->code, Code::Unavailable);
    const std::uint64_t records = (*store.head())->seq + 1;
    EXPECT_EQ(records, 1 + LedgerWriter::kBatchMax);
    EXPECT_EQ(received.receipts.size(), records);
    for (const EventReceipt& receipt : received.receipts) {
        EXPECT_EQ(store.find("event:hvcp://fleet\n" + receipt.id)->value(), receipt.record.seq);
        EXPECT_EQ(receipt.duplicate, receipt.id == "e-3");
    }
    store.good = 1'000'000;
    const auto again = desk.receive(numbered(0, 1500));
    EXPECT_FALSE(again.failure);
    EXPECT_EQ(again.receipts.size(), 1500U);
    EXPECT_EQ((*store.head())->seq, 1499U);
}

TEST(ReceiveEvents, WhatCannotBeARecordIsRefusedWithNothingRecorded) {
    ledger_memory::MemoryLedgerStore store;
    Desk desk(store);
    auto large = event("large");
    large["data"] = std::string(1024U * 1024U, 'x');
    const auto refused = receive_events(desk.writer, store, "hvcp", {event("a"), large});
    EXPECT_EQ(refused.error().code, Code::ResourceExhausted);
    EXPECT_EQ(refused.error().where, "/1");
    EXPECT_FALSE(store.head()->has_value());
    large["data"] = std::string(1024U * 1024U - 1000, 'x');
    EXPECT_TRUE(receive_events(desk.writer, store, "hvcp", {event("a"), large}).ok());
}

// 1024 characters, as many as are documented, may be 4096 bytes: with the id no name of a record.
TEST(ReceiveEvents, ASourceThatNoRecordCanBeNamedByIsRefusedBeforeAnythingOfTheBatch) {
    ledger_memory::MemoryLedgerStore store;
    Desk desk(store);
    auto wide = event("id");
    wide["source"] = "";
    for (int i = 0; i < 1024; ++i) wide["source"].get_ref<std::string&>() += "\xF0\x9F\x98\x80";
    const auto refused = receive_events(desk.writer, store, "hvcp", {event("a"), wide});
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, Code::InvalidArgument);
    EXPECT_EQ(refused.error().where, "/1/source");
    EXPECT_EQ(receive_events(desk.writer, store, "hvcp", {wide}).error().where, "/source");
    EXPECT_FALSE(store.head()->has_value());
    wide["source"] = std::string(4089 - 2, 'x');
    EXPECT_TRUE(receive_events(desk.writer, store, "hvcp", {wide}).ok());
}

}  // namespace
}  // namespace helix::usecases
