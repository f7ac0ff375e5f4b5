#include "adapters/simulated/watch_feed.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace helix::simulated {
namespace {

constexpr Micros kNever = std::numeric_limits<Micros>::max();
constexpr std::array<const char*, 9> kMirrored = {
    "Node", "Pod", "Deployment", "ReplicaSet", "DaemonSet", "StatefulSet", "Job", "CronJob", "ReplicationController"};
/// Tombstones are dropped in bulk, not one by one.
constexpr std::size_t kGoneMax = 256;

std::int64_t number(const std::string& text) {
    std::int64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

void upsert(const Event& event, cluster::State& mirror) {
    if (const auto* node = std::get_if<cluster::Node>(&event.object)) mirror.upsert(*node);
    if (const auto* pod = std::get_if<cluster::Pod>(&event.object)) mirror.upsert(*pod);
    if (const auto* workload = std::get_if<cluster::Workload>(&event.object)) mirror.upsert(*workload);
}

void erase(const Key& key, cluster::State& mirror) {
    if (key.kind == "Node") return mirror.erase_node(key.name);
    if (key.kind == "Pod") return mirror.erase_pod(key.ns, key.name);
    mirror.erase_workload(cluster::workload_kind(key.kind), key.ns, key.name);
}

const std::string& uid_of(const Event& event) {
    static const std::string kNone;
    if (const auto* node = std::get_if<cluster::Node>(&event.object)) return node->uid;
    if (const auto* pod = std::get_if<cluster::Pod>(&event.object)) return pod->uid;
    if (const auto* workload = std::get_if<cluster::Workload>(&event.object)) return workload->uid;
    return kNone;
}

}  // namespace

bool is_mirrored(std::string_view kind) {
    return std::find(kMirrored.begin(), kMirrored.end(), kind) != kMirrored.end();
}

WatchFeed::WatchFeed(const SimOptions& options, Random random, FaultCounts& counts)
    : options_(options), random_(random), counts_(counts) {}

Micros WatchFeed::late() {
    return random_.between(kMillisecond, options_.faults.late_max);
}

void WatchFeed::take(const Event& event, Micros now) {
    const std::string& kind = event.key.kind;
    if (!is_mirrored(kind) || lost_.contains(kind)) return;
    const Faults& faults = options_.faults;
    if (random_.per_mille(faults.watch_lost)) {
        ++counts_["watch_lost"];
        lost_[kind] = now + late();
        return;
    }
    Micros at = std::max(now + options_.watch_delay, not_before_[kind]);
    if (random_.per_mille(faults.event_reordered)) {
        ++counts_["event_reordered"];
        at += late();  // those that follow do not wait for it
    } else {
        if (random_.per_mille(faults.event_late)) {
            ++counts_["event_late"];
            at += late();
        }
        not_before_[kind] = at;
    }
    queue_.emplace(std::pair{at, sequence_++}, event);
    if (!random_.per_mille(faults.event_duplicated)) return;
    ++counts_["event_duplicated"];
    queue_.emplace(std::pair{at + late(), sequence_++}, event);
}

Micros WatchFeed::next_due() const {
    Micros due = queue_.empty() ? kNever : queue_.begin()->first.first;
    for (const auto& [kind, at] : lost_) due = std::min(due, at);
    return due;
}

std::int64_t WatchFeed::floor_of(const std::string& kind) const {
    const auto found = floor_.find(kind);
    return found == floor_.end() ? 0 : found->second;
}

bool WatchFeed::apply(const Event& event, cluster::State& mirror) {
    ++events_total_;
    const auto at = seen_.find(event.key);
    const std::int64_t shown = at == seen_.end() ? floor_of(event.key.kind) : at->second.resource_version;
    if (event.resource_version <= shown) return false;  // overtaken or doubled
    if (at != seen_.end() && at->second.gone) --gone_count_;
    seen_[event.key] = Seen{event.resource_version, uid_of(event), event.deleted};
    std::int64_t& highest = highest_[event.key.kind];
    highest = std::max(highest, event.resource_version);
    if (event.deleted) {
        ++gone_count_;
        erase(event.key, mirror);
    } else {
        upsert(event, mirror);
    }
    return true;
}

/// With nothing on its way, no event older than the newest can come any more.
void WatchFeed::forget_the_gone() {
    if (gone_count_ < kGoneMax || !queue_.empty()) return;
    for (const auto& [kind, version] : highest_) floor_[kind] = std::max(floor_of(kind), version);
    std::erase_if(seen_, [](const auto& one) { return one.second.gone; });
    gone_count_ = 0;
}

bool WatchFeed::deliver(const World& world, Micros now, cluster::State& mirror) {
    bool changed = false;
    while (!queue_.empty() && queue_.begin()->first.first <= now) {
        const Event event = std::move(queue_.begin()->second);
        queue_.erase(queue_.begin());
        changed = apply(event, mirror) || changed;
    }
    forget_the_gone();
    for (auto at = lost_.begin(); at != lost_.end();) {
        if (at->second > now) {
            ++at;
            continue;
        }
        relist_kind(world, at->first, mirror);
        at = lost_.erase(at);
        changed = true;
    }
    return changed;
}

void WatchFeed::relist(const World& world, cluster::State& mirror) {
    for (const char* kind : kMirrored) relist_kind(world, kind, mirror);
    lost_.clear();
}

void WatchFeed::relist_kind(const World& world, const std::string& kind, cluster::State& mirror) {
    ++relists_total_;
    std::erase_if(queue_, [&](const auto& one) { return one.second.key.kind == kind; });
    std::erase_if(seen_, [&](const auto& one) {
        if (one.first.kind != kind) return false;
        if (one.second.gone) --gone_count_;
        return true;
    });
    floor_[kind] = world.resource_version();
    not_before_[kind] = 0;
    const std::uint32_t mark = mirror.begin_relist();
    for (const Object* object : world.all(kind)) {
        Event event{object->key, object->resource_version, false, {}};
        if (object->node) event.object = *object->node;
        if (object->pod) event.object = object->pod->seen;
        if (object->workload) event.object = object->workload->seen;
        upsert(event, mirror);
        seen_[object->key] = Seen{floor_[kind], object->uid, false};
    }
    if (kind == "Node") return mirror.finish_relist_nodes(mark);
    if (kind == "Pod") return mirror.finish_relist_pods(mark);
    mirror.finish_relist_workloads(cluster::workload_kind(kind), mark);
}

bool WatchFeed::shows(const Key& key, const std::string& resource_version, const std::string& uid) const {
    if (!is_mirrored(key.kind)) return true;
    const auto at = seen_.find(key);
    if (resource_version.empty()) return at == seen_.end() || at->second.gone || at->second.uid != uid;
    const std::int64_t shown = at == seen_.end() ? floor_of(key.kind) : at->second.resource_version;
    return shown >= number(resource_version);
}

bool Scraper::happens(int chance, const char* fault) {
    if (!random_.per_mille(chance)) return false;
    ++counts_[fault];
    return true;
}

bool Scraper::scrape(const World& world, Micros now, cluster::State& mirror) {
    if (happens(faults_.scrape_missed, "scrape_missed")) return false;
    std::set<std::string> missing;
    for (const Object* node : world.all("Node")) {
        const std::string& name = node->key.name;
        const cluster::Usage fresh{world.node_use(name), now};
        cluster::Usage& last = last_[name];
        if (happens(faults_.scrape_partial, "scrape_partial")) {
            missing.insert(name);
        } else if (happens(faults_.scrape_stale, "scrape_stale")) {
            missing.insert(name);
            if (last.at != 0) mirror.set_node_usage(name, last);
        } else {
            mirror.set_node_usage(name, fresh);
        }
        last = fresh;
    }
    for (const Object* pod : world.all("Pod"))
        if (pod->pod->use > 0 && !missing.contains(pod->pod->seen.node))
            mirror.set_pod_usage(pod->key.ns, pod->key.name, cluster::Usage{pod->pod->use, now});
    return true;
}

}  // namespace helix::simulated
