#include "domain/gate/kinds.hpp"

#include <algorithm>
#include <array>

namespace helix::gate {
namespace {

struct KnownKind {
    std::string_view kind;
    std::string_view group;
    std::string_view api_version;
    KindClass kind_class;
};

using enum KindClass;

/// Every kind that the gate lets pass; the configuration extends the neutral ones.
constexpr auto kKnown = std::to_array<KnownKind>({
    {"Deployment", "apps", "apps/v1", MakesPods},
    {"StatefulSet", "apps", "apps/v1", MakesPods},
    {"DaemonSet", "apps", "apps/v1", MakesPods},
    {"ReplicaSet", "apps", "apps/v1", MakesPods},
    {"ReplicationController", "", "v1", MakesPods},
    {"Job", "batch", "batch/v1", MakesPods},
    {"CronJob", "batch", "batch/v1", MakesPods},
    {"Pod", "", "v1", MakesPods},
    {"Container", "eose.ca", "eose.ca/v1", Container},
    {"Node", "", "v1", Node},
    {"Namespace", "", "v1", Namespace},
    {"HorizontalPodAutoscaler", "autoscaling", "autoscaling/v2", Autoscaler},
    {"ConfigMap", "", "v1", Neutral},
    {"Secret", "", "v1", Neutral},
    {"Service", "", "v1", Neutral},
    {"Endpoints", "", "v1", Neutral},
    {"EndpointSlice", "discovery.k8s.io", "discovery.k8s.io/v1", Neutral},
    {"Event", "", "v1", Neutral},
    {"ServiceAccount", "", "v1", Neutral},
    {"PersistentVolume", "", "v1", Neutral},
    {"PersistentVolumeClaim", "", "v1", Neutral},
    {"LimitRange", "", "v1", Neutral},
    {"ResourceQuota", "", "v1", Neutral},
    {"PodTemplate", "", "v1", Neutral},
    {"ControllerRevision", "apps", "apps/v1", Neutral},
    {"Ingress", "networking.k8s.io", "networking.k8s.io/v1", Neutral},
    {"IngressClass", "networking.k8s.io", "networking.k8s.io/v1", Neutral},
    {"NetworkPolicy", "networking.k8s.io", "networking.k8s.io/v1", Neutral},
    {"PodDisruptionBudget", "policy", "policy/v1", Neutral},
    {"PriorityClass", "scheduling.k8s.io", "scheduling.k8s.io/v1", Neutral},
    {"RuntimeClass", "node.k8s.io", "node.k8s.io/v1", Neutral},
    {"StorageClass", "storage.k8s.io", "storage.k8s.io/v1", Neutral},
    {"VolumeAttachment", "storage.k8s.io", "storage.k8s.io/v1", Neutral},
    {"Lease", "coordination.k8s.io", "coordination.k8s.io/v1", Neutral},
    {"Role", "rbac.authorization.k8s.io", "rbac.authorization.k8s.io/v1", Neutral},
    {"RoleBinding", "rbac.authorization.k8s.io", "rbac.authorization.k8s.io/v1", Neutral},
    {"ClusterRole", "rbac.authorization.k8s.io", "rbac.authorization.k8s.io/v1", Neutral},
    {"ClusterRoleBinding", "rbac.authorization.k8s.io", "rbac.authorization.k8s.io/v1", Neutral},
    {"CustomResourceDefinition", "apiextensions.k8s.io", "apiextensions.k8s.io/v1", Neutral},
    {"TrendalTrial", "eose.ca", "eose.ca/v1", Neutral},
});

const KnownKind* find(std::string_view kind) {
    const auto found =
        std::find_if(kKnown.begin(), kKnown.end(), [&](const KnownKind& one) { return one.kind == kind; });
    return found == kKnown.end() ? nullptr : &*found;
}

}  // namespace

std::string_view group_of(std::string_view api_version) {
    const auto slash = api_version.find('/');
    return slash == std::string_view::npos ? std::string_view{} : api_version.substr(0, slash);
}

std::string_view usual_api_version(std::string_view kind) {
    const KnownKind* known = find(kind);
    return known == nullptr ? std::string_view{} : known->api_version;
}

KindClass classify(std::string_view api_version, std::string_view kind, const std::vector<std::string>& extra_neutral) {
    const KnownKind* known = find(kind);
    if (known != nullptr && (api_version.empty() || group_of(api_version) == known->group)) return known->kind_class;
    const std::string full = std::string(kind) + "." + std::string(group_of(api_version));
    const bool neutral = std::find(extra_neutral.begin(), extra_neutral.end(), full) != extra_neutral.end();
    return neutral ? KindClass::Neutral : KindClass::Unmodelled;
}

}  // namespace helix::gate
