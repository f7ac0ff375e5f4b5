#include "service/usecases/views.hpp"

#include <algorithm>
#include <map>

#include "domain/gate/container_effect.hpp"
#include "domain/gate/effect.hpp"
#include "service/wire/timestamps.hpp"

namespace helix::usecases {
namespace {

using nlohmann::json;

/// A share in 10^-15 percent as an exact decimal: "14.134725141734693", "20".
std::string exact_percent(std::int64_t share) {
    constexpr std::int64_t kOne = 1'000'000'000'000'000;
    std::string text = std::to_string(share / kOne);
    std::string decimals = std::to_string(share % kOne);
    decimals.insert(0, 15 - decimals.size(), '0');
    decimals.erase(decimals.find_last_not_of('0') + 1);
    return decimals.empty() ? text : text + "." + decimals;
}

double percent(std::int64_t micro_pct) {
    return static_cast<double>(micro_pct) / 1e6;
}

json amounts(const cluster::Amounts& amounts) {
    return {{"memory", amounts.memory}, {"cpu_milli", amounts.cpu_milli}, {"pods", amounts.pods}};
}

void set_time(json& object, const char* key, std::int64_t at_us) {
    if (at_us > 0) object[key] = wire::to_rfc3339(at_us);
}

std::optional<std::int64_t> estimate_of(const cluster::WorkloadSlot& slot, std::optional<std::int64_t> highest_use) {
    if (!slot.workload.shape) return std::nullopt;
    return slot.workload.kind == cluster::WorkloadKind::Container
               ? gate::container_estimate(*slot.workload.shape, highest_use)
               : gate::estimate(*slot.workload.shape, highest_use);
}

/// None while no sample of any of its pods was seen.
std::optional<std::int64_t> used_under(const cluster::State& state, cluster::WorkloadId id) {
    std::optional<std::int64_t> used;
    for (const cluster::PodId pod : state.pods_under(id))
        if (state.pod(pod).active() && state.pod(pod).use.at > 0) used = used.value_or(0) + state.pod(pod).use.bytes;
    return used;
}

}  // namespace

json Views::unit(const std::string& target, const cluster::State& state, cluster::NodeId id) const {
    const cluster::UnitRow& row = state.rows()[id];
    const cluster::Node& node = state.node(id);
    const bool known = row.scraped_at > 0;
    json result = {{"target", target},
                   {"unit", node.name},
                   {"capacity", row.capacity},
                   {"used", nullptr},
                   {"used_pct", nullptr},
                   {"limit", row.limit},
                   {"floor_pct", exact_percent(state.rows().facts(id).floor.share)},
                   {"break", known && row.used > row.limit},
                   {"stale", !known || clock_.now_us() - row.scraped_at > metrics_age_max_us_},
                   {"free", amounts(row.free)},
                   {"pods", state.pods_on(id).size()},
                   {"schedulable", !node.unschedulable},
                   {"ready", node.ready}};
    if (!known) return result;
    result["used"] = row.used;
    result["headroom"] = row.limit - row.used;
    result["used_pct"] = percent(cluster::used_micro_pct(row.capacity, row.used));
    set_time(result, "scraped_at", row.scraped_at);
    return result;
}

std::vector<json> Views::units(const TargetRuntime& runtime) const {
    std::vector<json> units;
    runtime.target().read([&](const cluster::State& state) {
        for (cluster::NodeId id = 0; id < state.rows().size(); ++id) {
            if (state.rows()[id].live) units.push_back(unit(runtime.target().name(), state, id));
        }
    });
    std::sort(units.begin(), units.end(), [](const json& a, const json& b) {
        const double fuller = b["used_pct"].is_null() ? -1 : b["used_pct"].get<double>();
        const double full = a["used_pct"].is_null() ? -1 : a["used_pct"].get<double>();
        return full != fuller ? full > fuller : a["unit"] < b["unit"];
    });
    return units;
}

json Views::target(const TargetRuntime& runtime) const {
    const ports::Target& target = runtime.target();
    const ports::Freshness freshness = target.freshness();
    const ports::ConnectionFigures figures = target.connections();
    json result = {{"name", target.name()},
                   {"kind", target.kind()},
                   {"address", target.address()},
                   {"synced", freshness.synced},
                   {"reservations", runtime.reserved()},
                   {"connections",
                    {{"open", figures.open},
                     {"opened_total", figures.opened_total},
                     {"requests_total", figures.requests_total},
                     {"relists_total", figures.relists_total},
                     {"watch_events_total", figures.watch_events_total}}}};
    if (!freshness.problem.empty()) result["problem"] = freshness.problem;
    set_time(result, "last_event_at", freshness.last_event_us);
    set_time(result, "last_metrics_at", freshness.last_metrics_us);
    const std::int64_t last_sign = std::max(freshness.last_event_us, freshness.last_metrics_us);
    if (last_sign > 0)
        result["age_s"] = static_cast<double>(std::max<std::int64_t>(0, clock_.now_us() - last_sign) / 1000) / 1000.0;
    std::int64_t below = 0;
    target.read([&](const cluster::State& state) {
        for (const cluster::UnitRow& row : state.rows())
            below += row.live && row.scraped_at > 0 && row.used > row.limit;
        result["units"] = state.node_count();
        result["pods"] = state.pod_count();
    });
    result["units_break"] = below;
    return result;
}

std::vector<json> Views::workloads(const TargetRuntime& runtime, const WorkloadFilter& filter) const {
    std::vector<json> result;
    std::map<std::string, ports::WpaScore> scores;
    for (ports::WpaScore& score : runtime.target().wpa_scores())
        scores.insert_or_assign(score.kind + "/" + score.ns + "/" + score.name, std::move(score));
    runtime.target().read([&](const cluster::State& state) {
        for (cluster::WorkloadId id = 0; id < state.workload_slots(); ++id) {
            const cluster::WorkloadSlot& slot = state.workload(id);
            const cluster::Workload& workload = slot.workload;
            const std::string kind(cluster::to_string(workload.kind));
            if (!slot.live || !slot.known || slot.parent != cluster::kNone) continue;
            if (!filter.ns.empty() && filter.ns != workload.ns) continue;
            if (!filter.kind.empty() && filter.kind != kind) continue;
            json one = {{"target", runtime.target().name()},
                        {"kind", kind},
                        {"namespace", workload.ns},
                        {"name", workload.name},
                        {"desired", workload.kind == cluster::WorkloadKind::DaemonSet ? 0 : workload.desired},
                        {"pods", state.counted_under(id)},
                        {"rolling", slot.rolling()},
                        {"resource_version", workload.resource_version}};
            if (const auto each = estimate_of(slot, state.highest_use(id))) one["estimate"] = *each;
            if (const auto used = used_under(state, id)) one["used"] = *used;
            const auto score = scores.find(kind + "/" + workload.ns + "/" + workload.name);
            if (score != scores.end())
                one["wpa"] = {{"score", static_cast<double>(score->second.score_ppm) / 1e6},
                              {"proxy", score->second.proxy}};
            result.push_back(std::move(one));
        }
    });
    std::sort(result.begin(), result.end(), [](const json& a, const json& b) {
        return std::tie(a["namespace"].get_ref<const std::string&>(), a["kind"].get_ref<const std::string&>(),
                        a["name"].get_ref<const std::string&>()) <
               std::tie(b["namespace"].get_ref<const std::string&>(), b["kind"].get_ref<const std::string&>(),
                        b["name"].get_ref<const std::string&>());
    });
    return result;
}

json Views::pod_count(const TargetRuntime& runtime) const {
    std::map<std::string, std::int64_t> by_namespace;
    std::int64_t running = 0;
    std::int64_t pending = 0;
    std::int64_t terminating = 0;
    runtime.target().read([&](const cluster::State& state) {
        for (cluster::PodId id = 0; id < state.pod_slots(); ++id) {
            const cluster::PodSlot& pod = state.pod(id);
            if (!pod.active()) continue;
            ++by_namespace[state.namespace_name(pod.ns)];
            if (pod.terminating) {
                ++terminating;
            } else if (pod.bound) {
                ++running;
            } else {
                ++pending;
            }
        }
    });
    return {{"target", runtime.target().name()},
            {"bound", running},
            {"pending", pending},
            {"terminating", terminating},
            {"by_namespace", by_namespace}};
}

json Views::silo_stats(const TargetRuntime& runtime) const {
    const ports::Target& target = runtime.target();
    if (target.kind() != "docker" || !target.freshness().synced) return nullptr;
    json containers = json::array();
    target.read([&](const cluster::State& state) {
        for (cluster::WorkloadId id = 0; id < state.workload_slots(); ++id) {
            const cluster::WorkloadSlot& slot = state.workload(id);
            if (!slot.live || !slot.known || slot.workload.kind != cluster::WorkloadKind::Container) continue;
            if (!slot.workload.ns.empty()) continue;  // a share of a GPU
            const bool wanted = slot.workload.desired > 0;
            json one = {{"name", slot.workload.name},
                        {"state", slot.counted > 0 ? "running"
                                  : wanted         ? "restarting"
                                                   : "stopped"},
                        {"used", nullptr},
                        {"limit", nullptr}};
            if (slot.workload.shape && slot.workload.shape->memory_limit)
                one["limit"] = *slot.workload.shape->memory_limit;
            for (const cluster::PodId pod : slot.pods) {
                const cluster::Usage use = state.pod(pod).use;
                if (use.at == 0) continue;
                one["used"] = use.bytes;
                set_time(one, "scraped_at", use.at);
            }
            containers.push_back(std::move(one));
        }
    });
    std::sort(containers.begin(), containers.end(), [](const json& a, const json& b) { return a["name"] < b["name"]; });
    return {{"target", target.name()}, {"containers", std::move(containers)}};
}

}  // namespace helix::usecases
