#include "adapters/simulated/world.hpp"

#include <algorithm>
#include <limits>

#include "adapters/simulated/controllers.hpp"
#include "adapters/simulated/interpret.hpp"
#include "adapters/simulated/scheduler.hpp"

namespace helix::simulated {
namespace {

/// Controllers reach a fixed point in a few rounds; more than this is a loop of ours.
constexpr int kSettleRoundsMax = 10'000;

void hash_text(std::uint64_t& hash, std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    hash = (hash ^ 0xff) * 0x100000001b3ULL;
}

void hash_number(std::uint64_t& hash, std::int64_t number) {
    hash_text(hash, std::to_string(number));
}

}  // namespace

std::int64_t CountOrPercent::of(std::int64_t desired, bool round_up) const {
    if (!percent) return value;
    return (desired * value + (round_up ? 99 : 0)) / 100;
}

World::World(const SimOptions& options, Micros now)
    : options_(options),
      now_(now),
      next_walk_(now + options.walk_every),
      name_random_(options.seed),
      scheduler_random_(name_random_.fork()),
      kubelet_random_(name_random_.fork()) {}

Object* World::find(const Key& key) {
    const auto found = objects_.find(key);
    return found == objects_.end() ? nullptr : &found->second;
}

const Object* World::find(const Key& key) const {
    const auto found = objects_.find(key);
    return found == objects_.end() ? nullptr : &found->second;
}

std::vector<Object*> World::all(std::string_view kind) {
    std::vector<Object*> found;
    for (auto at = objects_.lower_bound(Key{std::string(kind), "", ""}); at != objects_.end() && at->first.kind == kind;
         ++at)
        found.push_back(&at->second);
    return found;
}

std::vector<const Object*> World::all(std::string_view kind) const {
    std::vector<const Object*> found;
    for (auto at = objects_.lower_bound(Key{std::string(kind), "", ""}); at != objects_.end() && at->first.kind == kind;
         ++at)
        found.push_back(&at->second);
    return found;
}

void World::note(const Object& object, bool deleted) {
    ++event_count_;
    Event event{object.key, object.resource_version, deleted, {}};
    hash_number(trace_hash_, now_);
    hash_number(trace_hash_, object.resource_version);
    hash_text(trace_hash_, deleted ? "deleted" : "changed");
    hash_text(trace_hash_, object.key.kind);
    hash_text(trace_hash_, object.key.ns);
    hash_text(trace_hash_, object.key.name);
    if (object.node) event.object = *object.node;
    if (object.workload) event.object = object.workload->seen;
    if (object.pod) {
        event.object = object.pod->seen;
        hash_text(trace_hash_, object.pod->seen.node);
        hash_number(trace_hash_, static_cast<std::int64_t>(object.pod->seen.phase));
        hash_number(trace_hash_, object.pod->use);
    }
    if (sink_) sink_(event);
}

void World::touch(Object& object) {
    object.resource_version = ++resource_version_;
    if (object.workload) object.workload->seen.resource_version = std::to_string(object.resource_version);
    note(object, false);
}

Result<Object*> World::put(const Key& key, Json manifest) {
    Object* present = find(key);
    if (present != nullptr && present->manifest == manifest) return present;
    Object next;
    if (present != nullptr) {
        next = *present;
        if (manifest.value("spec", Json()) != present->manifest.value("spec", Json())) ++next.generation;
    } else {
        next.key = key;
        next.uid = "00000000-0000-4000-8000-" + std::to_string(100'000'000'000 + ++uid_count_);
    }
    next.manifest = std::move(manifest);
    if (auto read = interpret(next, options_.memory); !read) return std::move(read).error();
    if (next.pod && present == nullptr) {
        next.pod->created_at = now_;
        set_memory(*next.pod, memory_profile(next.manifest, options_.memory));
    }
    Object& stored = objects_[key] = std::move(next);
    touch(stored);
    if (present == nullptr && stored.pod && !stored.pod->seen.node.empty()) bind(stored, stored.pod->seen.node);
    return &stored;
}

Result<Object*> World::create(std::string_view manifest) {
    Json parsed = Json::parse(manifest, nullptr, false);
    if (!parsed.is_object()) return error(Code::InvalidArgument, "the manifest is not a JSON object");
    const Json metadata = parsed.value("metadata", Json::object());
    const Key key{parsed.value("kind", ""), metadata.value("namespace", ""), metadata.value("name", "")};
    return put(key, std::move(parsed));
}

void World::erase(const Key& key) {
    const auto found = objects_.find(key);
    if (found == objects_.end()) return;
    Object gone = std::move(found->second);
    objects_.erase(found);
    gone.resource_version = ++resource_version_;
    note(gone, true);
}

void World::terminate(Object& pod, std::optional<std::int64_t> grace_s) {
    PodTruth& truth = *pod.pod;
    const bool finished =
        truth.seen.phase == cluster::PodPhase::Succeeded || truth.seen.phase == cluster::PodPhase::Failed;
    const Micros grace = std::max<std::int64_t>(0, grace_s.value_or(truth.grace_s)) * kSecond;
    if (truth.seen.node.empty() || finished || grace == 0) return erase(Key(pod.key));
    const Micros stop = kubelet_random_.between(options_.stop_delay_min, options_.stop_delay_max);
    const Micros gone_at = now_ + std::min(stop, grace);
    if (truth.gone_at != 0 && truth.gone_at <= gone_at) return;
    truth.gone_at = gone_at;
    timers_.emplace(gone_at, Timer{Due::Gone, pod.key, pod.uid});
    if (truth.seen.terminating) return;
    truth.seen.terminating = true;
    pod.deleting = true;
    touch(pod);
}

void World::remove(const Key& key, std::optional<std::int64_t> grace_s) {
    Object* object = find(key);
    if (object == nullptr) return;
    if (object->pod) return terminate(*object, grace_s);
    if (key.kind != "Namespace") return erase(key);
    if (!object->deleting) {
        object->deleting = true;
        touch(*object);
    }
    std::vector<Key> inside;
    for (const auto& [name, one] : objects_)
        if (name.ns == key.name) inside.push_back(name);
    for (const Key& name : inside) remove(name, grace_s);
}

Object& World::make_pod(const Object& owner, const std::string& name, const cluster::PodShape& shape) {
    const WorkloadTruth& workload = *owner.workload;
    const Key key{"Pod", owner.key.ns, name};
    Object pod;
    pod.key = key;
    pod.uid = "00000000-0000-4000-8000-" + std::to_string(100'000'000'000 + ++uid_count_);
    PodTruth truth;
    truth.created_at = now_;
    truth.seen.ns = key.ns;
    truth.seen.name = name;
    truth.seen.uid = pod.uid;
    truth.seen.controller = cluster::OwnerRef{owner.key.kind, owner.key.name, owner.uid};
    truth.seen.template_hash = workload.template_hash;
    truth.seen.shape = std::make_shared<cluster::PodShape>(shape);
    truth.labels = template_labels(owner.manifest);
    truth.grace_s = template_grace(owner.manifest);
    set_memory(truth, workload.memory);
    if (workload.seen.kind == cluster::WorkloadKind::Job) truth.finishes_at = 1;  // set when it starts
    pod.manifest = pod_manifest(owner, name, truth.labels);
    pod.pod = std::move(truth);
    Object& stored = objects_[key] = std::move(pod);
    touch(stored);
    if (!shape.node_name.empty()) bind(stored, shape.node_name);
    return stored;
}

void World::bind(Object& pod, const std::string& node) {
    PodTruth& truth = *pod.pod;
    truth.seen.node = node;
    truth.running_at = now_ + kubelet_random_.between(options_.start_delay_min, options_.start_delay_max);
    timers_.emplace(truth.running_at, Timer{Due::Start, pod.key, pod.uid});
    touch(pod);
}

void World::settle() {
    for (int round = 0; round < kSettleRoundsMax; ++round) {
        const std::int64_t before = resource_version_;
        run_controllers(*this);
        schedule_pending(*this);
        if (resource_version_ == before) return;
    }
}

Micros World::next_due() const {
    return timers_.empty() ? next_walk_ : std::min(next_walk_, timers_.begin()->first);
}

void World::advance_to(Micros now) {
    while (next_due() <= now) {
        now_ = std::max(now_, next_due());
        bool fired = false;
        while (!timers_.empty() && timers_.begin()->first <= now_) {
            const Timer timer = timers_.begin()->second;
            timers_.erase(timers_.begin());
            fire(timer);
            fired = true;
        }
        if (next_walk_ <= now_) {
            walk();
            next_walk_ += options_.walk_every;
        }
        if (fired) settle();
    }
    now_ = std::max(now_, now);
}

void World::fire(const Timer& timer) {
    Object* object = find(timer.pod);
    if (object == nullptr || object->uid != timer.uid) return;
    PodTruth& pod = *object->pod;
    switch (timer.due) {
        case Due::Start:
            if (pod.seen.phase != cluster::PodPhase::Pending || pod.seen.terminating) return;
            pod.seen.phase = cluster::PodPhase::Running;
            pod.seen.ready = true;
            pod.use = pod.start;
            if (pod.finishes_at != 0) {
                pod.finishes_at = now_ + kubelet_random_.between(30 * kSecond, 120 * kSecond);
                timers_.emplace(pod.finishes_at, Timer{Due::Finish, timer.pod, timer.uid});
            }
            return touch(*object);
        case Due::Finish:
            if (pod.seen.terminating) return;
            pod.seen.phase = cluster::PodPhase::Succeeded;
            pod.seen.ready = false;
            pod.use = 0;
            return touch(*object);
        case Due::Gone:
            if (pod.gone_at <= now_) erase(Key(timer.pod));
            return;
    }
}

/// One step of every running pod's memory, between its low mark and its peak.
void World::walk() {
    for (Object* object : all("Pod")) {
        PodTruth& pod = *object->pod;
        if (pod.use == 0 || pod.step == 0) continue;
        pod.use = std::clamp(pod.use + kubelet_random_.between(-pod.step, pod.step), pod.low, pod.peak);
    }
}

Bytes World::sum_on(std::string_view node, bool at_peak) const {
    const Object* place = find(Key{"Node", "", std::string(node)});
    Bytes sum = place == nullptr ? 0 : system_use(*place);
    for (const Object* object : all("Pod")) {
        const PodTruth& pod = *object->pod;
        if (pod.seen.node != node) continue;
        const bool holds = pod.seen.phase == cluster::PodPhase::Running || pod.seen.phase == cluster::PodPhase::Pending;
        if (holds) sum += at_peak ? pod.peak : pod.use;
    }
    return sum;
}

Bytes World::node_use(std::string_view node) const {
    return sum_on(node, false);
}
Bytes World::node_use_max(std::string_view node) const {
    return sum_on(node, true);
}

std::string World::name_tail() {
    constexpr std::string_view kAlphabet = "bcdfghjklmnpqrstvwxz2456789";
    std::string tail;
    for (int i = 0; i < 5; ++i)
        tail += kAlphabet[static_cast<std::size_t>(name_random_.between(0, std::ssize(kAlphabet) - 1))];
    return tail;
}

}  // namespace helix::simulated
