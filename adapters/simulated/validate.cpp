#include "adapters/simulated/validate.hpp"

#include <algorithm>
#include <cctype>

#include "adapters/simulated/interpret.hpp"
#include "adapters/simulated/kinds.hpp"

namespace helix::simulated {
namespace {

constexpr std::int64_t kInt32Max = 2'147'483'647;

/// A DNS-1123 subdomain, near enough: lower case letters, digits, '-' and '.', beginning and ending well.
bool is_dns_name(std::string_view name) {
    const auto good = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    return !name.empty() && name.size() <= 253 && good(name.front()) && good(name.back()) &&
           std::all_of(name.begin(), name.end(), [&](char c) { return good(c) || c == '-' || c == '.'; });
}

Result<void> validate_metadata(const Key& key, const Json& manifest) {
    if (!is_dns_name(key.name) && key.kind.find("Role") == std::string::npos)
        return invalid(key, "metadata.name",
                       "Invalid value: \"" + key.name +
                           "\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' "
                           "or '.', and must start and end with an alphanumeric character");
    const auto metadata = manifest.find("metadata");
    if (metadata == manifest.end() || !metadata->is_object() || metadata->value("name", Json()) != key.name)
        return invalid(key, "metadata.name", "Invalid value: field is immutable");
    if (manifest.value("kind", Json()) != key.kind) return invalid(key, "kind", "Invalid value: field is immutable");
    for (const char* field : {"labels", "annotations"}) {
        if (!metadata->contains(field)) continue;
        const Json& map = metadata->at(field);
        const bool strings =
            map.is_object() && std::all_of(map.begin(), map.end(), [](const Json& v) { return v.is_string(); });
        if (!strings) return invalid(key, std::string("metadata.") + field, "Invalid value: must be a map of strings");
    }
    return {};
}

Result<void> validate_count(const Key& key, const Json& spec, const char* field) {
    if (!spec.contains(field)) return {};
    const Json& count = spec.at(field);
    const std::string where = std::string("spec.") + field;
    if (!count.is_number_integer()) return invalid(key, where, "Invalid value: must be an integer");
    const auto number = count.get<std::int64_t>();
    if (number < 0)
        return invalid(key, where, "Invalid value: " + std::to_string(number) + ": must be greater than or equal to 0");
    if (number > kInt32Max)
        return invalid(key, where, "Invalid value: " + std::to_string(number) + ": does not fit an int32");
    return {};
}

Result<void> validate_pod_spec(const Key& key, const Json& spec, const std::string& where) {
    if (!spec.is_object() || !spec.contains("containers") || !spec.at("containers").is_array() ||
        spec.at("containers").empty())
        return invalid(key, where + ".containers", "Required value");
    std::size_t index = 0;
    for (const Json& container : spec.at("containers")) {
        const std::string at = where + ".containers[" + std::to_string(index++) + "]";
        if (!container.is_object() || !container.value("name", Json()).is_string())
            return invalid(key, at + ".name", "Required value");
        if (!container.value("image", Json()).is_string()) return invalid(key, at + ".image", "Required value");
    }
    return {};
}

Result<void> validate_selector(const Key& key, const Json& spec, const Json& labels) {
    const Json selector = spec.value("selector", Json());
    const Json wanted = selector.is_object() ? selector.value("matchLabels", Json::object()) : Json::object();
    if (!selector.is_object() || selector.empty()) return invalid(key, "spec.selector", "Required value");
    for (const auto& [name, value] : wanted.items())
        if (!labels.is_object() || labels.value(name, Json()) != value)
            return invalid(key, "spec.template.metadata.labels",
                           "Invalid value: " + labels.dump() + ": `selector` does not match template `labels`");
    return {};
}

Result<void> validate_workload(const Key& key, const Json& manifest, const Json* before) {
    const Json spec = manifest.value("spec", Json::object());
    if (!spec.is_object()) return invalid(key, "spec", "Required value");
    for (const char* field : {"replicas", "parallelism", "completions"})
        if (auto good = validate_count(key, spec, field); !good) return good;
    const Json* pod = pod_template(manifest);
    const std::string where = key.kind == "CronJob" ? "spec.jobTemplate.spec.template" : "spec.template";
    if (pod == nullptr || !pod->is_object()) return invalid(key, where, "Required value");
    if (auto good = validate_pod_spec(key, pod->value("spec", Json()), where + ".spec"); !good) return good;
    const bool selects =
        key.kind == "Deployment" || key.kind == "ReplicaSet" || key.kind == "StatefulSet" || key.kind == "DaemonSet";
    if (!selects) return {};
    const Json labels = pod->value("metadata", Json::object()).value("labels", Json::object());
    if (auto good = validate_selector(key, spec, labels); !good) return good;
    if (before != nullptr && before->value("spec", Json::object()).value("selector", Json()) != spec.at("selector"))
        return invalid(key, "spec.selector", "Invalid value: " + spec.at("selector").dump() + ": field is immutable");
    return {};
}

}  // namespace

Result<void> validate(const Key& key, const Json& manifest, const Json* before) {
    if (auto good = validate_metadata(key, manifest); !good) return good;
    if (key.kind == "Pod") {
        if (before == nullptr) return validate_pod_spec(key, manifest.value("spec", Json()), "spec");
        if (manifest.value("spec", Json()) != before->value("spec", Json()))
            return invalid(key, "spec",
                           "Forbidden: pod updates may not change fields other than "
                           "`spec.containers[*].image` and a few more; the simulation changes none");
        return {};
    }
    if (cluster::workload_kind(key.kind) != cluster::WorkloadKind::Other)
        return validate_workload(key, manifest, before);
    return {};
}

}  // namespace helix::simulated
