#include <algorithm>
#include <limits>
#include <unordered_set>

#include "domain/core/int128.hpp"
#include "tests/oracle/model.hpp"

namespace helix::oracle {
namespace {

constexpr std::uint8_t kAbsent = 0;
constexpr std::uint8_t kWaiting = 1;
constexpr std::uint8_t kGone = 2;
constexpr std::uint8_t kBound = 3;     // + node
constexpr std::uint8_t kLeaving = 6;   // + node
constexpr std::size_t kSlotsMax = 14;  // 4 bits each

/// A pod that is there, or that some controller may make.
struct Slot {
    int workload = 0;
    int generation = 0;
    int ordinal = 0;
    Template shape;
    std::int64_t each = 0;     // memory while bound, when not part of the node's figure
    std::int64_t in_used = 0;  // its share of the node's figure
    int home = kPending;       // where it was bound at the start
    int alike = 0;             // slots of one number are interchangeable
};

struct Point {
    std::array<std::uint8_t, kSlotsMax> status{};
    std::uint8_t applied = 0;
    std::uint8_t cordoned = 0;
    std::array<std::uint8_t, 2> desired{};
    std::array<std::uint8_t, 2> old_target{};
    std::array<bool, 2> rolled{};
    std::array<bool, 2> deleted{};

    bool operator==(const Point&) const = default;
};

struct PointHash {
    std::size_t operator()(const Point& point) const {
        std::uint64_t low = 0;
        for (const std::uint8_t one : point.status) low = (low << 4U | low >> 60U) ^ one;
        std::uint64_t high = point.applied;
        for (std::size_t w = 0; w < 2; ++w)
            high = high << 12U ^ static_cast<std::uint64_t>(point.desired[w] << 6U ^ point.old_target[w] << 2U ^
                                                            (point.rolled[w] ? 2 : 0) ^ (point.deleted[w] ? 1 : 0));
        return (low * 0x9E3779B97F4A7C15ULL) ^ ((high << 3U ^ point.cordoned) * 0xC2B2AE3D27D4EB4FULL);
    }
};

class Explorer {
public:
    Explorer(const Model& model, std::size_t states_max) : model_(model), states_max_(states_max) {
        make_slots();
        found_.highest.assign(model.nodes.size(), std::numeric_limits<std::int64_t>::min());
        found_.most_bound.assign(model.nodes.size(), {0, 0});
        found_.mixes.resize(model.nodes.size());
    }

    Explored run() {
        if (slots_.size() > kSlotsMax) {
            found_.complete = false;
            return found_;
        }
        visit(start());
        while (!open_.empty() && found_.complete) {
            const Point point = open_.back();
            open_.pop_back();
            look(point);
            step(point);
        }
        found_.states = seen_.size();
        return found_;
    }

private:
    static bool live(std::uint8_t status) { return status == kWaiting || (status >= kBound && status < kLeaving); }
    static bool bound(std::uint8_t status) { return status >= kBound && status < kLeaving; }
    static bool present(std::uint8_t status) { return status == kWaiting || status >= kBound; }
    static int node_of(std::uint8_t status) { return status < kBound ? kPending : (status - kBound) % 3; }

    const Workload& workload(int w) const { return model_.workloads[static_cast<std::size_t>(w)]; }

    void add_later(int w, int generation, int ordinal, int alike) {
        Slot slot;
        slot.workload = w;
        slot.generation = generation;
        slot.ordinal = ordinal;
        slot.shape = workload(w).templates[static_cast<std::size_t>(generation)];
        slot.each = estimate(model_, w, generation);
        slot.alike = alike;
        slots_.push_back(slot);
    }

    /// Slots for what is there, then as many as the writes and controllers could ever ask for.
    void make_slots() {
        int alike = 100;
        for (const Pod& pod : model_.pods) {
            Slot slot;
            slot.workload = pod.workload;
            slot.ordinal = pod.ordinal;
            slot.shape = workload(pod.workload).templates[0];
            slot.home = pod.node;
            slot.in_used = pod.node == kPending ? 0 : pod.use;
            slot.each = pod.use > 0 ? 0 : estimate(model_, pod.workload, 0);
            slot.alike = ++alike;
            slots_.push_back(slot);
        }
        for (int w = 0; w < static_cast<int>(model_.workloads.size()); ++w) make_later_slots(w);
    }

    void make_later_slots(int w) {
        const Workload& owner = workload(w);
        int counted = 0;
        for (const Pod& pod : model_.pods) counted += pod.workload == w && !pod.terminating ? 1 : 0;
        int most = owner.desired;
        int again = std::max(0, owner.desired - counted);
        int evicted = 0;
        bool rolls = false;
        int last = owner.desired;
        for (const Write& write : model_.writes) {
            if (write.kind == WriteKind::Scale && write.workload == w) {
                again += std::max(0, write.count - (model_.in_order ? last : std::min(last, owner.desired)));
                last = write.count;
                most = std::max(most, write.count);
            }
            rolls = rolls || (write.kind == WriteKind::Roll && write.workload == w);
            for (std::size_t i = 0; i < model_.pods.size(); ++i) {
                const Pod& pod = model_.pods[i];
                if (pod.workload != w || pod.terminating) continue;
                if (write.kind == WriteKind::Evict && write.pod == static_cast<int>(i)) ++evicted;
                if (write.kind == WriteKind::Drain && pod.node == write.node) ++evicted;
            }
        }
        if (owner.controller == Controller::DaemonSet) {
            for (int n = 0; rolls && n < static_cast<int>(model_.nodes.size()); ++n)
                add_later(w, 1, n, 200 + 10 * w + n);
            return;
        }
        if (owner.controller == Controller::StatefulSet) {
            for (int o = 0; o < most; ++o) {
                if (again > 0 || evicted > 0) add_later(w, 0, o, 300 + 20 * w + o);
                if (rolls) add_later(w, 1, o, 310 + 20 * w + o);
            }
            return;
        }
        for (int i = 0; i < again + evicted; ++i) add_later(w, 0, -1, 400 + w);
        for (int i = 0; rolls && i < most; ++i) add_later(w, 1, -1, 410 + w);
    }

    Point start() const {
        Point point;
        for (std::size_t i = 0; i < model_.pods.size(); ++i) {
            const Pod& pod = model_.pods[i];
            const int status =
                pod.node == kPending ? kWaiting : pod.node + (pod.terminating ? int{kLeaving} : int{kBound});
            point.status[i] = static_cast<std::uint8_t>(status);
        }
        for (std::size_t n = 0; n < model_.nodes.size(); ++n)
            if (model_.nodes[n].cordoned) point.cordoned = static_cast<std::uint8_t>(point.cordoned | 1U << n);
        for (std::size_t w = 0; w < model_.workloads.size(); ++w)
            point.desired[w] = point.old_target[w] = static_cast<std::uint8_t>(model_.workloads[w].desired);
        return point;
    }

    void visit(Point point) {
        for (std::size_t i = 0; i + 1 < slots_.size(); ++i)  // interchangeable slots in ascending order
            for (std::size_t j = i + 1; j < slots_.size() && slots_[j].alike == slots_[i].alike; ++j)
                if (point.status[j] < point.status[i]) std::swap(point.status[i], point.status[j]);
        if (!seen_.insert(point).second) return;
        if (seen_.size() > states_max_) found_.complete = false;
        open_.push_back(point);
    }

    void look(const Point& point) {
        for (int n = 0; n < static_cast<int>(model_.nodes.size()); ++n) {
            const auto at = static_cast<std::size_t>(n);
            std::int64_t use = model_.nodes[at].used;
            std::array<int, 2> later{};
            for (std::size_t i = 0; i < slots_.size(); ++i) {
                const Slot& slot = slots_[i];
                if (slot.home == n && point.status[i] == kGone) use -= slot.in_used;
                if (node_of(point.status[i]) != n) continue;
                use += slot.each;
                if (slot.home == kPending) ++later[static_cast<std::size_t>(slot.workload)];
            }
            found_.highest[at] = std::max(found_.highest[at], use);
            for (std::size_t w = 0; w < 2; ++w) found_.most_bound[at][w] = std::max(found_.most_bound[at][w], later[w]);
            auto& mix = found_.mixes[at].try_emplace(later, use).first->second;
            mix = std::max(mix, use);
        }
    }

    void set(Point point, std::size_t slot, std::uint8_t status) {
        point.status[slot] = status;
        visit(point);
    }

    static std::uint8_t leaving(std::uint8_t status) {
        return status == kWaiting ? kGone : static_cast<std::uint8_t>(status - kBound + kLeaving);
    }

    void step(const Point& point) {
        for (std::size_t i = 0; i < slots_.size(); ++i) {
            if (point.status[i] == kWaiting) schedule(point, i);
            if (point.status[i] >= kLeaving) set(point, i, kGone);
        }
        for (std::size_t i = 0; i < model_.writes.size(); ++i) {
            const bool done = (point.applied >> i & 1U) != 0;
            const bool turn = !model_.in_order || i == 0 || (point.applied >> (i - 1) & 1U) != 0;
            if (!done && turn) apply(point, i);
            if (done && model_.writes[i].kind == WriteKind::Drain) drain(point, model_.writes[i].node);
        }
        for (int w = 0; w < static_cast<int>(model_.workloads.size()); ++w) control(point, w);
    }

    void schedule(const Point& point, std::size_t at) {
        const Slot& slot = slots_[at];
        for (int n = 0; n < static_cast<int>(model_.nodes.size()); ++n) {
            const Node& node = model_.nodes[static_cast<std::size_t>(n)];
            if (workload(slot.workload).controller == Controller::DaemonSet) {
                if (slot.ordinal != n) continue;  // its pods bear cordons
            } else if ((point.cordoned >> n & 1) != 0) {
                continue;
            }
            if (node.tainted && !slot.shape.tolerates) continue;
            if (slot.shape.zone >= 0 && slot.shape.zone != node.zone) continue;
            std::int64_t memory = node.capacity - slot.shape.memory;
            std::int64_t cpu = node.cpu - slot.shape.cpu;
            int pods = node.pods - 1;
            for (std::size_t i = 0; i < slots_.size(); ++i) {
                if (node_of(point.status[i]) != n) continue;
                memory -= slots_[i].shape.memory;
                cpu -= slots_[i].shape.cpu;
                --pods;
            }
            const bool room = (memory >= 0 || slot.shape.memory == 0) && (cpu >= 0 || slot.shape.cpu == 0) && pods >= 0;
            if (room) set(point, at, static_cast<std::uint8_t>(kBound + n));
        }
    }

    void apply(Point point, std::size_t index) {
        const Write& write = model_.writes[index];
        const auto w = static_cast<std::size_t>(write.workload);
        point.applied = static_cast<std::uint8_t>(point.applied | 1U << index);
        switch (write.kind) {
            case WriteKind::Scale:
                point.desired[w] = static_cast<std::uint8_t>(write.count);
                // Deployments in the middle of a roll grow their old pods with the new ones.
                point.old_target[w] =
                    point.rolled[w] ? std::max(point.old_target[w], point.desired[w]) : point.desired[w];
                break;
            case WriteKind::Roll:
                point.rolled[w] = true;
                break;
            case WriteKind::Evict: {
                auto& status = point.status[static_cast<std::size_t>(write.pod)];
                if (live(status)) status = leaving(status);
                break;
            }
            case WriteKind::Delete:
                point.deleted[w] = true;
                break;
            case WriteKind::Drain:
            case WriteKind::Cordon:
                point.cordoned = static_cast<std::uint8_t>(point.cordoned | 1U << write.node);
                break;
            case WriteKind::Uncordon:
                point.cordoned = static_cast<std::uint8_t>(point.cordoned & ~(1U << write.node));
                break;
        }
        visit(point);
    }

    void drain(const Point& point, int node) {
        for (std::size_t i = 0; i < model_.pods.size(); ++i) {
            const bool daemon = workload(slots_[i].workload).controller == Controller::DaemonSet;
            if (slots_[i].home == node && bound(point.status[i]) && !daemon) set(point, i, leaving(point.status[i]));
        }
    }

    struct Census {
        int live = 0;
        int ready = 0;  // bound and live
        std::array<int, 2> of{};
        std::array<int, 2> present{};
    };

    Census census(const Point& point, int w) const {
        Census count;
        for (std::size_t i = 0; i < slots_.size(); ++i) {
            if (slots_[i].workload != w) continue;
            const auto generation = static_cast<std::size_t>(slots_[i].generation);
            if (live(point.status[i])) ++count.live, ++count.of[generation];
            if (bound(point.status[i])) ++count.ready;
            if (present(point.status[i])) ++count.present[generation];
        }
        return count;
    }

    void remove(const Point& point, int w, int generation) {
        for (std::size_t i = 0; i < slots_.size(); ++i)
            if (slots_[i].workload == w && slots_[i].generation == generation && live(point.status[i]))
                set(point, i, leaving(point.status[i]));
    }

    void create(const Point& point, int w, int generation) {
        for (std::size_t i = 0; i < slots_.size(); ++i) {
            if (slots_[i].workload != w || slots_[i].generation != generation) continue;
            if (point.status[i] != kAbsent || i < model_.pods.size()) continue;
            return set(point, i, kWaiting);
        }
    }

    void control(const Point& point, int w) {
        const auto at = static_cast<std::size_t>(w);
        if (point.deleted[at]) {
            remove(point, w, 0);
            return remove(point, w, 1);
        }
        switch (workload(w).controller) {
            case Controller::Rolling:
                return roll(point, w);
            case Controller::Recreate:
                return recreate(point, w);
            case Controller::StatefulSet:
            case Controller::DaemonSet:
                return by_name(point, w);
        }
    }

    void keep_count(const Point& point, int w, const Census& count) {
        if (count.live < point.desired[static_cast<std::size_t>(w)]) create(point, w, 0);
        if (count.live > point.desired[static_cast<std::size_t>(w)]) remove(point, w, 0);
    }

    void roll(const Point& point, int w) {
        const auto at = static_cast<std::size_t>(w);
        const Census count = census(point, w);
        if (!point.rolled[at]) return keep_count(point, w, count);
        const int desired = point.desired[at];
        const bool may_grow = count.live < desired + workload(w).surge;
        if (may_grow && count.of[1] < desired) create(point, w, 1);
        if (may_grow && count.of[0] < point.old_target[at]) create(point, w, 0);
        if (count.of[1] > desired) remove(point, w, 1);
        for (std::size_t i = 0; i < slots_.size(); ++i) {
            if (slots_[i].workload != w || slots_[i].generation != 0 || !live(point.status[i])) continue;
            if (bound(point.status[i]) && count.ready - 1 < desired - workload(w).unavailable) continue;
            Point next = point;
            next.old_target[at] = static_cast<std::uint8_t>(count.of[0] - 1);
            set(next, i, leaving(point.status[i]));
        }
    }

    void recreate(const Point& point, int w) {
        const auto at = static_cast<std::size_t>(w);
        const Census count = census(point, w);
        if (!point.rolled[at]) return keep_count(point, w, count);
        if (count.present[0] == 0 && count.of[1] < point.desired[at]) create(point, w, 1);
        if (count.of[0] < point.old_target[at] && count.present[1] == 0) create(point, w, 0);
        if (count.of[1] > point.desired[at]) remove(point, w, 1);
        Point next = point;
        next.old_target[at] = 0;
        remove(next, w, 0);
    }

    /// StatefulSet: one pod per ordinal; DaemonSet: one per node. A successor needs its predecessor gone. Which one is
    /// replaced next, and how many at once, is left open: partitions, pod management and maxUnavailable all narrow it.
    void by_name(const Point& point, int w) {
        const auto at = static_cast<std::size_t>(w);
        const bool daemon = workload(w).controller == Controller::DaemonSet;
        const bool surges = daemon && workload(w).surge > 0;
        const int generation = point.rolled[at] ? 1 : 0;
        for (std::size_t i = 0; i < slots_.size(); ++i) {
            const Slot& slot = slots_[i];
            if (slot.workload != w) continue;
            const bool outdated = slot.generation < generation;
            const bool surplus = !daemon && slot.ordinal >= point.desired[at];
            if (live(point.status[i]) && (outdated || surplus)) set(point, i, leaving(point.status[i]));
            if (i < model_.pods.size() || point.status[i] != kAbsent || slot.generation != generation || surplus)
                continue;
            const bool taken = std::any_of(slots_.begin(), slots_.end(), [&](const Slot& other) {
                const auto status = point.status[static_cast<std::size_t>(&other - slots_.data())];
                return other.workload == w && other.ordinal == slot.ordinal && present(status) &&
                       (!surges || other.generation == generation);
            });
            if (!taken) set(point, i, kWaiting);
        }
    }

    const Model& model_;
    std::size_t states_max_;
    std::vector<Slot> slots_;
    std::vector<Point> open_;
    std::unordered_set<Point, PointHash> seen_;
    Explored found_;
};

}  // namespace

std::int64_t estimate(const Model& model, int workload, int generation) {
    std::int64_t most =
        model.workloads[static_cast<std::size_t>(workload)].templates[static_cast<std::size_t>(generation)].memory;
    for (const Pod& pod : model.pods)
        if (pod.workload == workload) most = std::max(most, pod.use);
    return most;
}

std::int64_t limit_of(const Node& node) {
    const auto keeps = [&](std::int64_t used) {
        const Int128 free = static_cast<Int128>(node.capacity) - used;
        return free * 100'000'000'000'000'000 >= static_cast<Int128>(node.floor_share) * node.capacity;
    };
    std::int64_t low = -1;
    std::int64_t high = node.capacity + 1;
    while (high - low > 1) {
        const std::int64_t middle = low + (high - low) / 2;
        (keeps(middle) ? low : high) = middle;
    }
    return low;
}

Explored explore(const Model& model, std::size_t states_max) {
    return Explorer(model, states_max).run();
}

}  // namespace helix::oracle
