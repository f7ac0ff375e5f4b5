#include "service/app/cluster_definitions.hpp"

#include "adapters/kubernetes_definitions/cluster_definitions.hpp"
#include "service/app/cluster_access.hpp"

namespace helix::app {

Result<kubeconfig::Access> access_of(const ClusterChoice& choice) {
    const kubeconfig::ResolveOptions options = resolve_options(choice.allow_exec);
    if (choice.in_cluster)
        return kubeconfig::in_cluster(kServiceAccount, variable("KUBERNETES_SERVICE_HOST"),
                                      variable("KUBERNETES_SERVICE_PORT"), options);
    const auto config = kubeconfig::load(kubeconfig_paths(choice.kubeconfig));
    if (!config) return config.error();
    return kubeconfig::resolve(*config, choice.context, options);
}

Result<std::unique_ptr<ports::Definitions>> cluster_definitions(const ClusterChoice& choice) {
    const auto access = access_of(choice);
    if (!access) return access.error();
    return kubernetes_definitions::connect(*access);
}

}  // namespace helix::app
