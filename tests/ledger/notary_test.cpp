// What a deployment puts its name to: records as they were written, and checkpoints of one history.
#include "service/usecases/notary.hpp"

#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "adapters/head_file/checkpoint_file.hpp"
#include "adapters/ledger_memory/memory_ledger_store.hpp"
#include "adapters/openssl_digest/sha256.hpp"
#include "adapters/openssl_signer/ed25519.hpp"
#include "adapters/openssl_signer/private_key.hpp"
#include "adapters/system/system_clock.hpp"
#include "adapters/system/ulid_source.hpp"
#include "service/usecases/ledger_writer.hpp"
#include "service/wire/checkpoint.hpp"
#include "tests/ledger/temp_folder.hpp"

namespace helix::usecases {
namespace {

using ledger_memory::MemoryLedgerStore;

constexpr ledger::Sha256 kSha = &openssl_digest::sha256;

class NotaryTest : public testing::Test {
protected:
    void append(MemoryLedgerStore& store, int count) {
        LedgerWriter writer(store, clock, ids, kSha, signer.get());
        for (int i = 0; i < count; ++i) ASSERT_TRUE(writer.append("test.kind", "target", "actor", "{}").ok());
    }

    /// A deployment on a store; another one beside it is a process that was started again.
    struct Deployment {
        Deployment(NotaryTest& test, MemoryLedgerStore& store)
            : log(store, store, kSha),
              memory(test.folder.file("checkpoint")),
              notary(store, log, test.signer.get(), memory,
                     {{test.signer->public_key()}, kSha, openssl_signer::verify_ed25519}, kSha) {}

        MerkleLog log;
        head_file::CheckpointFile memory;
        Notary notary;
    };

    ledger::TempFolder folder;
    system::SystemClock clock;
    system::UlidSource ids{clock};
    std::unique_ptr<ports::Signer> signer =
        *openssl_signer::signer_of_pem(*openssl_signer::generate_pem(), "example.com/helix", "key");
};

TEST_F(NotaryTest, SignsNoCheckpointThatContradictsTheLast) {
    MemoryLedgerStore store;
    append(store, 40);
    std::string told;
    {
        Deployment first(*this, store);
        for (const std::uint64_t size : {5U, 40U, 17U, 40U, 0U})
            EXPECT_TRUE(first.notary.checkpoint(size).ok()) << size;
        told = *first.notary.checkpoint(40);
    }
    MemoryLedgerStore rewritten;
    append(rewritten, 60);
    Deployment again(*this, rewritten);
    for (const std::uint64_t size : {39U, 40U, 41U, 60U})
        EXPECT_EQ(again.notary.checkpoint(size).error().code, Code::DataLoss) << size;
    EXPECT_EQ(again.notary.prove(3).error().code, Code::DataLoss);
    EXPECT_EQ(again.notary.consistency(3).error().code, Code::DataLoss);
    append(store, 20);
    Deployment honest(*this, store);
    EXPECT_EQ(*honest.notary.checkpoint(40), told);
    EXPECT_TRUE(honest.notary.checkpoint().ok());
    MemoryLedgerStore shorter;
    append(shorter, 10);
    Deployment rolled_back(*this, shorter);
    EXPECT_EQ(rolled_back.notary.checkpoint().error().code, Code::DataLoss);
}

TEST_F(NotaryTest, TheFirstCheckpointIsHeldAgainstTheRecordsThemselves) {
    MemoryLedgerStore store;
    append(store, 40);
    ASSERT_TRUE(store.put_tree_nodes(4, 0, std::vector<ledger::Digest>(2)).ok());  // before anybody made the right ones
    Deployment deployment(*this, store);
    EXPECT_EQ(deployment.notary.checkpoint().error().code, Code::DataLoss);
    EXPECT_EQ(deployment.notary.prove(39).error().code, Code::DataLoss);  // its way does not pass those nodes
    EXPECT_FALSE(*deployment.memory.recall()) << "nothing was signed";
}

TEST_F(NotaryTest, AttestsNoRecordThatIsNotAsItWasWritten) {
    MemoryLedgerStore honest;
    append(honest, 5);
    for (const int how : {0, 1, 2, 3}) {
        MemoryLedgerStore store;
        for (std::uint64_t seq = 0; seq < 5; ++seq) {
            auto record = *honest.read(seq);
            if (seq == 3 && how == 1) record.actor = "somebody else";
            if (seq == 3 && how == 2) record.signature = honest.read(2)->signature;
            if (seq == 3 && how == 3) record.body = R"({ "made": "up" })";
            ASSERT_TRUE(store.append(record).ok());
        }
        std::filesystem::remove(folder.file("checkpoint"));
        Deployment deployment(*this, store);
        const auto told = deployment.notary.attestation(3, Predicate::Own);
        const auto proved = deployment.notary.prove(3);
        EXPECT_EQ(told.ok(), how == 0) << how;
        EXPECT_EQ(proved.ok(), how == 0) << how;
        if (!told) {
            EXPECT_EQ(told.error().code, Code::DataLoss);
        }
        EXPECT_TRUE(deployment.notary.attestation(2, Predicate::Own).ok());
    }
}

TEST_F(NotaryTest, AttestsNoRecordThatTheNextOneDoesNotContinue) {
    MemoryLedgerStore store;
    append(store, 3);
    MemoryLedgerStore other;
    append(other, 3);
    // A record of its own, whole and signed, in a place where the ledger has another.
    class Grafted final : public ports::LedgerStore {
    public:
        Grafted(ports::LedgerStore& store, ports::LedgerStore& other) : store_(store), other_(other) {}
        Result<void> commit(std::span<const ports::Entry> entries) override { return store_.commit(entries); }
        Result<std::optional<ledger::Head>> head() override { return store_.head(); }
        Result<ledger::Record> read(std::uint64_t seq) override {
            return seq == 1 ? other_.read(seq) : store_.read(seq);
        }
        Result<std::optional<std::uint64_t>> find(std::string_view name) override { return store_.find(name); }
        Result<std::vector<ledger::Digest>> hashes(std::uint64_t from, std::size_t count) override {
            return store_.hashes(from, count);
        }
        Result<std::vector<ledger::Record>> list(const ports::LedgerQuery& query) override {
            return store_.list(query);
        }
        Result<void> scan(std::uint64_t from, const Visitor& visit) override { return store_.scan(from, visit); }

    private:
        ports::LedgerStore& store_;
        ports::LedgerStore& other_;
    } grafted(store, other);
    MerkleLog log(grafted, store, kSha);
    head_file::CheckpointFile memory(folder.file("checkpoint"));
    const Notary notary(grafted, log, signer.get(), memory,
                        {{signer->public_key()}, kSha, openssl_signer::verify_ed25519}, kSha);
    EXPECT_TRUE(notary.attestation(2, Predicate::Own).ok());
    EXPECT_EQ(notary.attestation(1, Predicate::Own).error().code, Code::DataLoss);
}

TEST_F(NotaryTest, WhatIsNoCheckpointIsNotTakenForOne) {
    MemoryLedgerStore store;
    append(store, 3);
    Deployment deployment(*this, store);
    ASSERT_TRUE(deployment.memory.remember("nonsense").ok());
    EXPECT_EQ(deployment.notary.checkpoint().error().code, Code::DataLoss);
}

}  // namespace
}  // namespace helix::usecases
