#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "service/ports/clock.hpp"
#include "service/ports/event_sender.hpp"
#include "service/ports/lease_store.hpp"
#include "service/ports/ledger_store.hpp"
#include "service/ports/outbox_store.hpp"
#include "service/usecases/outbox_policy.hpp"

namespace helix::usecases {

/// Where events go.
struct Destination {
    std::string name;
    std::string address;             ///< for people; never a secret
    std::vector<std::string> types;  ///< kinds of records, see is_wanted
    bool from_beginning = false;     ///< a new destination gets the whole ledger; else what comes from now on
    OutboxRules rules = {};
};

/// `record` as a CloudEvent in structured mode: its id and time are the record's, its type the kind with a reverse-DNS
/// prefix ("ca.eose.helix.trial.verdict"), its subject the target, its data the record's JSON.
/// Errors: those of wire::record_text.
Result<std::string> outgoing_event(const ledger::Record& record, const std::string& origin);

/// One destination of outgoing events: a walk along the ledger with a cursor that survives restarts.
///
///   [records of the chosen types] -> send -> delivered: the cursor moves on
///                                      |---> try again: after a back-off, the same record; nothing overtakes it
///                                      '---> give up:   into the dead letters, and on
///
/// Guarantees: every chosen record arrives, or is among the dead letters; at least once (a crash between the delivery
/// and the cursor's move repeats it, with the same id); in the order of the ledger by first arrival, but for those that
/// were given up and resent. Of several processes on one store one walks at a time, by a lease; a lease that changes
/// hands too early costs repeated events, never lost or swapped ones.
///
/// Threads: `open`, `turn` and `finish` from one; everything else from any. The ports outlive it.
class Outbox {
public:
    static constexpr std::int64_t kPollUs = 1'000'000;  ///< how long another process's records may go unnoticed
    static constexpr std::chrono::milliseconds kLease{10'000};

    struct Ports {
        ports::LedgerStore& ledger;
        ports::OutboxStore& store;
        ports::LeaseStore& leases;
        ports::EventSender& sender;
        const ports::Clock& clock;
        std::function<double()> random;  ///< uniform in [0, 1)
        std::string origin;              ///< the events' `source`
        std::string holder;              ///< names this process in the lease
    };

    Outbox(Destination destination, Ports ports);

    /// Reads where the destination stands, or gives a new one its place. Before the first turn; a turn does it, too.
    /// Errors: those of the stores.
    Result<void> open();

    /// Does one thing: sends at most one event, or looks for one. Returns the microseconds until the next turn is due;
    /// sooner does no harm.
    std::int64_t turn();

    /// Makes a send under way, and all later ones, end at once.
    void stop();
    /// Lets go of the lease, after the last turn.
    void finish();

    enum class State { Idle, Sending, Waiting, Elsewhere };
    struct Status {
        State state = State::Idle;
        ports::OutboxCursor cursor;
        std::uint64_t lag_records = 0;  ///< from the cursor to the head, whatever their kind
        std::uint64_t dead_letters = 0;
        std::uint64_t delivered_total = 0;  ///< by this process, as the following
        std::uint64_t failed_total = 0;
        std::uint64_t given_up_total = 0;
    };
    /// Errors: those of the stores.
    [[nodiscard]] Result<Status> status() const;

    /// Errors: those of the store.
    [[nodiscard]] Result<std::vector<ports::DeadLetter>> dead_letters(std::uint64_t from_seq, std::size_t limit) const;
    /// The dead letter of this record. Errors: NotFound.
    [[nodiscard]] Result<ports::DeadLetter> dead_letter(std::uint64_t seq) const;
    /// Has a dead letter sent once more, at the next turn that may send. Errors: NotFound.
    Result<void> resend(std::uint64_t seq);

    [[nodiscard]] const Destination& destination() const { return destination_; }

private:
    /// What is to be saved after a delivery; kept until the store has taken it, so that its failure sends nothing
    /// twice.
    struct Move {
        ports::OutboxCursor to;
        std::optional<ports::DeadLetter> letter;
    };

    Result<std::int64_t> step();
    Result<void> save();
    Result<const ledger::Record*> next_record();
    Result<bool> hold_lease();
    Result<void> save_place();
    Result<std::int64_t> deliver(const ledger::Record& record);
    Result<std::int64_t> deliver(ports::DeadLetter letter);
    Result<ports::SendReply> send(const ledger::Record& record);
    void show(State state);

    const Destination destination_;
    const Ports ports_;
    std::atomic<bool> stopping_{false};

    // The turning thread's own.
    bool loaded_ = false;
    ports::OutboxCursor cursor_;    // may be ahead of what is saved by records of no interest
    std::uint64_t saved_next_ = 0;  // next_seq as the store has it
    std::int64_t not_before_steady_ = 0;
    std::optional<Move> unsaved_;
    std::deque<ledger::Record> read_ahead_;  // chosen records from cursor_.next_seq on
    std::optional<ports::Lease> lease_;
    std::int64_t renewed_at_ = 0;

    mutable std::mutex mutex_;  // guards what others see
    State shown_state_ = State::Idle;
    ports::OutboxCursor shown_cursor_;
    std::string shown_problem_;
    std::atomic<std::uint64_t> delivered_{0};
    std::atomic<std::uint64_t> failed_{0};
    std::atomic<std::uint64_t> given_up_{0};
};

std::string_view to_string(Outbox::State state);

/// All destinations, in the order of the configuration.
using Outboxes = std::vector<std::unique_ptr<Outbox>>;

/// The destination of this name; nullptr when there is none.
Outbox* find(const Outboxes& outboxes, std::string_view name);

}  // namespace helix::usecases
