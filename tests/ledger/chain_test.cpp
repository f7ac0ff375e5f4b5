#include "domain/ledger/chain.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "adapters/openssl_digest/sha256.hpp"
#include "domain/ledger/digest.hpp"
#include "domain/ledger/ulid.hpp"
#include "service/wire/record_json.hpp"

namespace helix::ledger {
namespace {

std::vector<Record> chain_of(std::uint64_t count) {
    std::vector<Record> chain;
    Digest previous{};
    for (std::uint64_t seq = 0; seq < count; ++seq) {
        Record record;
        record.seq = seq;
        record.id = encode_ulid(1'700'000'000'000 + seq, UlidTail{});
        record.at_us = 1'700'000'000'000'000 + static_cast<std::int64_t>(seq);
        record.kind = "test.record";
        record.target = "target";
        record.actor = "someone";
        record.body = R"({"n":)" + std::to_string(seq) + R"(,"note":"twelve bytes"})";
        EXPECT_TRUE(openssl_digest::seal(record, previous).ok());
        previous = record.hash;
        chain.push_back(std::move(record));
    }
    return chain;
}

std::optional<BadRecord> check(const std::vector<Record>& stored, std::optional<Head> remembered = std::nullopt) {
    ChainChecker checker(remembered);
    std::string scratch;
    for (const Record& record : stored) {
        const auto digest = wire::recompute(record, &openssl_digest::sha256, scratch);
        checker.next(record, digest ? std::optional(*digest) : std::nullopt);
    }
    return checker.finish();
}

Head head_of(const std::vector<Record>& chain) {
    return {chain.back().seq, chain.back().hash};
}

/// Exchanges the contents of two rows as an UPDATE of everything but the primary key would.
void swap_rows(std::vector<Record>& chain, std::size_t a, std::size_t b) {
    std::swap(chain[a], chain[b]);
    std::swap(chain[a].seq, chain[b].seq);
}

TEST(Chain, AWholeChainIsGood) {
    EXPECT_EQ(check({}), std::nullopt);
    EXPECT_EQ(check(chain_of(1)), std::nullopt);
    const auto chain = chain_of(5);
    EXPECT_EQ(check(chain, head_of(chain)), std::nullopt);
    EXPECT_EQ(check(chain, Head{2, chain[2].hash}), std::nullopt);
}

TEST(Chain, NamesAMissingRecord) {
    auto chain = chain_of(5);
    chain.erase(chain.begin() + 2);
    EXPECT_EQ(check(chain), (BadRecord{2, Fault::Missing}));
    chain = chain_of(5);
    chain.erase(chain.begin());
    EXPECT_EQ(check(chain), (BadRecord{0, Fault::Missing}));
}

TEST(Chain, NamesAChangedRecord) {
    auto chain = chain_of(5);
    chain[3].body[5] = '9';
    EXPECT_EQ(check(chain), (BadRecord{3, Fault::Changed}));
    chain = chain_of(5);
    chain[3].body = "not an object";
    EXPECT_EQ(check(chain), (BadRecord{3, Fault::Changed}));
}

// Whoever changes a record and computes its hash again must do so for all that follow.
TEST(Chain, NamesTheBrokenLinkAfterARecordWithAFreshHash) {
    auto chain = chain_of(5);
    chain[2].body = "{}";
    ASSERT_TRUE(openssl_digest::seal(chain[2], chain[1].hash).ok());
    EXPECT_EQ(check(chain), (BadRecord{3, Fault::BrokenLink}));
}

TEST(Chain, TellsASwapFromALoss) {
    auto chain = chain_of(6);
    swap_rows(chain, 1, 4);
    EXPECT_EQ(check(chain), (BadRecord{1, Fault::Swapped}));
    chain = chain_of(6);
    std::swap(chain[2], chain[3]);  // two lines of an exported file
    EXPECT_EQ(check(chain), (BadRecord{2, Fault::Swapped}));
}

TEST(Chain, NamesARecordThatComesAgain) {
    auto chain = chain_of(3);
    chain.push_back(chain[1]);
    EXPECT_EQ(check(chain), (BadRecord{1, Fault::OutOfOrder}));
}

TEST(Chain, ACutTailShowsOnlyAgainstARememberedHead) {
    auto chain = chain_of(5);
    const Head before = head_of(chain);
    chain.resize(3);
    EXPECT_EQ(check(chain), std::nullopt);
    EXPECT_EQ(check(chain, before), (BadRecord{3, Fault::Missing}));
    EXPECT_EQ(check({}, before), (BadRecord{0, Fault::Missing}));
}

TEST(Chain, ALedgerWrittenAnewShowsOnlyAgainstARememberedHead) {
    auto chain = chain_of(5);
    const Head before{3, chain[3].hash};
    chain[1].body = "{}";
    for (std::size_t i = 1; i < chain.size(); ++i) ASSERT_TRUE(openssl_digest::seal(chain[i], chain[i - 1].hash).ok());
    EXPECT_EQ(check(chain), std::nullopt);
    EXPECT_EQ(check(chain, before), (BadRecord{3, Fault::Rewritten}));
}

TEST(Chain, EveryFaultHasItsSentence) {
    std::vector<std::string_view> seen;
    for (const Fault fault :
         {Fault::Missing, Fault::Changed, Fault::BrokenLink, Fault::Swapped, Fault::OutOfOrder, Fault::Rewritten}) {
        EXPECT_EQ(std::count(seen.begin(), seen.end(), to_string(fault)), 0);
        seen.push_back(to_string(fault));
    }
}

/// Flips one bit of one field of `record`; false when that field is empty.
bool flip_one_bit(Record& record) {
    const auto bit = *rc::gen::inRange(0, 8);
    const auto flip_in = [&](auto& bytes) {
        if (bytes.empty()) return false;
        const auto at = *rc::gen::inRange<std::size_t>(0, bytes.size());
        using Byte = std::remove_reference_t<decltype(bytes[at])>;
        bytes[at] = static_cast<Byte>(static_cast<unsigned char>(bytes[at]) ^ (1U << static_cast<unsigned>(bit)));
        return true;
    };
    switch (*rc::gen::inRange(0, 8)) {
        case 0:
            return flip_in(record.id);
        case 1:
            return flip_in(record.kind);
        case 2:
            return flip_in(record.target);
        case 3:
            return flip_in(record.actor);
        case 4:
            return flip_in(record.body);
        case 5:
            return flip_in(record.prev_hash);
        case 6:
            return flip_in(record.hash);
        default:
            record.at_us ^= std::int64_t{1} << *rc::gen::inRange(0, 40);
            return true;
    }
}

RC_GTEST_PROP(ChainLaw, AnyFlippedBitIsFoundAndNamed, ()) {
    auto chain = chain_of(8);
    const auto at = *rc::gen::inRange<std::size_t>(0, chain.size());
    RC_PRE(flip_one_bit(chain[at]));
    const auto bad = check(chain);
    RC_ASSERT(bad.has_value());
    RC_ASSERT(bad->seq == at);
}

RC_GTEST_PROP(ChainLaw, AnyDeletionBeforeTheTailIsFoundAndNamed, ()) {
    auto chain = chain_of(10);
    const auto from = *rc::gen::inRange<std::size_t>(0, 9);
    const auto to = *rc::gen::inRange<std::size_t>(from + 1, 10);
    chain.erase(chain.begin() + static_cast<std::ptrdiff_t>(from), chain.begin() + static_cast<std::ptrdiff_t>(to));
    RC_ASSERT(check(chain) == (BadRecord{from, Fault::Missing}));
}

RC_GTEST_PROP(ChainLaw, AnySwapIsFoundAndNamed, ()) {
    auto chain = chain_of(10);
    const auto a = *rc::gen::inRange<std::size_t>(0, 9);
    const auto b = *rc::gen::inRange<std::size_t>(a + 1, 10);
    if (*rc::gen::arbitrary<bool>())
        swap_rows(chain, a, b);
    else
        std::swap(chain[a], chain[b]);
    RC_ASSERT(check(chain) == (BadRecord{a, Fault::Swapped}));
}

RC_GTEST_PROP(ChainLaw, AnyCutTailIsFoundAgainstTheHead, ()) {
    auto chain = chain_of(10);
    const Head before = head_of(chain);
    const auto keep = *rc::gen::inRange<std::size_t>(0, 10);
    chain.resize(keep);
    RC_ASSERT(check(chain, before) == (BadRecord{keep, Fault::Missing}));
}

}  // namespace
}  // namespace helix::ledger
