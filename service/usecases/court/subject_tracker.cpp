#include "service/usecases/court/subject_tracker.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

namespace helix::court {
namespace {

using cluster::WorkloadKind;

/// Pods asked for at one sitting: the others wait for the next.
constexpr int kPodReadsMax = 50;
/// A pod whose status names no container yet is asked again after this, and then less and less often.
constexpr Micros kAskPodFirst = 1'000'000;
constexpr Micros kAskPodMost = 3'600'000'000;

std::string hex_of(std::uint64_t value) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string hex;
    for (int shift = 60; shift >= 0; shift -= 4) hex += kDigits[(value >> static_cast<unsigned>(shift)) & 15U];
    return hex;
}

bool knows_containers(const trial::SubjectPod& pod) {
    return !pod.containers.empty() && std::all_of(pod.containers.begin(), pod.containers.end(),
                                                  [](const auto& one) { return !one.container_id.empty(); });
}

}  // namespace

/// What the mirror shows of a workload.
struct SubjectTracker::Seen {
    struct Pod {
        std::string uid;
        std::string name;
        std::string node;
        bool current = false;
        bool running = false;
    };
    std::string uid;  ///< empty: not there
    std::int64_t generation = 0;
    Micros created_at = 0;
    std::uint64_t template_digest = 0;
    bool settled = true;  ///< its controller has seen this generation
    std::vector<trial::SubjectReplicaSet> replica_sets;
    Micros current_since = 0;  ///< creation of the current ReplicaSet
    std::vector<Pod> pods;

    Seen(const cluster::State& state, const trial::SubjectRef& subject);

    [[nodiscard]] std::uint64_t digest() const;

    /// None of the ReplicaSets that are there is of the current pod template.
    void let_all_be_former();

private:
    void take_replica_sets(const cluster::State& state, const cluster::WorkloadSlot& slot);
};

SubjectTracker::Seen::Seen(const cluster::State& state, const trial::SubjectRef& subject) {
    const auto id = state.find_workload(cluster::workload_kind(subject.kind), subject.ns, subject.name);
    if (id == cluster::kNone || !state.workload(id).known) return;
    const cluster::WorkloadSlot& slot = state.workload(id);
    uid = slot.workload.uid;
    generation = slot.workload.generation;
    created_at = slot.workload.created_at;
    template_digest = slot.workload.template_digest;
    settled = slot.workload.observed_generation >= slot.workload.generation;
    take_replica_sets(state, slot);
    for (const cluster::PodId pod_id : state.pods_under(id)) {
        const cluster::PodSlot& pod = state.pod(pod_id);
        const bool has_owner = pod.owner != cluster::kNone && state.workload(pod.owner).known;
        const std::string owner = has_owner ? state.workload(pod.owner).workload.uid : std::string();
        const auto set = std::find_if(replica_sets.begin(), replica_sets.end(),
                                      [&](const trial::SubjectReplicaSet& one) { return one.uid == owner; });
        const bool current = set == replica_sets.end() ? replica_sets.empty() : set->current;
        pods.push_back({pod.uid, pod.name, pod.node == cluster::kNone ? "" : state.node(pod.node).name, current,
                        pod.phase == cluster::PodPhase::Running});
    }
}

void SubjectTracker::Seen::take_replica_sets(const cluster::State& state, const cluster::WorkloadSlot& slot) {
    std::int64_t newest = -1;
    for (const cluster::WorkloadId child : slot.children) {
        const cluster::WorkloadSlot& one = state.workload(child);
        if (one.known && one.workload.kind == WorkloadKind::ReplicaSet)
            newest = std::max(newest, one.workload.revision);
    }
    for (const cluster::WorkloadId child : slot.children) {
        const cluster::WorkloadSlot& one = state.workload(child);
        if (!one.known || one.workload.kind != WorkloadKind::ReplicaSet) continue;
        const bool current = one.workload.revision == newest;
        if (current) current_since = one.workload.created_at;
        replica_sets.push_back({one.workload.uid, one.workload.name, current});
    }
}

/// Of every field that can change while the UIDs stay.
std::uint64_t SubjectTracker::Seen::digest() const {
    std::string print = uid + "/" + std::to_string(generation) + "/" + std::to_string(created_at) + "/" +
                        std::to_string(current_since) + "/" + hex_of(template_digest) + (settled ? "+" : "-");
    for (const trial::SubjectReplicaSet& one : replica_sets) print += one.uid + (one.current ? "+" : "-");
    for (const Pod& one : pods)
        print += one.uid + "/" + one.node + (one.current ? "+" : "-") + (one.running ? "r" : "/");
    return std::max<std::uint64_t>(1, std::hash<std::string>{}(print));
}

void SubjectTracker::Seen::let_all_be_former() {
    for (trial::SubjectReplicaSet& set : replica_sets) set.current = false;
    for (Pod& pod : pods) pod.current = pod.current && replica_sets.empty();
    current_since = 0;
}

/// Asks for what the mirror does not keep of the workload.
Result<void> SubjectTracker::load(CaseFile& file, const Seen& seen) {
    const trial::SubjectRef& ref = file.trial->spec.subject;
    auto live = room_.subject(ref);
    if (!live) return std::move(live).error();
    if (live->subject.uid != seen.uid || live->subject.generation < seen.generation)
        return error(Code::Conflict, describe(ref) + " has just changed");
    auto labels = room_.namespace_labels(ref.ns);
    if (!labels) return std::move(labels).error();
    trial::Subject& subject = file.subject;
    if (subject.uid == live->subject.uid) live->subject.pods = std::move(subject.pods);
    live->subject.revision_since = subject.revision_since;
    live->subject.namespace_labels = *std::move(labels);
    subject = std::move(live->subject);
    if (asked_gates(file.trial->spec).has(trial::Gate::Conftest)) file.desk.manifest = std::move(live->manifest);
    return {};
}

void SubjectTracker::take_pods(CaseFile& file, const Seen& seen, Micros now) {
    std::vector<trial::SubjectPod>& pods = file.subject.pods;
    int reads = 0;
    for (trial::SubjectPod& pod : pods) {
        const bool there =
            std::any_of(seen.pods.begin(), seen.pods.end(), [&](const Seen::Pod& one) { return one.uid == pod.uid; });
        if (pod.alive && !there) pod.last_seen = now;
        pod.alive = there;
    }
    std::erase_if(file.desk.asked_pods, [&](const auto& asked) {
        return std::none_of(seen.pods.begin(), seen.pods.end(),
                            [&](const Seen::Pod& one) { return one.uid == asked.first; });
    });
    for (const Seen::Pod& one : seen.pods) {
        auto pod = std::find_if(pods.begin(), pods.end(), [&](const auto& known) { return known.uid == one.uid; });
        if (pod == pods.end()) {
            pod = pods.insert(pods.end(), trial::SubjectPod{});
            pod->uid = one.uid;
            pod->name = one.name;
            pod->first_seen = now;
        }
        pod->alive = true;
        pod->current = one.current;
        pod->node = one.node;
        if (!one.running || knows_containers(*pod)) {
            file.desk.asked_pods.erase(one.uid);
            continue;
        }
        Patience& asking = file.desk.asked_pods[one.uid];
        if (asking.waits(now)) {
            file.wake_at = std::min(file.wake_at, asking.again_at);
            continue;
        }
        if (++reads > kPodReadsMax) {
            file.wake_at = std::min(file.wake_at, now);
            continue;
        }
        asking.lose(now, kAskPodFirst, kAskPodMost);
        auto live = room_.pod(file.trial->spec.subject.ns, one.name);
        if (live && live->uid == one.uid) pod->containers = std::move(live->containers);
    }
}

std::uint64_t SubjectTracker::look(const trial::SubjectRef& subject) const {
    std::uint64_t digest = 0;
    target_.read([&](const cluster::State& state) { digest = Seen(state, subject).digest(); });
    return digest;
}

std::string SubjectTracker::track(CaseFile& file, Micros now) {
    std::optional<Seen> seen;
    target_.read([&](const cluster::State& state) { seen.emplace(state, file.trial->spec.subject); });
    file.subject_seen = 0;
    const std::uint64_t digest = seen->digest();
    file.subject_problem.clear();
    file.subject_found = !seen->uid.empty();
    if (!file.subject_found) {
        file.subject_problem = describe(file.trial->spec.subject) + " is not there";
        file.subject_seen = digest;
        return {};
    }
    if (file.subject.uid != seen->uid || file.subject.generation < seen->generation) {
        if (const auto loaded = load(file, *seen); !loaded) {
            file.subject_found = loaded.error().code != Code::NotFound;
            file.subject_problem = loaded.error().message;
            return {};
        }
    }
    std::string revision = seen->uid + ":" + hex_of(seen->template_digest);
    // The Deployment changes first; until its controller has seen that, the newest ReplicaSet is a former one.
    if (!file.revision.empty() && revision != file.revision) file.awaits_set = true;
    file.awaits_set = file.awaits_set && !seen->settled;
    if (file.awaits_set) seen->let_all_be_former();
    file.subject.replica_sets = seen->replica_sets;
    if (seen->current_since != 0) file.subject.revision_since = seen->current_since;
    if (seen->replica_sets.empty() && file.subject.generation == 1) file.subject.revision_since = seen->created_at;
    take_pods(file, *seen, now);
    file.subject_seen = digest;
    return revision;
}

}  // namespace helix::court
