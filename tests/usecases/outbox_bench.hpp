#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "adapters/ledger_memory/memory_ledger_store.hpp"
#include "adapters/ledger_memory/memory_outbox_store.hpp"
#include "adapters/openssl_digest/sha256.hpp"
#include "adapters/system/ulid_source.hpp"
#include "service/usecases/ledger_writer.hpp"
#include "service/usecases/outbox.hpp"

namespace helix::testing {

/// Time that passes when the test says so; both clocks run alike until one is set.
class ManualClock : public ports::Clock {
public:
    [[nodiscard]] std::int64_t now_us() const override { return wall_us; }
    [[nodiscard]] std::int64_t steady_us() const override { return steady; }
    void pass(std::int64_t us) {
        wall_us += us;
        steady += us;
    }
    std::int64_t wall_us = 1'800'000'000'000'000;
    std::int64_t steady = 50;
};

/// A receiver in virtual time: real ones are in tests/outbox. Keeps the ids and seqs of what arrived.
class ScriptedReceiver : public ports::EventSender {
public:
    ports::SendReply send(const std::string& event_json) override {
        const auto event = nlohmann::json::parse(event_json);
        const std::uint64_t seq = event.at("data").at("seq");
        asked.push_back(seq);
        const ports::SendReply reply = answer ? answer(seq) : ports::SendReply{204, 0, {}};
        if (reply.status >= 200 && reply.status <= 299) taken.push_back(event);
        return reply;
    }
    void stop() override { stopped = true; }

    [[nodiscard]] std::vector<std::uint64_t> taken_seqs() const {
        std::vector<std::uint64_t> seqs;
        for (const auto& event : taken) seqs.push_back(event.at("data").at("seq"));
        return seqs;
    }

    std::function<ports::SendReply(std::uint64_t seq)> answer;
    std::vector<std::uint64_t> asked;
    std::vector<nlohmann::json> taken;
    bool stopped = false;
};

/// Cursors in memory that refuse to be moved while `failing`: a disk that fails cannot be timed between a delivery and
/// its save for real.
class FailingOutboxStore : public ledger_memory::MemoryOutboxStore {
public:
    Result<void> move(const std::string& destination, std::uint64_t expected, const ports::OutboxCursor& to,
                      const std::optional<ports::DeadLetter>& letter) override {
        if (failing) return error(Code::Unavailable, "the disk is full");
        return MemoryOutboxStore::move(destination, expected, to, letter);
    }
    bool failing = false;
};

/// A ledger, a destination "hvcp" that takes kinds "helix.*", and time.
struct OutboxBench {
    OutboxBench() : ids(clock), writer(ledger, clock, ids, openssl_digest::sha256) {
        destination.name = "hvcp";
        destination.types = {"helix.*"};
        destination.from_beginning = true;
    }

    /// A process that walks; each call is a start.
    std::unique_ptr<usecases::Outbox> start(const std::string& holder = "one") {
        auto outbox = std::make_unique<usecases::Outbox>(
            destination, usecases::Outbox::Ports{ledger, store, ledger, receiver, clock, [this] { return random; },
                                                 "https://helix.example", holder});
        EXPECT_TRUE(outbox->open().ok());
        return outbox;
    }

    void append(const std::string& kind, int count = 1) {
        for (int i = 0; i < count; ++i) ASSERT_TRUE(writer.append(kind, "demo", "somebody", "{}").ok());
    }

    /// Turns until nothing is due within `us`, letting time pass where it waits. The waits that were not mere polls.
    std::vector<std::int64_t> run(usecases::Outbox& outbox, std::int64_t us) {
        std::vector<std::int64_t> waits;
        const std::int64_t end = clock.steady + us;
        while (true) {
            const std::int64_t wait = outbox.turn();
            const auto state = outbox.status()->state;
            const bool poll = state == usecases::Outbox::State::Idle || state == usecases::Outbox::State::Elsewhere;
            if (wait > 0 && !poll) waits.push_back(wait);
            if (clock.steady + wait > end) return waits;
            if (poll && wait > 0 && us == 0) return waits;
            clock.pass(wait);
        }
    }

    ManualClock clock;
    system::UlidSource ids;
    ledger_memory::MemoryLedgerStore ledger;
    FailingOutboxStore store;
    usecases::LedgerWriter writer;
    ScriptedReceiver receiver;
    usecases::Destination destination;
    double random = 1.0;
};

}  // namespace helix::testing
