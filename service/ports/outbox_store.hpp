#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain/core/result.hpp"

namespace helix::ports {

/// How far a destination of outgoing events has come along the ledger.
struct OutboxCursor {
    std::uint64_t next_seq = 0;      ///< the first record that is not dealt with
    int attempts = 0;                ///< failed deliveries of that record
    std::int64_t not_before_us = 0;  ///< wall clock: no next try before
    std::string last_error = {};     ///< of the latest failure; empty after a success

    friend bool operator==(const OutboxCursor&, const OutboxCursor&) = default;
};

/// A record that was given up for a destination.
struct DeadLetter {
    std::uint64_t seq = 0;
    int attempts = 0;        ///< deliveries that failed; 0: it was asked to be sent again, and waits for that
    std::int64_t at_us = 0;  ///< wall clock of the last change
    std::string last_error = {};

    friend bool operator==(const DeadLetter&, const DeadLetter&) = default;
};

/// The cursors and dead letters of the destinations, beside the ledger that they walk along.
///
/// Durable against the end of the process; what a failure of the machine takes away only makes events be sent again.
/// Several processes may stand on the same data.
///
/// Every implementation passes tests/contract/outbox_store_contract.hpp. Thread safety: any method from any thread.
/// Errors of all: those of the store.
class OutboxStore {
public:
    virtual ~OutboxStore() = default;

    /// The destination's cursor; one that has none yet is given {start} first.
    virtual Result<OutboxCursor> begin(const std::string& destination, std::uint64_t start) = 0;

    /// Moves the cursor to `to`, and keeps `letter` (in the place of one of the same seq) in the same commit.
    /// Errors: Conflict when the cursor's next_seq is not `expected`: another process has moved it.
    virtual Result<void> move(const std::string& destination, std::uint64_t expected, const OutboxCursor& to,
                              const std::optional<DeadLetter>& letter) = 0;

    /// A page of dead letters by ascending seq, from `from_seq` on.
    virtual Result<std::vector<DeadLetter>> dead_letters(const std::string& destination, std::uint64_t from_seq,
                                                         std::size_t limit) = 0;
    virtual Result<std::uint64_t> count_dead_letters(const std::string& destination) = 0;
    /// The first dead letter that waits to be sent again.
    virtual Result<std::optional<DeadLetter>> first_to_resend(const std::string& destination) = 0;

    /// Changes a dead letter. Errors: NotFound.
    virtual Result<void> update(const std::string& destination, const DeadLetter& letter) = 0;
    /// Takes a dead letter off the list. Errors: NotFound.
    virtual Result<void> remove(const std::string& destination, std::uint64_t seq) = 0;
};

// The refusals that every store gives in the same words.

inline Error cursor_moved(const std::string& destination) {
    return error(Code::Conflict, "another process has moved the cursor of \"" + destination + "\"", {}, destination);
}
inline Error no_dead_letter(const std::string& destination, std::uint64_t seq) {
    return error(Code::NotFound,
                 "destination \"" + destination + "\" has no dead letter of record " + std::to_string(seq),
                 "see GET /v1/outbox/" + destination + "/dead-letters", "seq");
}

}  // namespace helix::ports
