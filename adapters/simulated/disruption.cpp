#include "adapters/simulated/disruption.hpp"

#include <algorithm>
#include <charconv>

#include "adapters/simulated/interpret.hpp"

namespace helix::simulated {
namespace {

using cluster::PodPhase;

CountOrPercent bound(const Json& found) {
    if (found.is_number_integer()) return {found.get<std::int64_t>(), false};
    CountOrPercent share{0, true};
    if (found.is_string()) {
        const auto& text = found.get_ref<const std::string&>();
        std::from_chars(text.data(), text.data() + text.size(), share.value);
    }
    return share;
}

bool covers(const cluster::Labels& wanted, const Object& pod) {
    return std::all_of(wanted.begin(), wanted.end(), [&](const auto& one) {
        const std::string* value = cluster::find_label(pod.pod->labels, one.first);
        return value != nullptr && *value == one.second;
    });
}

bool is_ready(const Object& pod) {
    return pod.pod->seen.ready && !pod.pod->seen.terminating;
}

/// Whether `budget` allows one pod fewer among those it covers.
bool allows(const World& world, const Json& spec, const cluster::Labels& wanted, const std::string& ns) {
    std::int64_t expected = 0;
    std::int64_t healthy = 0;
    for (const Object* pod : world.all("Pod")) {
        if (pod->key.ns != ns || !covers(wanted, *pod) || pod->pod->seen.terminating) continue;
        ++expected;
        if (is_ready(*pod)) ++healthy;
    }
    std::int64_t needed = 0;
    if (spec.contains("minAvailable")) needed = bound(spec.at("minAvailable")).of(expected, true);
    if (spec.contains("maxUnavailable")) needed = expected - bound(spec.at("maxUnavailable")).of(expected, true);
    return healthy > needed;
}

}  // namespace

Result<void> may_evict(const World& world, const Object& pod) {
    if (!is_ready(pod)) return {};  // not healthy: it costs no availability
    for (const Object* budget : world.all("PodDisruptionBudget")) {
        const Json spec = budget->manifest.value("spec", Json::object());
        if (budget->key.ns != pod.key.ns || !spec.is_object()) continue;
        const Json selector = spec.value("selector", Json::object());
        const cluster::Labels wanted =
            read_labels(selector.is_object() ? selector.value("matchLabels", Json()) : Json());
        if (!covers(wanted, pod) || allows(world, spec, wanted, pod.key.ns)) continue;
        Error refusal =
            error(Code::PreconditionFailed, "Cannot evict pod as it would violate the pod's disruption budget.",
                  "wait until more of its pods are ready; the budget is " + budget->key.name);
        refusal.retry_after_s = 10;
        return refusal;
    }
    return {};
}

std::vector<Key> to_drain(const World& world, std::string_view node) {
    std::vector<Key> pods;
    for (const Object* pod : world.all("Pod")) {
        const cluster::Pod& seen = pod->pod->seen;
        const bool leaving = seen.terminating || seen.phase == PodPhase::Succeeded || seen.phase == PodPhase::Failed;
        const bool stays = seen.mirror || (seen.controller && seen.controller->kind == "DaemonSet");
        if (seen.node == node && !leaving && !stays) pods.push_back(pod->key);
    }
    return pods;
}

}  // namespace helix::simulated
