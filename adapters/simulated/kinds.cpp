#include "adapters/simulated/kinds.hpp"

#include <algorithm>
#include <array>

namespace helix::simulated {
namespace {

constexpr std::array kServed = {
    ServedKind{"Deployment", "deployments.apps", "apps/v1", true, true},
    ServedKind{"StatefulSet", "statefulsets.apps", "apps/v1", true, true},
    ServedKind{"ReplicaSet", "replicasets.apps", "apps/v1", true, true},
    ServedKind{"DaemonSet", "daemonsets.apps", "apps/v1"},
    ServedKind{"ReplicationController", "replicationcontrollers", "v1", true, true},
    ServedKind{"Job", "jobs.batch", "batch/v1"},
    ServedKind{"CronJob", "cronjobs.batch", "batch/v1"},
    ServedKind{"Pod", "pods", "v1"},
    ServedKind{"Node", "nodes", "v1", false},
    ServedKind{"Namespace", "namespaces", "v1", false},
    ServedKind{"ConfigMap", "configmaps", "v1"},
    ServedKind{"Secret", "secrets", "v1"},
    ServedKind{"Service", "services", "v1"},
    ServedKind{"ServiceAccount", "serviceaccounts", "v1"},
    ServedKind{"PersistentVolumeClaim", "persistentvolumeclaims", "v1"},
    ServedKind{"PersistentVolume", "persistentvolumes", "v1", false},
    ServedKind{"LimitRange", "limitranges", "v1"},
    ServedKind{"ResourceQuota", "resourcequotas", "v1"},
    ServedKind{"HorizontalPodAutoscaler", "horizontalpodautoscalers.autoscaling", "autoscaling/v2"},
    ServedKind{"PodDisruptionBudget", "poddisruptionbudgets.policy", "policy/v1"},
    ServedKind{"NetworkPolicy", "networkpolicies.networking.k8s.io", "networking.k8s.io/v1"},
    ServedKind{"Ingress", "ingresses.networking.k8s.io", "networking.k8s.io/v1"},
    ServedKind{"Role", "roles.rbac.authorization.k8s.io", "rbac.authorization.k8s.io/v1"},
    ServedKind{"RoleBinding", "rolebindings.rbac.authorization.k8s.io", "rbac.authorization.k8s.io/v1"},
    ServedKind{"ClusterRole", "clusterroles.rbac.authorization.k8s.io", "rbac.authorization.k8s.io/v1", false},
    ServedKind{"ClusterRoleBinding", "clusterrolebindings.rbac.authorization.k8s.io", "rbac.authorization.k8s.io/v1",
               false},
    ServedKind{"PriorityClass", "priorityclasses.scheduling.k8s.io", "scheduling.k8s.io/v1", false},
    ServedKind{"StorageClass", "storageclasses.storage.k8s.io", "storage.k8s.io/v1", false},
};

std::string quoted(const Key& key) {
    const ServedKind* served = served_kind(key.kind);
    return std::string(served == nullptr ? key.kind : served->resource) + " \"" + key.name + "\"";
}

std::string group_of(std::string_view resource) {
    const std::size_t dot = resource.find('.');
    return dot == std::string_view::npos ? std::string() : std::string(resource.substr(dot));
}

}  // namespace

const ServedKind* served_kind(std::string_view kind) {
    const auto found = std::find_if(kServed.begin(), kServed.end(), [&](const auto& one) { return one.kind == kind; });
    return found == kServed.end() ? nullptr : &*found;
}

Error not_found(const Key& key) {
    return error(Code::NotFound, quoted(key) + " not found");
}

Error already_exists(const Key& key) {
    return error(Code::AlreadyExists, quoted(key) + " already exists", "apply it instead, or choose another name");
}

Error modified(const Key& key) {
    return error(Code::Conflict,
                 "Operation cannot be fulfilled on " + quoted(key) +
                     ": the object has been modified; please apply your changes to the latest version and try again",
                 "read the object again and redo the step");
}

Error invalid(const Key& key, std::string_view field, std::string_view problem) {
    const ServedKind* served = served_kind(key.kind);
    const std::string group = served == nullptr ? std::string() : group_of(served->resource);
    return error(
        Code::InvalidArgument,
        key.kind + group + " \"" + key.name + "\" is invalid: " + std::string(field) + ": " + std::string(problem), {},
        std::string(field));
}

Error no_such_kind(std::string_view kind, std::string_view api_version) {
    return error(Code::NotFound,
                 "no matches for kind \"" + std::string(kind) + "\" in version \"" + std::string(api_version) + "\"",
                 "the simulated cluster serves the built-in kinds only");
}

Error throttled() {
    Error refusal =
        error(Code::ResourceExhausted, "the server has received too many requests and has asked us to try again later");
    refusal.retry_after_s = 1;
    return refusal;
}

}  // namespace helix::simulated
