#pragma once

#include <cstdint>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/cluster/unit_table.hpp"
#include "domain/gate/unit_problem.hpp"

namespace helix::gate {

/// Why a write passes or not.
enum class Why {
    Neutral,             ///< passes: no memory moves
    Safe,                ///< passes: every touched unit keeps its floor in every case
    Release,             ///< passes: memory is only released, on units above their floor
    Relief,              ///< passes: it lowers every BREAK unit that it touches
    FloorBreak,          ///< some placement puts a unit below its floor
    BreakUnit,           ///< it could raise use on a unit that is below its floor already
    ReliefNeedsReason,   ///< it would be relief, but the reason names no γ₁ floor signal
    ReliefOff,           ///< relief is switched off
    UnknownMemory,       ///< a pod to come has no request, no history and no limit
    StaleMetrics,        ///< a unit's figure is missing or too old
    UnreadableFloor,     ///< a unit's floor annotation is no percentage
    Unmodelled,          ///< a kind the gate knows nothing of
    EngineDisagreement,  ///< the gate's own rules pass it, another proof engine does not
    EngineSilent,        ///< the gate's own rules pass it, another proof engine gives no answer
};

/// Stable lower-case name: "safe", "floor-break", "stale-metrics", ...
std::string_view to_string(Why why);

/// Whether no write may pass with such a unit.
bool blocks(Why why);

/// Old pods on one unit with equal requests that may leave.
struct JudgedLeaving {
    Amounts request;
    std::vector<Bytes> uses;
    int group = -1;
    std::int64_t gone = 0;  ///< in the worst case the so many smallest have left

    friend bool operator==(const JudgedLeaving&, const JudgedLeaving&) = default;
};

/// One touched unit: what may happen on it, and the worst of it.
struct UnitCase {
    std::string unit;
    Why why = Why::Safe;
    bool exact = true;  ///< false: `after` is a simple bound, which is never below the worst case
    Bytes capacity = 0;
    std::int64_t floor_share = 0;
    Bytes limit = 0;
    Bytes used = 0;  ///< metrics plus estimates of pods that metrics do not show yet
    Amounts free;
    std::vector<std::int64_t> most;    ///< per group: bound on the count here, 0 when the unit takes none
    std::vector<std::int64_t> placed;  ///< per group: the counts of the worst case
    std::vector<JudgedLeaving> leaving;
    Bytes after = 0;    ///< worst case
    Bytes settled = 0;  ///< worst case once everything that leaves has left

    friend bool operator==(const UnitCase&, const UnitCase&) = default;
};

/// A unit's figures without its name and its lists.
struct UnitSums {
    Bytes capacity = 0;
    Bytes used = 0;
    Bytes after = 0;
    Bytes settled = 0;
};

/// A pod that may leave its unit at any time, or stay.
struct Departure {
    cluster::NodeId row = cluster::kNone;
    std::uint32_t pod = cluster::kNone;  ///< its place in the state
    int group = -1;                      ///< index of the group to come that is coupled to it; -1: none
    bool own = false;                    ///< the write itself lets it go
    Bytes use = 0;                       ///< what its leaving takes from the row's figure
    Amounts request;
};

/// The pods of one unit in classes of equal requests and coupling, each with its smallest use first.
std::vector<Leaving> classes_of(std::span<const Departure> pods);

/// Pods that may come and go, as the rows of a verdict were judged by them.
struct Movements {
    std::vector<Bytes> each;                      ///< per group; 0 where it is not known
    std::vector<std::vector<std::int64_t>> most;  ///< [group][row]: at most so many, room aside
    std::vector<Bytes> unseen;                    ///< [row]: use that the row's figure does not show; -1: unknown
    std::vector<Departure> leaving;               ///< by row

    [[nodiscard]] std::span<const Departure> leaving_on(cluster::NodeId row) const;
};

/// The touched units of a verdict.
///
/// On nearly every unit of a large cluster everything that may come finds room at once and the floor is kept. Such a
/// *roomy* unit is kept as its row's number; its case is worked out from the rows, which the verdict shares with the
/// state it judged, when somebody asks for it. Only the others are written down.
class UnitCases {
public:
    UnitCases() = default;
    UnitCases(cluster::UnitTable rows, Movements movements)
        : rows_(std::move(rows)), movements_(std::move(movements)) {}

    [[nodiscard]] std::size_t size() const { return touched_.size(); }
    [[nodiscard]] bool empty() const { return touched_.empty(); }
    [[nodiscard]] UnitCase operator[](std::size_t at) const;
    [[nodiscard]] UnitSums sums(std::size_t at) const;
    [[nodiscard]] const Movements& movements() const { return movements_; }
    [[nodiscard]] const std::string& name(std::size_t at) const { return rows_.facts(touched_[at]).name; }
    /// The cases that block, in their order.
    [[nodiscard]] std::vector<UnitCase> blocking() const;
    [[nodiscard]] bool any(Why why) const;

    class Iterator {
    public:
        using iterator_category = std::input_iterator_tag;
        using value_type = UnitCase;
        using difference_type = std::ptrdiff_t;
        using pointer = void;
        using reference = UnitCase;

        Iterator(const UnitCases& cases, std::size_t at) : cases_(&cases), at_(at) {}
        UnitCase operator*() const { return (*cases_)[at_]; }
        Iterator& operator++() {
            ++at_;
            return *this;
        }
        friend bool operator==(const Iterator&, const Iterator&) = default;

    private:
        const UnitCases* cases_;
        std::size_t at_;
    };
    [[nodiscard]] Iterator begin() const { return {*this, 0}; }
    [[nodiscard]] Iterator end() const { return {*this, size()}; }

    /// Everything else about a unit that is not roomy.
    struct Outcome {
        Why why = Why::Safe;
        bool exact = true;
        bool takes_pods = false;  ///< false: none can come, whatever the bounds say
        Bytes used = 0;
        Bytes after = 0;
        Bytes settled = 0;
    };
    /// Room for so many units, of which so many are probably not roomy.
    void reserve(std::size_t units, std::size_t others = 0);
    void add_roomy(cluster::NodeId id) { touched_.push_back(id); }
    /// `placed` may be empty: none; `gone` is per class of `leaving`.
    void add(cluster::NodeId id, const Outcome& outcome, const std::vector<std::int64_t>& placed,
             std::vector<Leaving>&& leaving, const std::vector<std::int64_t>& gone);

private:
    struct Written {
        std::uint32_t at = 0;  ///< index into touched_
        Outcome outcome;
        std::uint32_t placed_from = 0;
        std::uint32_t placed_to = 0;
        std::uint32_t leaving_from = 0;
        std::uint32_t leaving_to = 0;
    };
    [[nodiscard]] const Written* written(std::size_t at) const;
    [[nodiscard]] Bytes used_on(cluster::NodeId id) const;

    cluster::UnitTable rows_;
    Movements movements_;
    std::vector<cluster::NodeId> touched_;
    std::vector<Written> written_;  // ascending
    std::vector<std::int64_t> placed_;
    std::vector<JudgedLeaving> leaving_;
};

}  // namespace helix::gate
