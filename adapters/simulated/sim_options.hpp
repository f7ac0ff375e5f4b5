#pragma once

#include <cstdint>

#include "adapters/simulated/sim_clock.hpp"

namespace helix::simulated {

/// Which of the nodes that pass the filters the scheduler takes.
enum class Policy {
    LeastAllocated,  ///< as kube-scheduler by default: spread
    MostAllocated,   ///< pack
    Random,          ///< any of them, seeded
    Adversarial,     ///< the one that ends nearest to its floor or furthest below it: what a gate must survive
};

/// How often things go wrong, each in 1,000.
struct Faults {
    int event_late = 0;          ///< an event, and those after it on the same watch, arrive up to `late_max` later
    int event_duplicated = 0;    ///< an event comes twice
    int event_reordered = 0;     ///< an event is overtaken by later ones
    int watch_lost = 0;          ///< the watch breaks (410 Gone): what follows is lost until a relist
    int scrape_missed = 0;       ///< a whole metrics scrape gives nothing
    int scrape_stale = 0;        ///< a node's figures are those of the scrape before
    int scrape_partial = 0;      ///< a node and its pods are missing from a scrape
    int write_conflict = 0;      ///< 409, nothing written
    int write_throttled = 0;     ///< 429 with Retry-After, nothing written
    int write_unsent = 0;        ///< the connection fails before the request leaves
    int answer_lost_done = 0;    ///< written, but the answer is lost
    int answer_lost_undone = 0;  ///< not written, and the answer is lost
    int answer_late = 0;         ///< written; the answer takes up to `late_max`
    int read_back_lost = 0;      ///< after a lost answer: reading back fails too
    Micros late_max = 3 * kSecond;

    friend bool operator==(const Faults&, const Faults&) = default;

    /// Some of everything.
    static Faults storm() { return Faults{60, 40, 60, 10, 100, 60, 60, 40, 40, 30, 40, 40, 40, 300, 3 * kSecond}; }
};

/// How the memory of a workload's pods moves, in percent of the pod's memory request (of its limit, or of 64 MiB,
/// when it has none). It starts at `start`, then walks in steps of at most `step` between `low` and `peak`.
///
/// A workload may bring its own: annotation simulation.helix.eose.ca/memory: "start=60,low=50,peak=95,step=2".
struct MemoryProfile {
    int start_pct = 60;
    int low_pct = 50;
    int peak_pct = 90;
    int step_pct = 2;

    friend bool operator==(const MemoryProfile&, const MemoryProfile&) = default;
};

/// Everything a simulation depends on: equal options and equal calls at equal times give equal traces.
struct SimOptions {
    std::uint64_t seed = 1;
    Policy policy = Policy::LeastAllocated;
    Faults faults;
    MemoryProfile memory;  ///< of workloads that bring none

    /// Virtual time, advanced by the caller; must outlive the target. None: real time, driven by a thread of its own.
    SimClock* clock = nullptr;
    bool demo = true;  ///< start as `demo_world`; otherwise empty but for the namespace "default"

    Micros watch_delay = 5 * kMillisecond;
    Micros scrape_every = 15 * kSecond;
    Micros walk_every = 5 * kSecond;
    Micros start_delay_min = 1 * kSecond;  ///< from binding to running
    Micros start_delay_max = 4 * kSecond;
    Micros stop_delay_min = 1 * kSecond;  ///< from deletion to gone, within the grace period; the memory is held
    Micros stop_delay_max = 10 * kSecond;
};

}  // namespace helix::simulated
