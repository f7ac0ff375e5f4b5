#include "service/wire/checkpoint.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "adapters/openssl_digest/sha256.hpp"
#include "adapters/openssl_signer/ed25519.hpp"
#include "adapters/openssl_signer/private_key.hpp"
#include "service/wire/base64.hpp"
#include "service/wire/signed_note.hpp"
#include "service/wire/verifier_key.hpp"

namespace helix::wire {
namespace {

using ledger::KeyRing;
using ledger::SignatureState;

constexpr ledger::Sha256 kSha = &openssl_digest::sha256;

// The example of Go's sumdb/note: its key, and a note that the key signed.
constexpr const char* kNeumann = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const std::string kSaid =
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n";
const std::string kNote =
    kSaid +
    "\n\xE2\x80\x94 PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

KeyRing ring_of(const ledger::PublicKey& key) {
    return {{key}, kSha, openssl_signer::verify_ed25519};
}

class Checkpoints : public testing::Test {
protected:
    static std::unique_ptr<ports::Signer> fresh(const std::string& name) {
        return *openssl_signer::signer_of_pem(*openssl_signer::generate_pem(), name, "fresh");
    }
    static std::string sign(const std::string& text, const std::vector<const ports::Signer*>& signers) {
        SignedNote note{text, {}};
        for (const ports::Signer* signer : signers) note.signatures.push_back(*signer->sign(text));
        return to_note(note);
    }

    const std::unique_ptr<ports::Signer> log = fresh("example.com/helix");
    const std::unique_ptr<ports::Signer> other = fresh("example.com/helix");
    const std::unique_ptr<ports::Signer> witness = fresh("witness.example");
    const Checkpoint checkpoint{"example.com/helix", 8, kSha("root")};
    const std::string text = checkpoint_text(checkpoint);
};

TEST_F(Checkpoints, ANoteThatGoSignedIsReadAndVerified) {
    const auto note = parse_note(kNote);
    ASSERT_TRUE(note.ok()) << note.error().message;
    EXPECT_EQ(note->text, kSaid);
    ASSERT_EQ(note->signatures.size(), 1U);
    EXPECT_EQ(note->signatures[0].key_id, "PeterNeumann+c74f20a3");
    const KeyRing ring = ring_of(*parse_verifier(kNeumann, kSha));
    EXPECT_EQ(ring.check(note->text, note->signatures[0]), SignatureState::Valid);
    EXPECT_EQ(ring.check(note->text + " ", note->signatures[0]), SignatureState::Wrong);
    EXPECT_EQ(to_note(*note), kNote);
}

TEST_F(Checkpoints, WhatIsNoNoteIsRefused) {
    const std::string good = kNote;
    for (const std::string& wrong :
         {std::string(), kSaid, kSaid + "\n", good.substr(0, good.size() - 1), good + "tail\n", "\x01" + good,
          kSaid + "\n- PeterNeumann AAAA\n", kSaid + "\n\xE2\x80\x94 PeterNeumann\n",
          kSaid + "\n\xE2\x80\x94 Peter+Neumann AAAAAAAA\n", kSaid + "\n\xE2\x80\x94 PeterNeumann AAAA\n",
          kSaid + "\n\xE2\x80\x94 PeterNeumann not-base64\n"})
        EXPECT_EQ(parse_note(wrong).error().code, Code::InvalidArgument) << wrong;
    // A signature of another algorithm is another size: it is passed over.
    const auto longer = parse_note(good + "\xE2\x80\x94 witness.example " + to_base64(std::string(76, 'x')) + "\n");
    ASSERT_TRUE(longer.ok());
    EXPECT_EQ(longer->signatures.size(), 1U);
}

TEST_F(Checkpoints, SaysItsThreeLinesAndReadsThemBack) {
    EXPECT_EQ(text, "example.com/helix\n8\n" +
                        to_base64({reinterpret_cast<const char*>(checkpoint.root.data()), checkpoint.root.size()}) +
                        "\n");
    EXPECT_EQ(*parse_checkpoint_text(text), checkpoint);
    EXPECT_EQ(*parse_checkpoint_text(text + "an extension\n"), checkpoint);
    for (const char* wrong : {"", "o\n", "o\n8\n", "o\n08\nAAAA\n", "o\n-8\nAAAA\n", "\n8\nAAAA\n", "o\n8\nAAAA\n",
                              "o\n99999999999999999999\nAAAA\n"})
        EXPECT_EQ(parse_checkpoint_text(wrong).error().code, Code::InvalidArgument) << wrong;
}

TEST_F(Checkpoints, AreWorthWhatTheirSignaturesAre) {
    const KeyRing ring = ring_of(log->public_key());
    const auto opened = open_checkpoint(sign(text, {log.get()}), ring);
    EXPECT_EQ(opened->checkpoint, checkpoint);
    EXPECT_EQ(opened->state, SignatureState::Valid);
    EXPECT_EQ(opened->key_id, log->key_id());
    EXPECT_EQ(open_checkpoint(sign(text, {other.get()}), ring)->state, SignatureState::UnknownKey);
    EXPECT_EQ(open_checkpoint(sign(text, {other.get(), witness.get(), log.get()}), ring)->state, SignatureState::Valid);
    SignedNote forged{checkpoint_text({"example.com/helix", 9, checkpoint.root}), {*log->sign(text)}};
    EXPECT_EQ(open_checkpoint(to_note(forged), ring)->state, SignatureState::Wrong);
}

// A witness that one knows vouches for what it saw, not for whose log it is.
TEST_F(Checkpoints, OfAnotherOriginAreNotVouchedForByAKnownKey) {
    EXPECT_EQ(open_checkpoint(sign(text, {witness.get()}), ring_of(witness->public_key()))->state,
              SignatureState::UnknownKey);
}

}  // namespace
}  // namespace helix::wire
