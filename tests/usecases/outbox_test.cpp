#include "service/usecases/outbox.hpp"

#include <random>
#include <set>

#include <gtest/gtest.h>

#include "tests/usecases/outbox_bench.hpp"

namespace helix::usecases {
namespace {

using testing::OutboxBench;
using Seqs = std::vector<std::uint64_t>;

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kHour = 3600 * kSecond;

ports::SendReply status(int code, int retry_after_s = 0) {
    return {code, retry_after_s, code == 0 ? "connection refused" : ""};
}

TEST(OutboxPolicy, TheWaitDoublesFromOneSecondToFiveMinutes) {
    const OutboxRules rules;
    std::vector<std::int64_t> seconds;
    for (int attempts = 1; attempts <= 11; ++attempts) seconds.push_back(backoff_us(attempts, 1.0, rules) / kSecond);
    EXPECT_EQ(seconds, (std::vector<std::int64_t>{1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300}));
    EXPECT_EQ(backoff_us(3, 0.0, rules), 3 * kSecond);  // jitter takes a quarter at most
    EXPECT_EQ(backoff_us(1, 0.0, rules), kSecond);
    EXPECT_EQ(backoff_us(2'000'000'000, 1.0, rules), 300 * kSecond);
}

TEST(OutboxPolicy, AStatusSaysWhetherItIsTheEventOrTheMoment) {
    const OutboxRules rules;
    const auto fate = [&](int code) { return judge(status(code), 1, 0.5, rules).fate; };
    for (const int code : {200, 202, 204}) EXPECT_EQ(fate(code), Fate::Delivered) << code;
    for (const int code : {400, 405, 410, 413, 415, 422}) EXPECT_EQ(fate(code), Fate::GiveUp) << code;
    for (const int code : {0, 301, 307, 401, 403, 404, 408, 425, 429, 500, 502, 503, 504})
        EXPECT_EQ(fate(code), Fate::TryAgain) << code;
    EXPECT_EQ(judge(status(500), rules.attempts_max, 0.5, rules).fate, Fate::GiveUp);
    EXPECT_EQ(judge(status(500), rules.attempts_max - 1, 0.5, rules).fate, Fate::TryAgain);
}

TEST(OutboxPolicy, RetryAfterLengthensAndNeverShortens) {
    const OutboxRules rules;
    EXPECT_EQ(judge(status(429, 30), 1, 1.0, rules).wait_us, 30 * kSecond);
    EXPECT_EQ(judge(status(503, 30), 9, 1.0, rules).wait_us, 256 * kSecond);
    EXPECT_EQ(judge(status(503, 1'000'000), 1, 1.0, rules).wait_us, kHour);
}

TEST(OutboxPolicy, TypesAreKindsPrefixesOrAll) {
    EXPECT_TRUE(is_wanted({"trial.verdict", "helix.*"}, "helix.cycle"));
    EXPECT_FALSE(is_wanted({"trial.verdict", "helix.*"}, "trial.verdicts"));
    EXPECT_FALSE(is_wanted({"helix.*"}, "helix"));
    EXPECT_TRUE(is_wanted({"*"}, "event.received"));
    EXPECT_FALSE(is_wanted({}, "helix.cycle"));
}

TEST(Outbox, SendsTheChosenRecordsInTheirOrder) {
    OutboxBench bench;
    bench.append("event.received", 3);
    bench.append("helix.cycle", 40);
    bench.append("event.received", 50);
    bench.append("helix.intent", 2);
    bench.append("event.received");
    auto outbox = bench.start();
    bench.run(*outbox, 0);
    Seqs expected;
    for (std::uint64_t seq = 3; seq < 43; ++seq) expected.push_back(seq);
    expected.insert(expected.end(), {93, 94});
    EXPECT_EQ(bench.receiver.taken_seqs(), expected);
    const auto shown = *outbox->status();
    EXPECT_EQ(shown.lag_records, 0U);
    EXPECT_EQ(shown.state, Outbox::State::Idle);
    EXPECT_EQ(shown.delivered_total, 42U);
    EXPECT_EQ(bench.store.begin("hvcp", 0)->next_seq, 96U);
}

TEST(Outbox, AnEventIsTheRecordWithItsOwnId) {
    OutboxBench bench;
    bench.append("helix.cycle");
    auto outbox = bench.start();
    bench.run(*outbox, 0);
    ASSERT_EQ(bench.receiver.taken.size(), 1U);
    const auto& event = bench.receiver.taken.front();
    const auto record = *bench.ledger.read(0);
    EXPECT_EQ(event.at("specversion"), "1.0");
    EXPECT_EQ(event.at("id"), record.id);
    EXPECT_EQ(event.at("source"), "https://helix.example");
    EXPECT_EQ(event.at("type"), "ca.eose.helix.helix.cycle");
    EXPECT_EQ(event.at("subject"), "demo");
    EXPECT_EQ(event.at("time"), event.at("data").at("at"));
    EXPECT_EQ(event.at("data").at("hash"), ledger::to_hex(record.hash));
}

TEST(Outbox, AReceiverThatIsAwayLosesNothingAndTheOrderHolds) {
    OutboxBench bench;
    bench.append("helix.cycle", 5);
    bench.receiver.answer = [](std::uint64_t) { return status(0); };
    auto outbox = bench.start();
    const auto waits = bench.run(*outbox, kHour);
    EXPECT_EQ(Seqs(bench.receiver.asked.size(), 0), bench.receiver.asked);  // nothing overtakes the first
    ASSERT_GE(waits.size(), 10U);
    for (std::size_t i = 0; i < 9; ++i) EXPECT_EQ(waits[i], kSecond << i);
    EXPECT_EQ(waits[9], 300 * kSecond);
    EXPECT_LE(bench.receiver.asked.size(), 9U + 12U);
    EXPECT_EQ(outbox->status()->state, Outbox::State::Waiting);
    EXPECT_EQ(outbox->status()->cursor.last_error, "connection refused");
    EXPECT_EQ(outbox->status()->lag_records, 5U);

    bench.receiver.answer = nullptr;
    bench.append("helix.cycle", 2);
    bench.run(*outbox, 301 * kSecond);
    EXPECT_EQ(bench.receiver.taken_seqs(), (Seqs{0, 1, 2, 3, 4, 5, 6}));
    EXPECT_EQ(outbox->status()->cursor.last_error, "");
}

TEST(Outbox, AfterASuccessTheBackOffBeginsAnew) {
    OutboxBench bench;
    bench.append("helix.cycle", 2);
    int calls = 0;
    bench.receiver.answer = [&](std::uint64_t) { return status(++calls % 3 == 0 ? 200 : 500); };
    auto outbox = bench.start();
    EXPECT_EQ(bench.run(*outbox, 10 * kSecond),
              (std::vector<std::int64_t>{kSecond, 2 * kSecond, kSecond, 2 * kSecond}));
    EXPECT_EQ(bench.receiver.taken_seqs(), (Seqs{0, 1}));
}

TEST(Outbox, RetryAfterIsObeyed) {
    OutboxBench bench;
    bench.append("helix.cycle");
    bench.receiver.answer = [&](std::uint64_t) { return status(429, 77); };
    auto outbox = bench.start();
    EXPECT_EQ(outbox->turn(), 0);  // takes the lease
    EXPECT_EQ(outbox->turn(), 77 * kSecond);
    bench.clock.pass(76 * kSecond);
    outbox->turn();
    EXPECT_EQ(bench.receiver.asked.size(), 1U);
    bench.clock.pass(kSecond);
    outbox->turn();
    EXPECT_EQ(bench.receiver.asked.size(), 2U);
}

TEST(Outbox, WhatIsRefusedForGoodBecomesADeadLetterAndTheRestGoesOn) {
    OutboxBench bench;
    bench.append("helix.cycle", 3);
    bench.receiver.answer = [](std::uint64_t seq) { return status(seq == 1 ? 410 : 200); };
    auto outbox = bench.start();
    bench.run(*outbox, 0);
    EXPECT_EQ(bench.receiver.taken_seqs(), (Seqs{0, 2}));
    const auto letters = *outbox->dead_letters(0, 10);
    ASSERT_EQ(letters.size(), 1U);
    EXPECT_EQ(letters[0], (ports::DeadLetter{1, 1, bench.clock.wall_us, "HTTP 410"}));
    EXPECT_EQ(outbox->status()->dead_letters, 1U);
    EXPECT_EQ(outbox->status()->given_up_total, 1U);
}

TEST(Outbox, AnEventThatFailsTooOftenIsGivenUp) {
    OutboxBench bench;
    bench.destination.rules.attempts_max = 4;
    bench.append("helix.cycle", 2);
    bench.receiver.answer = [](std::uint64_t seq) { return status(seq == 0 ? 500 : 200); };
    auto outbox = bench.start();
    bench.run(*outbox, 20 * kSecond);  // 1 + 2 + 4 + 8
    EXPECT_EQ(bench.receiver.asked, (Seqs{0, 0, 0, 0, 1}));
    EXPECT_EQ(outbox->dead_letter(0)->attempts, 4);
}

TEST(Outbox, ADeadLetterIsSentAgainWhenAsked) {
    OutboxBench bench;
    bench.append("helix.cycle", 2);
    bool mended = false;
    bench.receiver.answer = [&](std::uint64_t seq) { return status(seq == 0 && !mended ? 422 : 200); };
    auto outbox = bench.start();
    bench.run(*outbox, 0);
    EXPECT_EQ(outbox->resend(1).error().code, Code::NotFound);

    ASSERT_TRUE(outbox->resend(0).ok());
    EXPECT_EQ(outbox->dead_letter(0)->attempts, 0);
    bench.run(*outbox, 0);
    EXPECT_EQ(outbox->dead_letter(0)->attempts, 1);  // still refused: one try for each time it is asked
    EXPECT_EQ(bench.receiver.asked, (Seqs{0, 1, 0}));

    mended = true;
    ASSERT_TRUE(outbox->resend(0).ok());
    auto restarted = bench.start();  // the wish survives a restart
    bench.run(*restarted, 0);
    EXPECT_EQ(restarted->status()->dead_letters, 0U);
    EXPECT_EQ(bench.receiver.taken_seqs(), (Seqs{1, 0}));
    EXPECT_EQ(bench.store.begin("hvcp", 0)->next_seq, 2U);
}

// The destination's state would else go on telling of a failure that is mended.
TEST(Outbox, ADeliveredDeadLetterIsNoLatestFailureAnyMore) {
    OutboxBench bench;
    bench.append("helix.cycle");
    bool mended = false;
    bench.receiver.answer = [&](std::uint64_t) { return status(mended ? 200 : 410); };
    auto outbox = bench.start();
    bench.run(*outbox, 0);
    EXPECT_EQ(outbox->status()->cursor.last_error, "HTTP 410");

    mended = true;
    ASSERT_TRUE(outbox->resend(0).ok());
    bench.run(*outbox, 0);
    EXPECT_EQ(outbox->status()->cursor.last_error, "");
    EXPECT_EQ(bench.store.begin("hvcp", 0)->last_error, "");  // nor after a restart
}

TEST(Outbox, ANewDestinationBeginsAtTheHeadUnlessToldOtherwise) {
    OutboxBench bench;
    bench.destination.from_beginning = false;
    bench.append("helix.cycle", 3);
    auto outbox = bench.start();
    bench.append("helix.cycle");
    bench.run(*outbox, 0);
    EXPECT_EQ(bench.receiver.taken_seqs(), (Seqs{3}));
    bench.append("helix.cycle");
    auto restarted = bench.start();  // not new any more
    bench.run(*restarted, 0);
    EXPECT_EQ(bench.receiver.taken_seqs(), (Seqs{3, 4}));
}

TEST(Outbox, ARestartKeepsTheBackOffAndAClockSetBackDoesNotStretchIt) {
    OutboxBench bench;
    bench.append("helix.cycle");
    bench.receiver.answer = [](std::uint64_t) { return status(500); };
    auto outbox = bench.start();
    bench.run(*outbox, 7 * kSecond);  // the fourth failure was at 7 s: wait until 15 s
    EXPECT_EQ(bench.receiver.asked.size(), 4U);
    outbox = bench.start();
    EXPECT_EQ(outbox->turn(), 8 * kSecond);
    EXPECT_EQ(bench.store.begin("hvcp", 0)->attempts, 4);
    bench.clock.wall_us -= 48 * kHour;
    outbox = bench.start();
    EXPECT_LE(outbox->turn(), kHour);
}

TEST(Outbox, WhenTheCursorCannotBeSavedNothingIsSentTwiceAndNothingMore) {
    OutboxBench bench;
    bench.append("helix.cycle", 2);
    auto outbox = bench.start();
    outbox->turn();
    bench.store.failing = true;
    for (int i = 0; i < 5; ++i) EXPECT_GT(outbox->turn(), 0);
    EXPECT_EQ(bench.receiver.asked, (Seqs{0}));
    EXPECT_EQ(outbox->status()->cursor.last_error, "the disk is full");
    bench.store.failing = false;
    bench.run(*outbox, 0);
    EXPECT_EQ(bench.receiver.asked, (Seqs{0, 1}));
}

TEST(Outbox, ACrashBetweenDeliveryAndSaveRepeatsTheSameId) {
    OutboxBench bench;
    bench.append("helix.cycle", 2);
    auto outbox = bench.start();
    outbox->turn();
    bench.store.failing = true;
    outbox->turn();
    outbox.reset();
    bench.store.failing = false;
    outbox = bench.start();
    bench.run(*outbox, 0);
    EXPECT_EQ(bench.receiver.taken_seqs(), (Seqs{0, 0, 1}));
    EXPECT_EQ(bench.receiver.taken[0].at("id"), bench.receiver.taken[1].at("id"));
}

TEST(Outbox, OfTwoProcessesOneWalksAndTheOtherTakesOver) {
    OutboxBench bench;
    bench.append("helix.cycle", 3);
    auto one = bench.start("one");
    auto two = bench.start("two");
    one->turn();
    one->turn();
    two->turn();
    EXPECT_EQ(two->status()->state, Outbox::State::Elsewhere);
    EXPECT_EQ(bench.receiver.asked, (Seqs{0}));
    one->finish();
    bench.run(*two, 0);
    EXPECT_EQ(bench.receiver.asked, (Seqs{0, 1, 2}));
}

TEST(Outbox, AProcessThatSleptPastItsLeaseSendsNothingOld) {
    OutboxBench bench;
    bench.append("helix.cycle", 3);
    auto sleeper = bench.start("same");
    sleeper->turn();
    sleeper->turn();                       // sent 0
    auto successor = bench.start("same");  // takes the lease at once, as one with another name does when it ran out
    bench.run(*successor, 0);
    bench.append("helix.cycle");
    bench.clock.pass(60 * kSecond);
    sleeper->turn();
    EXPECT_EQ(sleeper->status()->state, Outbox::State::Elsewhere);
    EXPECT_EQ(bench.receiver.asked, (Seqs{0, 1, 2}));
}

TEST(Outbox, StoppingEndsASendWithoutBlamingTheReceiver) {
    OutboxBench bench;
    bench.append("helix.cycle");
    auto outbox = bench.start();
    outbox->turn();
    bench.receiver.answer = [&](std::uint64_t) {
        outbox->stop();
        return status(0);
    };
    outbox->turn();
    outbox->finish();
    EXPECT_TRUE(bench.receiver.stopped);
    EXPECT_EQ(*bench.store.begin("hvcp", 0), (ports::OutboxCursor{0}));
}

// Whatever the receiver answers and wherever the process dies: every record arrives or is a dead letter, and the first
// arrivals are in the ledger's order.
TEST(Outbox, NothingIsLostOrSwappedOverRandomFaultsAndCrashes) {
    int crashes = 0;
    int dead = 0;
    int repeats = 0;
    for (unsigned seed = 1; seed <= 300; ++seed) {
        OutboxBench bench;
        std::mt19937 random(seed);
        const auto one_in = [&](unsigned n) { return random() % n == 0; };
        bench.destination.rules.attempts_max = 3;
        bench.receiver.answer = [&](std::uint64_t) {
            constexpr int kAnswers[] = {200, 200, 200, 204, 0, 500, 429, 410};
            return status(kAnswers[random() % 8]);
        };
        auto outbox = bench.start();
        Seqs chosen;
        for (int turn = 0; turn < 150; ++turn) {
            if (one_in(3)) {
                const bool wanted = one_in(2);
                bench.append(wanted ? "helix.cycle" : "event.received");
                if (wanted) chosen.push_back((*bench.ledger.head())->seq);
            }
            bench.store.failing = one_in(10);
            bench.clock.pass(outbox->turn());
            if (!one_in(12)) continue;
            ++crashes;
            outbox = bench.start();
        }
        bench.store.failing = false;
        bench.receiver.answer = nullptr;
        outbox = bench.start();
        bench.run(*outbox, kHour);

        Seqs firsts;
        std::set<std::uint64_t> seen;
        for (const std::uint64_t seq : bench.receiver.taken_seqs()) {
            if (seen.insert(seq).second)
                firsts.push_back(seq);
            else
                ++repeats;
        }
        EXPECT_TRUE(std::is_sorted(firsts.begin(), firsts.end())) << "seed " << seed;
        const auto letters = outbox->dead_letters(0, 1000);
        for (const ports::DeadLetter& letter : *letters) dead += seen.insert(letter.seq).second ? 1 : 0;
        EXPECT_EQ(Seqs(seen.begin(), seen.end()), chosen) << "seed " << seed;
    }
    EXPECT_GT(crashes, 1000);
    EXPECT_GT(dead, 100);
    EXPECT_GT(repeats, 10);
    RecordProperty("crashes", crashes);
    RecordProperty("repeats", repeats);
}

}  // namespace
}  // namespace helix::usecases
