#include "service/usecases/merkle_log.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "adapters/ledger_memory/memory_ledger_store.hpp"
#include "adapters/ledger_sqlite/sqlite_ledger_store.hpp"
#include "domain/ledger/merkle.hpp"
#include "tests/ledger/naive_merkle.hpp"
#include "tests/ledger/temp_folder.hpp"

namespace helix::usecases {
namespace {

using ledger::Digest;
using ledger::MerkleFrontier;
using ledger::naive::numbered;

constexpr ledger::Sha256 kSha = &openssl_digest::sha256;

/// A store whose records are nothing but hashes, and which counts what is read. A fake because a chain of real records
/// as long as these tests need takes minutes to seal.
class HashesOnly final : public ledger_memory::MemoryLedgerStore {
public:
    explicit HashesOnly(std::size_t count) : hashes_(numbered(count)) {}

    Result<std::optional<ledger::Head>> head() override {
        if (hashes_.empty()) return std::optional<ledger::Head>();
        return std::optional(ledger::Head{hashes_.size() - 1, hashes_.back()});
    }
    Result<std::vector<Digest>> hashes(std::uint64_t from, std::size_t count) override {
        ++reads;
        std::vector<Digest> some;
        for (std::uint64_t i = from; i < hashes_.size() && some.size() < count; ++i) some.push_back(hashes_[i]);
        rows += some.size();
        return some;
    }
    Result<std::vector<Digest>> tree_nodes(unsigned level, std::uint64_t from, std::size_t count) override {
        ++reads;
        auto some = MemoryLedgerStore::tree_nodes(level, from, count);
        rows += some->size();
        return some;
    }
    Result<void> put_tree_nodes(unsigned level, std::uint64_t from, std::span<const Digest> nodes) override {
        puts += 1;
        return MemoryLedgerStore::put_tree_nodes(level, from, nodes);
    }
    void grow(std::size_t count) { hashes_ = numbered(count); }
    [[nodiscard]] const std::vector<Digest>& all() const { return hashes_; }

    std::size_t reads = 0, rows = 0, puts = 0;

private:
    std::vector<Digest> hashes_;
};

Digest root_of_first(const HashesOnly& store, std::size_t size) {
    MerkleFrontier frontier(kSha);
    for (std::size_t i = 0; i < size; ++i) frontier.push(ledger::leaf_of(store.all()[i], kSha));
    return frontier.root();
}

TEST(MerkleLog, AnEmptyLedgerHasTheRootOfNothing) {
    ledger_memory::MemoryLedgerStore store;
    MerkleLog log(store, store, kSha);
    EXPECT_EQ(*log.size(), 0U);
    EXPECT_EQ(*log.root(0), ledger::root_of_none(kSha));
    EXPECT_EQ(log.consistency(0, 0)->proof.size(), 0U);
    EXPECT_EQ(log.root(1).error().code, Code::InvalidArgument);
    EXPECT_EQ(log.inclusion(0, 0).error().code, Code::InvalidArgument);
}

TEST(MerkleLog, RefusesSizesThatAreNotThere) {
    HashesOnly store(10);
    MerkleLog log(store, store, kSha);
    EXPECT_EQ(log.root(11).error().where, "size");
    EXPECT_EQ(log.inclusion(5, 5).error().where, "size");
    EXPECT_EQ(log.inclusion(5, 11).error().where, "size");
    EXPECT_EQ(log.consistency(3, 11).error().where, "to");
    EXPECT_EQ(log.consistency(6, 5).error().where, "from");
}

// However much of the cache is there, the answers are the definition's.
RC_GTEST_PROP(MerkleLog, AnswersAreTheRfcsWithAnyPartOfTheNodesKept, ()) {
    const std::size_t there = *rc::gen::inRange(1, 3000);
    HashesOnly store(there);
    MerkleLog log(store, store, kSha);
    RC_ASSERT(log.keep_nodes(*rc::gen::inRange<std::size_t>(0, there + 1)).ok());
    const std::size_t size = *rc::gen::inRange<std::size_t>(1, there + 1);
    const std::size_t seq = *rc::gen::inRange<std::size_t>(0, size);
    const std::size_t from = *rc::gen::inRange<std::size_t>(1, size + 1);
    const auto some = ledger::naive::part(store.all(), 0, size);
    const auto inclusion = log.inclusion(seq, size);
    RC_ASSERT(inclusion.ok());
    RC_ASSERT(inclusion->proof == ledger::naive::path(seq, some));
    RC_ASSERT(inclusion->root == ledger::naive::mth(some));
    RC_ASSERT(inclusion->record_hash == store.all()[seq]);
    const auto consistency = log.consistency(from, size);
    RC_ASSERT(consistency.ok());
    RC_ASSERT(consistency->proof == ledger::naive::consistency(from, some));
    RC_ASSERT(consistency->from_root == ledger::naive::mth(ledger::naive::part(some, 0, from)));
    RC_ASSERT(*log.root(size) == inclusion->root);
}

TEST(MerkleLog, AProofReadsAFewDozenRowsAndKeepsNothing) {
    HashesOnly store(70'000);
    MerkleLog log(store, store, kSha);
    ASSERT_TRUE(log.keep_nodes(70'000).ok());
    const std::size_t puts = store.puts;
    for (const std::uint64_t seq : {0U, 12'345U, 65'535U, 65'536U, 69'999U}) {
        store.reads = store.rows = 0;
        ASSERT_TRUE(log.inclusion(seq, 70'000).ok());
        EXPECT_LE(store.reads, 11U) << seq;  // two groups on each of five kept levels, and the record's own hash
        EXPECT_LE(store.rows, 161U) << seq;
    }
    EXPECT_EQ(store.puts, puts);
}

TEST(MerkleLog, KeepsTheNodesOfALongLogInBatchesAndGoesOnWhereItWas) {
    HashesOnly store(20'000);
    MerkleLog log(store, store, kSha);
    int asked = 0;
    ASSERT_TRUE(log.keep_nodes(20'000, [&] { return ++asked > 2; }).ok());
    EXPECT_EQ(*store.tree_nodes_end(4), 512U);  // two batches
    store.grow(30'000);
    ASSERT_TRUE(log.keep_nodes(30'000).ok());
    EXPECT_EQ(*store.tree_nodes_end(4), 30'000U / 16);
    EXPECT_EQ(*store.tree_nodes_end(8), 30'000U / 256);
    EXPECT_EQ(*store.tree_nodes_end(12), 30'000U / 4096);
    EXPECT_EQ(*store.tree_nodes_end(16), 0U);
    EXPECT_EQ(*log.root(30'000), root_of_first(store, 30'000));
}

TEST(MerkleLog, AFirstQuestionToALongLogMakesItsNodes) {
    HashesOnly store(20'000);
    MerkleLog log(store, store, kSha);
    EXPECT_EQ(*log.root(20'000), root_of_first(store, 20'000));
    EXPECT_EQ(*store.tree_nodes_end(12), 4U);
}

TEST(MerkleLog, ADamagedNodeIsFoundAndNeverPassedOn) {
    HashesOnly healthy(600);
    ASSERT_TRUE(MerkleLog(healthy, healthy, kSha).keep_nodes(600).ok());
    HashesOnly store(600);
    auto nodes = *healthy.tree_nodes(4, 0, 37);
    nodes[3] = Digest{};
    ASSERT_TRUE(store.put_tree_nodes(4, 0, nodes).ok());
    ASSERT_TRUE(store.put_tree_nodes(8, 0, *healthy.tree_nodes(8, 0, 2)).ok());
    MerkleLog log(store, store, kSha);
    EXPECT_EQ(log.inclusion(20, 600).error().code, Code::DataLoss);  // its way passes the damaged node
    EXPECT_EQ(log.consistency(40, 600).error().code, Code::DataLoss);
    const auto elsewhere = log.inclusion(400, 600);  // reads the level above: the damage does not touch it
    ASSERT_TRUE(elsewhere.ok());
    EXPECT_EQ(elsewhere->root, root_of_first(store, 600));
}

// Nodes that were made from damaged ones agree with each other; what they say of a leaf below is then found wrong.
TEST(MerkleLog, ADamageThatWasBuiltUponIsFoundByTheLeavesBelow) {
    HashesOnly store(600);
    std::vector<Digest> nodes(16, Digest{});
    ASSERT_TRUE(store.put_tree_nodes(4, 0, nodes).ok());
    MerkleLog log(store, store, kSha);
    ASSERT_TRUE(log.keep_nodes(600).ok());
    for (const std::uint64_t seq : {0U, 100U, 255U}) EXPECT_EQ(log.inclusion(seq, 600).error().code, Code::DataLoss);
}

TEST(MerkleLog, SqliteGivesTheSameAsMemory) {
    const ledger::TempFolder folder;
    auto sqlite = *ledger_sqlite::SqliteLedgerStore::open(folder.file("ledger.sqlite"));
    ledger_memory::MemoryLedgerStore memory;
    std::vector<ledger::Record> chain;
    Digest previous{};
    for (const Digest& hash : numbered(1000)) {
        ledger::Record record;
        record.seq = chain.size();
        record.prev_hash = previous;
        record.hash = previous = hash;
        chain.push_back(record);
    }
    ASSERT_TRUE(sqlite->append_all(chain).ok());
    ASSERT_TRUE(memory.append_all(chain).ok());
    MerkleLog in_sqlite(*sqlite, *sqlite, kSha);
    MerkleLog in_memory(memory, memory, kSha);
    ASSERT_TRUE(in_sqlite.keep_nodes(1000).ok());
    for (const std::uint64_t seq : {0U, 300U, 999U}) {
        EXPECT_EQ(in_sqlite.inclusion(seq, 1000)->proof, in_memory.inclusion(seq, 1000)->proof);
        EXPECT_EQ(in_sqlite.consistency(seq + 1, 1000)->proof, in_memory.consistency(seq + 1, 1000)->proof);
    }
}

}  // namespace
}  // namespace helix::usecases
