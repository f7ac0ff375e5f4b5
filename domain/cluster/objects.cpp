#include "domain/cluster/objects.hpp"

#include <algorithm>
#include <array>

namespace helix::cluster {
namespace {

constexpr std::array<std::string_view, 10> kKindNames = {
    "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController",
    "Job",        "CronJob",     "Pod",       "Container",  "Other"};

}  // namespace

const std::string* find_label(const Labels& labels, std::string_view key) {
    const auto found =
        std::lower_bound(labels.begin(), labels.end(), key,
                         [](const auto& label, std::string_view wanted) { return label.first < wanted; });
    return found != labels.end() && found->first == key ? &found->second : nullptr;
}

Amounts& Amounts::operator+=(const Amounts& other) {
    memory += other.memory;
    cpu_milli += other.cpu_milli;
    pods += other.pods;
    return *this;
}

Amounts& Amounts::operator-=(const Amounts& other) {
    memory -= other.memory;
    cpu_milli -= other.cpu_milli;
    pods -= other.pods;
    return *this;
}

std::string_view to_string(WorkloadKind kind) {
    return kKindNames[static_cast<std::size_t>(kind)];
}

WorkloadKind workload_kind(std::string_view kind) {
    const auto found = std::find(kKindNames.begin(), kKindNames.end(), kind);
    if (found == kKindNames.end()) return WorkloadKind::Other;
    return static_cast<WorkloadKind>(found - kKindNames.begin());
}

}  // namespace helix::cluster
