#include "domain/gate/remedies.hpp"

#include <algorithm>

#include "domain/gate/gate.hpp"

namespace helix::gate {
namespace {

using cluster::State;

/// More units than this are not a thing to cordon one by one.
constexpr std::size_t kCordonMost = 5;

class Proposer {
public:
    Proposer(const State& state, std::span<const Reservation> reservations, const Request& request,
             const Effect& effect, const Settings& settings, Verdict& verdict)
        : state_(state),
          reservations_(reservations),
          request_(request),
          effect_(effect),
          settings_(settings),
          verdict_(verdict) {}

    void run() {
        smaller_count();
        cordon_first();
        spread();
    }

private:
    bool passes(const Effect& effect) const {
        return judge_effect(state_, reservations_, effect, request_.action.reason, settings_).passed;
    }

    bool sets_a_count() const {
        return effect_.kind == EffectKind::Raise && effect_.incoming.size() == 1 &&
               !effect_.incoming.front().replaces && effect_.incoming.front().target_total > 0 &&
               effect_.incoming.front().per_node_most != 1;
    }

    Effect with_count(std::int64_t count) const {
        Effect smaller = effect_;
        PodGroup& group = smaller.incoming.front();
        group.target_total -= group.count - count;
        group.count = count;
        return smaller;
    }

    /// The count that the workload has been asked for already: to ask for it again moves nothing.
    std::int64_t asked_before() const {
        const OwnerKey& owner = effect_.incoming.front().owner;
        const cluster::WorkloadId id = state_.find_workload(owner.kind, owner.ns, owner.name);
        if (id == cluster::kNone) return 0;
        const std::int64_t desired = state_.workload(id).workload.desired;
        return std::min(desired, request_.planned_count.value_or(desired));
    }

    /// The largest count that passes; more pods only ever make a verdict worse, so halving finds it.
    void smaller_count() {
        if (!sets_a_count()) return;
        const PodGroup& asked = effect_.incoming.front();
        std::int64_t low = 0;
        std::int64_t high = asked.count - 1;
        while (low < high) {
            const std::int64_t count = low + (high - low + 1) / 2;
            if (passes(with_count(count))) {
                low = count;
            } else {
                high = count - 1;
            }
        }
        const std::int64_t total = std::max(asked.target_total - asked.count + low, asked_before());
        verdict_.max_safe = total;
        if (low > 0 && total > asked_before())
            verdict_.remedies.push_back({"ask for " + std::to_string(total) + " replicas", total, {}});
    }

    void cordon_first() {
        std::vector<std::string> failing;
        for (const UnitCase& unit : verdict_.cases.blocking())
            if (unit.why == Why::FloorBreak || unit.why == Why::BreakUnit) failing.push_back(unit.unit);
        if (failing.empty() || failing.size() > kCordonMost) return;
        Effect cordoned = effect_;
        cordoned.cordoned.insert(cordoned.cordoned.end(), failing.begin(), failing.end());
        const bool room_left = failing.size() < static_cast<std::size_t>(verdict_.units_seen);
        if (!room_left || !passes(cordoned)) return;
        std::string what = "cordon ";
        for (const std::string& unit : failing) what += (unit == failing.front() ? "" : ", ") + unit;
        verdict_.remedies.push_back({what + " first", std::nullopt, failing});
    }

    /// For a workload to be made: one that is there would have to be rolled out anew for it, which is another write.
    void spread() {
        const OwnerKey& subject = effect_.subject;
        if (state_.find_workload(subject.kind, subject.ns, subject.name) != cluster::kNone) return;
        if (!sets_a_count() || !effect_.incoming.front().shape->spreads.empty()) return;
        const auto& labels = effect_.incoming.front().shape->labels;
        if (labels.empty()) return;
        auto shape = std::make_shared<cluster::PodShape>(*effect_.incoming.front().shape);
        cluster::HostnameSpread even;
        for (const auto& [key, value] : labels)
            even.pod_selector.push_back({key, cluster::Operator::In, {value}, false});
        shape->spreads.push_back(std::move(even));
        Effect bounded = effect_;
        bounded.incoming.front().shape = std::move(shape);
        if (passes(bounded))
            verdict_.remedies.push_back(
                {"spread over kubernetes.io/hostname with maxSkew 1 and DoNotSchedule", std::nullopt, {}});
    }

    const State& state_;
    std::span<const Reservation> reservations_;
    const Request& request_;
    const Effect& effect_;
    const Settings& settings_;
    Verdict& verdict_;
};

}  // namespace

void propose(const State& state, std::span<const Reservation> reservations, const Request& request,
             const Effect& effect, const Settings& settings, Verdict& verdict) {
    if (verdict.why == Why::Unmodelled || effect.incoming.empty()) return;
    Proposer(state, reservations, request, effect, settings, verdict).run();
}

}  // namespace helix::gate
