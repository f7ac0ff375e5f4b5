#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain/gate/gate.hpp"
#include "service/ports/target.hpp"

namespace helix::usecases {

/// What a caller asks for: one action or a plan.
struct CycleRequest {
    std::string target;  ///< empty: the only one
    std::string actor;   ///< authenticated identity
    std::vector<gate::Action> actions;
    bool dry_run = false;
    bool smt2 = false;  ///< a dry run: also write down each obligation as SMT-LIB text
    std::string idempotency_key;
    std::string request_sha256;  ///< of the whole request: the same key with another one is a mistake
};

enum class StepState {
    Done,        ///< written
    WouldPass,   ///< dry run
    Blocked,     ///< BREAK
    Failed,      ///< passed the gate, the target refused
    Partly,      ///< passed the gate, the target refused some of it: what was done stays
    Unknown,     ///< passed the gate, the write's outcome could not be found out
    NotReached,  ///< an earlier step stopped the plan
};

std::string_view to_string(StepState state);

/// What the re-read showed of a touched unit, next to the estimate.
struct Reading {
    std::string unit;
    std::int64_t used = 0;                ///< bytes
    std::int64_t estimate_micro_pct = 0;  ///< worst case, as judged
    std::int64_t actual_micro_pct = 0;    ///< as the metrics say now
    std::int64_t age_us = 0;              ///< of that figure
    bool below_floor = false;
};

struct Step {
    gate::Action action;
    StepState state = StepState::NotReached;
    std::optional<gate::Verdict> verdict;
    std::string recorded_verdict;  ///< JSON, as the intent of a former process has it; instead of `verdict`
    std::optional<ports::Before> before;
    std::optional<ports::WriteResult> result;
    std::optional<std::uint64_t> intent_seq;
    bool intent_unsure = false;  ///< nobody knows whether its intent reached the ledger; nothing was written then
    std::vector<Reading> readings;
    std::string smt2;  ///< the obligation as SMT-LIB text, where it was asked for
};

/// How far a link got in one turn.
enum class LinkState { Idle, Done, Blocked, Failed, NotReached };

std::string_view to_string(LinkState state);

struct LinkTrace {
    gate::Link link = gate::Link::Gate;
    LinkState state = LinkState::Idle;
    std::int64_t took_us = 0;
};

/// One cycle: the receipt's content.
struct Cycle {
    std::string id;  ///< ULID
    std::string target;
    std::string target_kind;
    std::string actor;
    std::string idempotency_key;
    std::string request_sha256;
    bool dry_run = false;
    bool recovered = false;  ///< ended by a later process, from the intents that were left open
    std::int64_t started_at_us = 0;
    std::int64_t ended_at_us = 0;
    int turns = 1;  ///< a plan whose order goes against the links' takes more than one
    std::vector<LinkTrace> links;
    std::vector<Step> steps;
    std::optional<std::uint64_t> receipt_seq;
    std::string receipt_id;
    std::string receipt_hash;  ///< lower-case hex

    /// The state that decides: the first step that is neither done nor would pass; else that of the last.
    [[nodiscard]] StepState outcome() const;
    /// The step that decided; nullptr when there is no step.
    [[nodiscard]] const Step* deciding() const;
};

/// What is kept free for a step's worst case, as its intent tells it.
struct Reserved {
    std::int64_t until_us = 0;  ///< at most
    bool lasting = false;       ///< what it allows may come at any time (an autoscaler), not only right after the write
};

/// Whether the ledger may hold an intent of the cycle.
bool is_intended(const Cycle& cycle);

/// Where a plan's order goes back against the links' order, a new turn begins.
int turns_of(const std::vector<gate::Action>& actions);

/// The six links and G again, turn by turn, as the steps left them.
std::vector<LinkTrace> trace(const Cycle& cycle);

StepState state_of(ports::Outcome outcome);

/// Names one step of one cycle: its reservation, its intent, and its annotation on the object.
std::string step_mark(const Cycle& cycle, std::size_t index);

/// Under which name the receipt of a cycle, or of the request with this key, is found in the ledger.
std::string cycle_name(const std::string& cycle_id);
std::string idempotency_name(const std::string& actor, const std::string& key);
std::string intent_name(const std::string& mark);
/// The name that the first intent of a request with a key takes.
std::string asked_name(const std::string& actor, const std::string& key);

}  // namespace helix::usecases
