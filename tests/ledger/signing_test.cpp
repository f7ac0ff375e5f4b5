// Real keys in real files: who signs, who may read them, and what a verifier makes of what was signed.
#include <array>
#include <atomic>
#include <barrier>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <grp.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "adapters/ledger_memory/memory_ledger_store.hpp"
#include "adapters/openssl_digest/sha256.hpp"
#include "adapters/openssl_signer/ed25519.hpp"
#include "adapters/openssl_signer/key_folder.hpp"
#include "adapters/openssl_signer/private_key.hpp"
#include "adapters/system/system_clock.hpp"
#include "adapters/system/ulid_source.hpp"
#include "service/usecases/ledger_writer.hpp"
#include "service/usecases/verify_ledger.hpp"
#include "tests/ledger/temp_folder.hpp"

namespace helix::ledger {
namespace {

using openssl_signer::generate;
using openssl_signer::KeyFolder;
using openssl_signer::load;
using openssl_signer::verify_ed25519;

constexpr Sha256 kSha = &openssl_digest::sha256;

template <std::size_t N>
std::array<std::uint8_t, N> bytes_of_hex(const std::string& hex) {
    std::array<std::uint8_t, N> out{};
    for (std::size_t i = 0; i < N; ++i)
        out[i] = static_cast<std::uint8_t>(std::stoi(hex.substr(2 * i, 2), nullptr, 16));
    return out;
}

KeyRing ring_of(const KeyFolder& folder) {
    return {folder.public_keys, kSha, verify_ed25519};
}

class Signing : public testing::Test {
protected:
    KeyFolder keys() {
        auto loaded = load(place);
        EXPECT_TRUE(loaded.ok());
        return loaded ? *std::move(loaded) : KeyFolder{};
    }
    void append(ports::LedgerStore& store, const ports::Signer* signer, int count) {
        usecases::LedgerWriter writer(store, clock, ids, kSha, signer);
        for (int i = 0; i < count; ++i) ASSERT_TRUE(writer.append("test.kind", "target", "actor", "{}").ok());
    }

    TempFolder folder;
    std::string place = folder.file("keys");
    system::SystemClock clock;
    system::UlidSource ids{clock};
};

TEST(Ed25519, VerifiesTheVectorsOfRfc8032) {
    const auto key = bytes_of_hex<32>("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
    const auto signature = bytes_of_hex<64>(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
    EXPECT_TRUE(verify_ed25519(key, "\x72", signature));
    EXPECT_FALSE(verify_ed25519(key, "\x73", signature));
    EXPECT_FALSE(verify_ed25519(key, "", signature));
    EXPECT_FALSE(verify_ed25519(KeyBytes{}, "\x72", signature));
}

TEST_F(Signing, AFolderWithoutKeysIsToldApart) {
    EXPECT_FALSE(openssl_signer::has_keys(place));
    EXPECT_EQ(load(place).error().code, Code::NotFound);
    ASSERT_TRUE(generate(place, "example.com/helix").ok());
    EXPECT_TRUE(openssl_signer::has_keys(place));
}

// Each would find the folder empty, were it looked at before it is locked.
TEST_F(Signing, OfManyThatBeginAtOnceOneMakesAKey) {
    for (int round = 0; round < 10; ++round) {
        const std::string fresh = folder.file("state-" + std::to_string(round)) + "/keys";
        constexpr int kMany = 8;
        std::barrier together(kMany);
        std::atomic<int> made{0}, loaded{0};
        {
            std::vector<std::jthread> threads;
            for (int i = 0; i < kMany; ++i)
                threads.emplace_back([&] {
                    together.arrive_and_wait();
                    const auto key = openssl_signer::generate_first(fresh, "example.com/helix");
                    made += key.ok() && key->has_value() ? 1 : 0;
                    loaded += key.ok() && load(fresh).ok() ? 1 : 0;
                });
        }
        EXPECT_EQ(made, 1);
        EXPECT_EQ(loaded, kMany);
        EXPECT_EQ(load(fresh)->public_keys.size(), 1U);
    }
}

TEST_F(Signing, FoldersThatAreMadeAreTheirOwnersAlone) {
    ASSERT_TRUE(generate(folder.file("ledger.db.state") + "/keys", "example.com/helix").ok());
    for (const char* made : {"ledger.db.state", "ledger.db.state/keys"})
        EXPECT_EQ(std::filesystem::status(folder.file(made)).permissions(), std::filesystem::perms::owner_all) << made;
}

TEST_F(Signing, RefusesNamesThatCannotStandInANote) {
    for (const std::string& name : {std::string(), std::string("a b"), std::string("a+b"), std::string(256, 'a')})
        EXPECT_EQ(generate(place, name).error().code, Code::InvalidArgument) << name;
}

TEST_F(Signing, ThePrivateKeyIsItsOwnersAlone) {
    ASSERT_TRUE(generate(place, "example.com/helix").ok());
    const std::string pem = place + "/0001.pem";
    struct stat status {};
    ASSERT_EQ(stat(pem.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
    for (const mode_t mode : {0640U, 0604U, 0620U}) {
        ASSERT_EQ(chmod(pem.c_str(), mode), 0);
        EXPECT_EQ(load(place).error().code, Code::PermissionDenied) << std::oct << mode;
    }
    ASSERT_EQ(chmod(pem.c_str(), 0400), 0);
    EXPECT_TRUE(load(place).ok());
}

// As the kubelet mounts a Secret for a pod that runs as somebody else: root's, readable by the pod's group.
TEST_F(Signing, AKeyOfRootsMayBeReadByOurGroupAlone) {
    if (geteuid() != 0) GTEST_SKIP() << "only root can make a file of root's";
    constexpr gid_t kGroup = 65532;
    ASSERT_TRUE(generate(place, "example.com/helix").ok());
    const std::string pem = place + "/0001.pem";
    for (const std::string& path : {folder.file(""), place}) ASSERT_EQ(chmod(path.c_str(), 0755), 0);
    ASSERT_EQ(chown(pem.c_str(), 0, kGroup), 0);
    const auto loaded_by_group = [&] {
        const bool dropped = setgroups(0, nullptr) == 0 && setgid(kGroup) == 0 && setuid(kGroup) == 0;
        const auto keys = load(place);
        _exit(!dropped ? 2 : keys ? 0 : keys.error().code == Code::PermissionDenied ? 1 : 3);
    };
    for (const auto& [mode, expected] : {std::pair<mode_t, int>{0440, 0}, {0640, 0}, {0444, 1}, {0460, 1}}) {
        ASSERT_EQ(chmod(pem.c_str(), mode), 0);
        EXPECT_EXIT(loaded_by_group(), testing::ExitedWithCode(expected), "") << std::oct << mode;
    }
}

TEST_F(Signing, AKeyAndAPublicPartOfAnotherAreRefused) {
    ASSERT_TRUE(generate(place, "example.com/helix").ok());
    ASSERT_TRUE(generate(place, "example.com/helix").ok());
    std::filesystem::remove(place + "/0002.pub");
    std::filesystem::copy_file(place + "/0001.pub", place + "/0002.pub");
    EXPECT_EQ(load(place).error().code, Code::InvalidArgument);
    std::ofstream(place + "/0002.pub") << "nonsense\n";
    EXPECT_EQ(load(place).error().where, place + "/0002.pub:1");
}

TEST_F(Signing, OnlyAnEd25519KeyWithoutPassphraseIsTaken) {
    EXPECT_EQ(openssl_signer::signer_of_pem("", "name", "file").error().code, Code::InvalidArgument);
    EXPECT_EQ(
        openssl_signer::signer_of_pem("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "name", "file")
            .error()
            .where,
        "file");
}

TEST_F(Signing, EveryRecordIsSignedAndTheRingVerifiesIt) {
    ASSERT_TRUE(generate(place, "example.com/helix").ok());
    const KeyFolder mine = keys();
    ledger_memory::MemoryLedgerStore store;
    append(store, mine.signer.get(), 5);
    EXPECT_EQ(store.read(3)->signature->key_id, mine.signer->key_id());
    const KeyRing ring = ring_of(mine);
    const auto report = usecases::verify_ledger(store, kSha, {}, {}, {.keys = &ring});
    EXPECT_TRUE(report->whole());
    EXPECT_EQ(report->signed_records, 5U);
}

TEST_F(Signing, TheNewestKeySignsAndOldOnesVerifyOldRecords) {
    ASSERT_TRUE(generate(place, "example.com/helix").ok());
    ledger_memory::MemoryLedgerStore store;
    append(store, nullptr, 1);  // before the deployment signed at all
    append(store, keys().signer.get(), 2);
    ASSERT_TRUE(generate(place, "example.com/helix").ok());
    append(store, keys().signer.get(), 2);
    EXPECT_NE(store.read(1)->signature->key_id, store.read(4)->signature->key_id);
    std::filesystem::remove(place + "/0001.pem");  // retired: its public part stays
    const KeyRing ring = ring_of(keys());
    const auto report = usecases::verify_ledger(store, kSha, {}, {}, {.keys = &ring});
    EXPECT_TRUE(report->whole()) << report->why;
    EXPECT_EQ(report->signed_records, 4U);
    const KeyRing newest({keys().public_keys.front()}, kSha, verify_ed25519);
    EXPECT_EQ(usecases::verify_ledger(store, kSha, {}, {}, {.keys = &newest})->bad, (BadRecord{1, Fault::UnknownKey}));
}

TEST_F(Signing, ASignatureOfAnotherHashIsNamed) {
    ASSERT_TRUE(generate(place, "example.com/helix").ok());
    const KeyFolder mine = keys();
    ledger_memory::MemoryLedgerStore honest;
    append(honest, mine.signer.get(), 6);
    ledger_memory::MemoryLedgerStore forged;
    for (std::uint64_t seq = 0; seq < 6; ++seq) {
        auto record = *honest.read(seq);
        if (seq == 4) record.signature = honest.read(3)->signature;
        ASSERT_TRUE(forged.append(record).ok());
    }
    const KeyRing ring = ring_of(mine);
    EXPECT_EQ(usecases::verify_ledger(forged, kSha, {}, {}, {.keys = &ring})->bad,
              (BadRecord{4, Fault::WrongSignature}));
    EXPECT_TRUE(usecases::verify_ledger(forged, kSha)->whole());  // signatures are outside the hash
}

TEST_F(Signing, WhatFollowsASignedRecordIsSigned) {
    ASSERT_TRUE(generate(place, "example.com/helix").ok());
    const KeyFolder mine = keys();
    const KeyRing ring = ring_of(mine);
    ledger_memory::MemoryLedgerStore store;
    append(store, nullptr, 2);
    EXPECT_TRUE(usecases::verify_ledger(store, kSha, {}, {}, {.keys = &ring})->whole());
    EXPECT_EQ(usecases::verify_ledger(store, kSha, {}, {}, {.keys = &ring, .signatures_due = true})->bad,
              (BadRecord{0, Fault::Unsigned}));
    append(store, mine.signer.get(), 2);
    EXPECT_TRUE(usecases::verify_ledger(store, kSha, {}, {}, {.keys = &ring, .signatures_due = true})->whole());
    append(store, nullptr, 1);  // by somebody without the key
    EXPECT_EQ(usecases::verify_ledger(store, kSha, {}, {}, {.keys = &ring})->bad, (BadRecord{4, Fault::Unsigned}));
    EXPECT_TRUE(usecases::verify_ledger(store, kSha)->whole());  // without keys nothing is said of signatures
}

TEST_F(Signing, ACheckpointShowsAHistoryThatWasRewrittenWhole) {
    ledger_memory::MemoryLedgerStore honest;
    append(honest, nullptr, 20);
    MerkleFrontier frontier(kSha);
    const auto hashes = *honest.hashes(0, 17);
    for (const Digest& hash : hashes) frontier.push(leaf_of(hash, kSha));
    const usecases::TreeHead seen{17, frontier.root()};
    EXPECT_TRUE(usecases::verify_ledger(honest, kSha, {}, {}, {.checkpoint = seen})->whole());
    ledger_memory::MemoryLedgerStore rewritten;
    append(rewritten, nullptr, 20);
    EXPECT_TRUE(usecases::verify_ledger(rewritten, kSha)->whole());
    EXPECT_EQ(usecases::verify_ledger(rewritten, kSha, {}, {}, {.checkpoint = seen})->bad,
              (BadRecord{16, Fault::OtherTree}));
    ledger_memory::MemoryLedgerStore cut_off;
    for (std::uint64_t seq = 0; seq < 9; ++seq) ASSERT_TRUE(cut_off.append(*honest.read(seq)).ok());
    EXPECT_EQ(usecases::verify_ledger(cut_off, kSha, {}, {}, {.checkpoint = seen})->bad,
              (BadRecord{9, Fault::Missing}));
}

}  // namespace
}  // namespace helix::ledger
