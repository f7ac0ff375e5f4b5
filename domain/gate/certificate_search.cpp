#include "domain/gate/certificate_search.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>
#include <vector>

namespace helix::gate::recheck {
namespace {

constexpr std::int64_t kAmountMost = std::int64_t{1} << 61;
constexpr std::int64_t kCountMost = std::int64_t{1} << 40;
constexpr std::int64_t kPodsMost = 10'000;  // groups, classes of leaving pods, and pods of one class

/// Memory, CPU and pods side by side.
using Room = std::array<Int128, 3>;

Room room_of(const Amounts& amounts) {
    return {amounts.memory, amounts.cpu_milli, amounts.pods};
}

Room after_adding(Room room, const Amounts& amounts, Int128 times) {
    const Room each = room_of(amounts);
    for (std::size_t i = 0; i < room.size(); ++i) room[i] += each[i] * times;
    return room;
}

Room everybody_gone(const CertificateUnit& unit) {
    Room room = room_of(unit.free);
    for (const JudgedLeaving& old : unit.leaving)
        room = after_adding(room, old.request, static_cast<Int128>(old.uses.size()));
    return room;
}

/// How many pods of `request` fit into `room`, at most `most`; what is not asked for is not missing.
Int128 fit(const Room& room, const Amounts& request, Int128 most) {
    const Room each = room_of(request);
    for (std::size_t i = 0; i < room.size(); ++i)
        if (each[i] > 0) most = room[i] < each[i] ? 0 : std::min(most, room[i] / each[i]);
    return most;
}

Int128 each_of(const JudgedGroup& group) {
    return group.each.value_or(0);
}

bool small(std::int64_t value) {
    return value >= 0 && value <= kAmountMost;
}

bool small(const Amounts& request) {
    return small(request.memory) && small(request.cpu_milli) && small(request.pods);
}

bool room_is_small(const Amounts& free) {
    const auto within = [](std::int64_t value) { return value >= -kAmountMost && value <= kAmountMost; };
    return within(free.memory) && within(free.cpu_milli) && within(free.pods);
}

bool well_formed(const JudgedLeaving& old, std::size_t groups) {
    return small(old.request) && std::all_of(old.uses.begin(), old.uses.end(), [](Bytes use) { return small(use); }) &&
           std::is_sorted(old.uses.begin(), old.uses.end()) && old.group >= -1 &&
           old.group < static_cast<std::int64_t>(groups) && old.gone >= 0 &&
           static_cast<std::size_t>(old.gone) <= old.uses.size() && old.uses.size() <= kPodsMost;
}

/// The most of a group that its coupling allows while `left` of its old pods are still there.
Int128 coupled_most(const JudgedGroup& group, Int128 most, Int128 left) {
    switch (group.coupling) {
        case Coupling::Free:
            return most;
        case Coupling::OldFirst:
            return left == 0 ? most : 0;
        case Coupling::OneForOne:
            return std::clamp<Int128>(group.coupled_total - left, 0, most);
    }
    return 0;
}

/// Looks for a state above the threshold: first who leaves, class by class, then who comes, group by group. A branch
/// whose bound does not exceed the threshold is left out.
class Hunt {
public:
    Hunt(const CertificateUnit& unit, std::span<const JudgedGroup> groups, Int128 threshold, std::int64_t& steps_left)
        : unit_(unit), groups_(groups), threshold_(threshold), steps_left_(steps_left), stay_(unit.leaving.size(), 0) {
        order_.resize(groups.size());
        std::iota(order_.begin(), order_.end(), std::size_t{0});
        std::stable_sort(order_.begin(), order_.end(),
                         [&](std::size_t a, std::size_t b) { return each_of(groups[a]) > each_of(groups[b]); });
    }

    Answer run() {
        if (leaving(0, everybody_gone(unit_), unit_.used)) return Answer::Yes;
        return steps_left_ < 0 ? Answer::Undecided : Answer::No;
    }

private:
    /// A step costs what it looks at.
    bool step() {
        steps_left_ -= static_cast<std::int64_t>(1 + order_.size() + stay_.size());
        return steps_left_ >= 0;
    }

    Int128 bound(std::size_t first, const Room& room, Int128 value) const {
        for (std::size_t i = first; i < order_.size(); ++i) {
            const JudgedGroup& group = groups_[order_[i]];
            value += fit(room, group.request, unit_.most[order_[i]]) * each_of(group);
        }
        return value;
    }

    /// `room` has the classes from `index` on gone: as many of this one stay as the loop says.
    bool leaving(std::size_t index, Room room, Int128 value) {
        if (!step() || bound(0, room, value) <= threshold_) return false;
        if (index == unit_.leaving.size()) return coming(0, room, value);
        const JudgedLeaving& old = unit_.leaving[index];
        const std::size_t all = old.uses.size();
        room = after_adding(room, old.request, -static_cast<Int128>(all));
        for (std::size_t gone = 0; steps_left_ >= 0; ++gone) {
            stay_[index] = static_cast<Int128>(all - gone);
            if (leaving(index + 1, room, value)) return true;
            if (gone == all) break;
            room = after_adding(room, old.request, 1);
            value -= old.uses[gone];
        }
        return false;
    }

    Int128 old_pods_of(std::size_t group) const {
        Int128 left = 0;
        for (std::size_t i = 0; i < stay_.size(); ++i)
            if (std::cmp_equal(unit_.leaving[i].group, group)) left += stay_[i];
        return left;
    }

    bool coming(std::size_t at, const Room& room, Int128 value) {
        if (value > threshold_) return true;
        if (at == order_.size() || !step() || bound(at, room, value) <= threshold_) return false;
        const std::size_t index = order_[at];
        const JudgedGroup& group = groups_[index];
        const Int128 most = fit(room, group.request, coupled_most(group, unit_.most[index], old_pods_of(index)));
        for (Int128 count = most; count >= 0 && steps_left_ >= 0; --count)
            if (coming(at + 1, after_adding(room, group.request, -count), value + count * each_of(group))) return true;
        return false;
    }

    const CertificateUnit& unit_;
    std::span<const JudgedGroup> groups_;
    Int128 threshold_;
    std::int64_t& steps_left_;
    std::vector<Int128> stay_;  ///< per class: how many are still there
    std::vector<std::size_t> order_;
};

}  // namespace

bool well_formed(const CertificateUnit& unit, std::span<const JudgedGroup> groups) {
    if (groups.size() > kPodsMost || unit.most.size() != groups.size() || unit.placed.size() != groups.size())
        return false;
    for (std::size_t i = 0; i < groups.size(); ++i) {
        const JudgedGroup& group = groups[i];
        if (!small(group.request) || !small(group.each.value_or(0)) || group.coupled_total < 0) return false;
        if (unit.most[i] < 0 || unit.most[i] > group.count || unit.placed[i] < 0 || group.count > kCountMost)
            return false;
    }
    return std::all_of(unit.leaving.begin(), unit.leaving.end(),
                       [&](const JudgedLeaving& old) { return well_formed(old, groups.size()); }) &&
           small(unit.capacity) && small(unit.used) && room_is_small(unit.free) && unit.leaving.size() <= kPodsMost;
}

bool feasible(const CertificateUnit& unit, std::span<const JudgedGroup> groups) {
    std::vector<Int128> left(groups.size(), 0);
    Room room = room_of(unit.free);
    for (const JudgedLeaving& old : unit.leaving) {
        room = after_adding(room, old.request, old.gone);
        if (old.group >= 0)
            left[static_cast<std::size_t>(old.group)] += static_cast<Int128>(old.uses.size()) - old.gone;
    }
    Room needed{0, 0, 0};
    for (std::size_t i = 0; i < groups.size(); ++i) {
        if (unit.placed[i] > coupled_most(groups[i], unit.most[i], left[i])) return false;
        needed = after_adding(needed, groups[i].request, unit.placed[i]);
    }
    for (std::size_t i = 0; i < room.size(); ++i)
        if (needed[i] > 0 && needed[i] > room[i]) return false;
    return true;
}

Int128 witness(const CertificateUnit& unit, std::span<const JudgedGroup> groups) {
    Int128 value = unit.used;
    for (const JudgedLeaving& old : unit.leaving)
        value = std::accumulate(old.uses.begin(), old.uses.begin() + old.gone, value,
                                [](Int128 sum, Bytes use) { return sum - use; });
    for (std::size_t i = 0; i < groups.size(); ++i) value += each_of(groups[i]) * unit.placed[i];
    return std::min(value, kBytesMost);
}

Int128 simple_bound(const CertificateUnit& unit, std::span<const JudgedGroup> groups) {
    const Room room = everybody_gone(unit);
    Int128 value = unit.used;
    for (std::size_t i = 0; i < groups.size(); ++i)
        value += fit(room, groups[i].request, unit.most[i]) * each_of(groups[i]);
    return std::min(value, kBytesMost);
}

Answer exceeds(const CertificateUnit& unit, std::span<const JudgedGroup> groups, Int128 threshold,
               std::int64_t& steps_left) {
    if (threshold >= kBytesMost) return Answer::No;  // sums saturate there
    return Hunt(unit, groups, threshold, steps_left).run();
}

bool takes_any(const CertificateUnit& unit, std::span<const JudgedGroup> groups, bool only_unknown) {
    const Room room = everybody_gone(unit);
    for (std::size_t i = 0; i < groups.size(); ++i)
        if ((!only_unknown || !groups[i].each) && fit(room, groups[i].request, unit.most[i]) > 0) return true;
    return false;
}

}  // namespace helix::gate::recheck
