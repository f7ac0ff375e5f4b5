#include "domain/gate/unit_problem.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <optional>

#include "domain/core/int128.hpp"

namespace helix::gate {
namespace {

constexpr Bytes kMost = std::numeric_limits<Bytes>::max() / 4;

Bytes times(std::int64_t count, Bytes each) {
    const Int128 product = static_cast<Int128>(count) * each;
    return product > kMost ? kMost : static_cast<Bytes>(product);
}

Bytes plus(Bytes a, Bytes b) {
    return std::min(kMost, a + b);
}

void scale_into(Amounts& room, const Amounts& request, std::int64_t count) {
    room.memory += request.memory * count;
    room.cpu_milli += request.cpu_milli * count;
    room.pods += request.pods * count;
}

/// Depth-first over the leaving classes, then over the incoming kinds; branches that cannot beat the best are cut.
class Search {
public:
    Search(const UnitProblem& problem, int steps_max) : problem_(problem), steps_left_(steps_max) {
        placed_.assign(problem.incoming.size(), 0);
        gone_.assign(problem.leaving.size(), 0);
        best_.after = problem.used;
        best_.placed = placed_;
        best_.gone = gone_;
        order_.resize(problem.incoming.size());
        std::iota(order_.begin(), order_.end(), 0U);
        std::sort(order_.begin(), order_.end(),
                  [&](std::size_t a, std::size_t b) { return problem.incoming[a].each > problem.incoming[b].each; });
    }

    UnitWorst run() {
        leave(0, problem_.free, problem_.used);
        if (steps_left_ <= 0) {
            best_.exact = false;
            best_.after = std::max(best_.after, upper_bound());
        }
        return std::move(best_);
    }

private:
    /// Every kind at its most with everybody gone and nothing released: no reachable state uses more.
    Bytes upper_bound() const { return bound_from(0, with_all_gone(problem_.free, 0), problem_.used); }

    Amounts with_all_gone(Amounts room, std::size_t first) const {
        for (std::size_t i = first; i < problem_.leaving.size(); ++i) {
            const Leaving& old = problem_.leaving[i];
            scale_into(room, old.request, static_cast<std::int64_t>(old.uses.size()));
        }
        return room;
    }

    Bytes bound_from(std::size_t first, const Amounts& room, Bytes used) const {
        for (std::size_t i = first; i < order_.size(); ++i) {
            const Incoming& kind = problem_.incoming[order_[i]];
            used = plus(used, times(fitting(room, kind.request, kind.most), kind.each));
        }
        return used;
    }

    void leave(std::size_t index, Amounts room, Bytes used) {
        if (index == problem_.leaving.size()) return place(0, room, used);
        if (bound_from(0, with_all_gone(room, index), used) <= best_.after) return;
        const Leaving& old = problem_.leaving[index];
        for (std::size_t gone = 0; gone <= old.uses.size(); ++gone) {
            if (--steps_left_ <= 0) return;
            if (gone > 0) {
                scale_into(room, old.request, 1);
                used -= old.uses[gone - 1];
            }
            gone_[index] = static_cast<std::int64_t>(gone);
            leave(index + 1, room, used);
        }
        gone_[index] = 0;
    }

    /// The most that couplings allow of kind `index` with the classes gone as they are now.
    std::int64_t coupled_most(std::size_t index) const {
        const Incoming& kind = problem_.incoming[index];
        if (kind.coupling == Coupling::Free) return kind.most;
        std::int64_t left = 0;
        for (std::size_t i = 0; i < problem_.leaving.size(); ++i) {
            const Leaving& old = problem_.leaving[i];
            if (old.incoming == static_cast<int>(index)) left += static_cast<std::int64_t>(old.uses.size()) - gone_[i];
        }
        if (kind.coupling == Coupling::OldFirst) return left > 0 ? 0 : kind.most;
        return std::min(kind.most, std::max<std::int64_t>(0, kind.coupled_total - left));
    }

    void place(std::size_t at, const Amounts& room, Bytes used) {
        if (at == order_.size()) {
            if (used > best_.after) {
                best_.after = used;
                best_.placed = placed_;
                best_.gone = gone_;
            }
            return;
        }
        if (--steps_left_ <= 0 || bound_from(at, room, used) <= best_.after) return;
        const std::size_t index = order_[at];
        const Incoming& kind = problem_.incoming[index];
        const bool last = at + 1 == order_.size();
        for (std::int64_t count = fitting(room, kind.request, coupled_most(index)); count >= 0; --count) {
            Amounts rest = room;
            scale_into(rest, kind.request, -count);
            placed_[index] = count;
            place(at + 1, rest, plus(used, times(count, kind.each)));
            if (last || steps_left_ <= 0) break;  // for the last kind more is never less
        }
        placed_[index] = 0;
    }

    const UnitProblem& problem_;
    int steps_left_;
    std::vector<std::size_t> order_;
    std::vector<std::int64_t> placed_;
    std::vector<std::int64_t> gone_;
    UnitWorst best_;
};

/// The worst case when all that may come finds room at once and nobody need go first: leaving only lowers the use.
std::optional<UnitWorst> everybody_lands(const UnitProblem& problem) {
    Int128 memory = 0;
    Int128 cpu_milli = 0;
    Int128 pods = 0;
    UnitWorst worst;
    worst.after = problem.used;
    for (std::size_t i = 0; i < problem.incoming.size(); ++i) {
        const Incoming& kind = problem.incoming[i];
        const bool coupled = std::any_of(problem.leaving.begin(), problem.leaving.end(),
                                         [&](const Leaving& old) { return old.incoming == static_cast<int>(i); });
        const bool bounded = kind.coupling == Coupling::OneForOne && kind.most > kind.coupled_total;
        if (kind.coupling != Coupling::Free && (coupled || bounded) && kind.most > 0) return std::nullopt;
        memory += static_cast<Int128>(kind.request.memory) * kind.most;
        cpu_milli += static_cast<Int128>(kind.request.cpu_milli) * kind.most;
        pods += static_cast<Int128>(kind.request.pods) * kind.most;
        worst.after = plus(worst.after, times(kind.most, kind.each));
        worst.placed.push_back(kind.most);
    }
    const auto is_short = [](Int128 wanted, std::int64_t room) { return wanted > 0 && wanted > room; };
    const Amounts& free = problem.free;
    if (is_short(memory, free.memory) || is_short(cpu_milli, free.cpu_milli) || is_short(pods, free.pods))
        return std::nullopt;
    worst.gone.assign(problem.leaving.size(), 0);
    return worst;
}

}  // namespace

std::int64_t fitting(const Amounts& free, const Amounts& request, std::int64_t most) {
    const auto limit = [&most](std::int64_t room, std::int64_t wanted) {
        if (wanted <= 0) return;
        std::int64_t all = 0;
        if (!__builtin_mul_overflow(wanted, most, &all) && all <= room) return;  // spares the division
        most = room < wanted ? 0 : std::min(most, room / wanted);
    };
    limit(free.pods, request.pods);
    limit(free.memory, request.memory);
    limit(free.cpu_milli, request.cpu_milli);
    return std::max<std::int64_t>(most, 0);
}

std::int64_t lone_count(const Amounts& free, const Incoming& only) {
    const std::int64_t most =
        only.coupling == Coupling::OneForOne ? std::min(only.most, only.coupled_total) : only.most;
    return fitting(free, only.request, most);
}

Bytes lone_after(Bytes used, const Incoming& only, std::int64_t count) {
    return plus(used, times(count, only.each));
}

UnitWorst worst_case(const UnitProblem& problem, int steps_max) {
    if (problem.leaving.empty() && problem.incoming.size() == 1) {
        const Incoming& only = problem.incoming.front();
        const std::int64_t count = lone_count(problem.free, only);
        return UnitWorst{lone_after(problem.used, only, count), {count}, {}, true};
    }
    if (auto all = everybody_lands(problem)) return *std::move(all);
    return Search(problem, steps_max).run();
}

}  // namespace helix::gate
