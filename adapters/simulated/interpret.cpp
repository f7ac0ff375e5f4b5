#include "adapters/simulated/interpret.hpp"

#include <algorithm>
#include <charconv>

#include "adapters/kube_objects/decoder.hpp"
#include "domain/cluster/quantity.hpp"

namespace helix::simulated {
namespace {

constexpr Bytes kUnknownMemory = 64 * 1024 * 1024;

/// `manifest` at `path`, or null JSON.
Json at(const Json& manifest, std::initializer_list<const char*> path) {
    const Json* here = &manifest;
    for (const char* step : path) {
        if (!here->is_object() || !here->contains(step)) return {};
        here = &here->at(step);
    }
    return *here;
}

std::string annotation(const Json& manifest, std::string_view key) {
    const Json found = at(manifest, {"metadata", "annotations", std::string(key).c_str()});
    return found.is_string() ? found.get<std::string>() : std::string();
}

std::int64_t number(const Json& found, std::int64_t otherwise) {
    return found.is_number_integer() ? found.get<std::int64_t>() : otherwise;
}

CountOrPercent count_or_percent(const Json& found, CountOrPercent otherwise) {
    if (found.is_number_integer()) return {found.get<std::int64_t>(), false};
    if (!found.is_string()) return otherwise;
    const auto& text = found.get_ref<const std::string&>();
    CountOrPercent read;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), read.value);
    if (problem != std::errc{}) return otherwise;
    read.percent = end != text.data() + text.size();
    return read;
}

/// Whether the pods of this owner carry a label with the hash of their template.
bool hashes_template(cluster::WorkloadKind kind) {
    return kind == cluster::WorkloadKind::StatefulSet || kind == cluster::WorkloadKind::DaemonSet ||
           kind == cluster::WorkloadKind::Deployment;
}

void read_strategy(const Json& manifest, WorkloadTruth& truth) {
    const bool deployment = truth.seen.kind == cluster::WorkloadKind::Deployment;
    const char* field = deployment ? "strategy" : "updateStrategy";
    const Json rolling = at(manifest, {"spec", field, "rollingUpdate"});
    const CountOrPercent usual_surge = deployment ? CountOrPercent{25, true} : CountOrPercent{0, false};
    const CountOrPercent usual_unavailable = deployment ? CountOrPercent{25, true} : CountOrPercent{1, false};
    truth.max_surge = count_or_percent(at(rolling, {"maxSurge"}), usual_surge);
    truth.max_unavailable = count_or_percent(at(rolling, {"maxUnavailable"}), usual_unavailable);
    truth.parallel = at(manifest, {"spec", "podManagementPolicy"}) == "Parallel";
}

void interpret_workload(Object& object, cluster::Workload read, const MemoryProfile& usual) {
    WorkloadTruth truth = object.workload.value_or(WorkloadTruth{});
    const cluster::Workload before = truth.seen;
    truth.seen = std::move(read);
    truth.seen.uid = object.uid;
    truth.seen.generation = object.generation;
    truth.seen.observed_generation = before.observed_generation;
    truth.seen.updated = before.updated;
    truth.seen.resource_version = before.resource_version;
    const bool job = truth.seen.kind == cluster::WorkloadKind::Job;
    truth.replicas_asked = number(at(object.manifest, {"spec", job ? "parallelism" : "replicas"}), 1);
    if (job || truth.seen.kind == cluster::WorkloadKind::DaemonSet) truth.seen.desired = before.desired;
    truth.completions = number(at(object.manifest, {"spec", "completions"}), truth.replicas_asked);
    truth.memory = memory_profile(object.manifest, usual);
    const cluster::Labels labels = template_labels(object.manifest);
    const std::string* handed_down = cluster::find_label(labels, "pod-template-hash");
    if (handed_down != nullptr) {
        truth.template_hash = *handed_down;
    } else if (hashes_template(truth.seen.kind)) {
        truth.template_hash = hash_name(truth.seen.template_digest);
    }
    read_strategy(object.manifest, truth);
    object.workload = std::move(truth);
}

void interpret_pod(Object& object, cluster::Pod read) {
    PodTruth truth = object.pod.value_or(PodTruth{});
    truth.labels = read_labels(at(object.manifest, {"metadata", "labels"}));
    if (truth.seen.shape) {  // only its metadata can change: node, phase and owner are the world's
        cluster::PodShape shape = *truth.seen.shape;
        shape.labels = read.shape ? read.shape->labels : truth.labels;
        truth.seen.shape = std::make_shared<cluster::PodShape>(std::move(shape));
    } else {
        truth.seen = std::move(read);
        truth.seen.uid = object.uid;
        truth.seen.phase = cluster::PodPhase::Pending;
        truth.seen.ready = false;
        truth.grace_s = number(at(object.manifest, {"spec", "terminationGracePeriodSeconds"}), 30);
    }
    object.pod = std::move(truth);
}

}  // namespace

Result<void> interpret(Object& object, const MemoryProfile& usual) {
    static thread_local kube_objects::Decoder decoder;
    const std::string text = object.manifest.dump();
    if (object.key.kind == "Pod") {
        auto pod = decoder.decode_pod(text);
        if (!pod) return std::move(pod).error();
        interpret_pod(object, *std::move(pod));
        return {};
    }
    const bool makes_pods = cluster::workload_kind(object.key.kind) != cluster::WorkloadKind::Other;
    if (!makes_pods && object.key.kind != "Node") return {};
    auto manifest = decoder.decode_manifest(text);
    if (!manifest) return std::move(manifest).error();
    if (manifest->node) {
        object.node = std::move(manifest->node);
        object.node->uid = object.uid;
    }
    if (manifest->workload) interpret_workload(object, *std::move(manifest->workload), usual);
    return {};
}

MemoryProfile memory_profile(const Json& manifest, const MemoryProfile& usual) {
    MemoryProfile profile = usual;
    std::string_view rest;
    const std::string text = annotation(manifest, kMemoryAnnotation);
    for (rest = text; !rest.empty();) {
        const std::string_view part = rest.substr(0, rest.find(','));
        rest.remove_prefix(std::min(rest.size(), part.size() + 1));
        const std::size_t equals = part.find('=');
        if (equals == std::string_view::npos) continue;
        int percent = 0;
        std::from_chars(part.data() + equals + 1, part.data() + part.size(), percent);
        const std::string_view name = part.substr(0, equals);
        if (name == "start") profile.start_pct = percent;
        if (name == "low") profile.low_pct = percent;
        if (name == "peak") profile.peak_pct = percent;
        if (name == "step") profile.step_pct = percent;
    }
    return profile;
}

void set_memory(PodTruth& pod, const MemoryProfile& profile) {
    const cluster::PodShape& shape = *pod.seen.shape;
    Bytes base = shape.request.memory;
    if (base <= 0) base = shape.memory_limit.value_or(kUnknownMemory);
    const Bytes most = shape.memory_limit.value_or(base * profile.peak_pct / 100);  // beyond it the kernel kills
    pod.peak = std::max<Bytes>(1, std::min(most, base * profile.peak_pct / 100));
    pod.low = std::clamp<Bytes>(base * profile.low_pct / 100, 1, pod.peak);
    pod.start = std::clamp<Bytes>(base * profile.start_pct / 100, pod.low, pod.peak);
    pod.step = base * profile.step_pct / 100;
}

const Json* pod_template(const Json& manifest) {
    const auto spec = manifest.find("spec");
    if (spec == manifest.end() || !spec->is_object()) return nullptr;
    if (const auto found = spec->find("template"); found != spec->end()) return &*found;
    const auto job = spec->find("jobTemplate");
    return job == spec->end() ? nullptr : pod_template(*job);
}

cluster::Labels template_labels(const Json& manifest) {
    const Json* found = pod_template(manifest);
    return found == nullptr ? cluster::Labels{} : read_labels(at(*found, {"metadata", "labels"}));
}

std::int64_t template_grace(const Json& manifest) {
    const Json* found = pod_template(manifest);
    return found == nullptr ? 30 : number(at(*found, {"spec", "terminationGracePeriodSeconds"}), 30);
}

Json pod_manifest(const Object& owner, const std::string& name, const cluster::Labels& labels) {
    Json map = Json::object();
    for (const auto& [key, value] : labels) map[key] = value;
    return Json{{"apiVersion", "v1"},
                {"kind", "Pod"},
                {"metadata",
                 {{"name", name},
                  {"namespace", owner.key.ns},
                  {"labels", std::move(map)},
                  {"ownerReferences", Json::array({owner_reference(owner)})}}}};
}

Json owner_reference(const Object& owner) {
    return Json{{"apiVersion", owner.manifest.value("apiVersion", "apps/v1")},
                {"kind", owner.key.kind},
                {"name", owner.key.name},
                {"uid", owner.uid},
                {"controller", true},
                {"blockOwnerDeletion", true}};
}

std::optional<cluster::Workload> bare_pod(const Object& pod) {
    if (pod.pod->seen.controller) return std::nullopt;
    cluster::Workload workload;
    workload.kind = cluster::WorkloadKind::Pod;
    workload.ns = pod.key.ns;
    workload.name = pod.key.name;
    workload.uid = pod.uid;
    workload.desired = 1;
    workload.shape = pod.pod->seen.shape;
    return workload;
}

void read_scale_target(const Json& spec, gate::Preview& preview) {
    const auto text = [](const Json& found) { return found.is_string() ? found.get<std::string>() : std::string(); };
    preview.scale_target_kind = text(at(spec, {"scaleTargetRef", "kind"}));
    preview.scale_target_name = text(at(spec, {"scaleTargetRef", "name"}));
    preview.max_replicas = number(at(spec, {"maxReplicas"}), 0);
}

cluster::Labels read_labels(const Json& map) {
    cluster::Labels labels;
    if (!map.is_object()) return labels;
    for (const auto& [key, value] : map.items())
        if (value.is_string()) labels.emplace_back(key, value.get<std::string>());
    return labels;  // nlohmann's objects are sorted by key
}

std::string hash_name(std::uint64_t digest) {
    constexpr std::string_view kAlphabet = "bcdfghjklmnpqrstvwxz2456789";
    std::string name;
    for (int i = 0; i < 10; ++i, digest /= kAlphabet.size()) name += kAlphabet[digest % kAlphabet.size()];
    return name;
}

Bytes system_use(const Object& node) {
    const std::string text = annotation(node.manifest, kSystemUseAnnotation);
    const auto bytes = cluster::parse_quantity(text);
    return bytes ? *bytes : 0;
}

}  // namespace helix::simulated
