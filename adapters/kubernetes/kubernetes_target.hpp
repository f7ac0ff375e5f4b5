#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "adapters/kubeconfig/resolve.hpp"
#include "adapters/kubernetes/watermarks.hpp"
#include "adapters/kubernetes/writer.hpp"
#include "service/ports/target.hpp"

namespace helix::kubernetes {

struct KubernetesOptions {
    kubeconfig::ResolveOptions access;
    std::chrono::milliseconds metrics_period{15'000};
    int page_limit = 500;         ///< objects per page of a list
    int watch_timeout_s = 300;    ///< the server ends each watch after that long
    std::size_t connections = 4;  ///< most connections of the links C and R together
    WriterOptions writer;
    WatermarkOptions watermarks;
    std::function<std::int64_t()> now_us;  ///< wall clock, microseconds since 1970; empty: the system's
    std::function<double()> random;        ///< jitter, uniform in [0, 1), called on one thread; empty: a seeded engine
};

/// A target at the API server that `context` (empty: the current one) of the kubeconfig files leads to. It starts
/// syncing at once; freshness() tells when the mirror is whole.
/// Errors: those of kubeconfig::load and resolve, and of http2_client::Channel::open. An unreachable server is none.
Result<std::unique_ptr<ports::Target>> make_kubernetes_target(std::string name,
                                                              const std::vector<std::string>& kubeconfig_paths,
                                                              const std::string& context, KubernetesOptions options);

/// The same for the cluster in whose pod this process runs.
Result<std::unique_ptr<ports::Target>> make_in_cluster_target(std::string name, const std::string& folder,
                                                              const std::string& host, const std::string& port,
                                                              KubernetesOptions options);

/// The same for an access at hand.
Result<std::unique_ptr<ports::Target>> make_kubernetes_target(std::string name, kubeconfig::Access access,
                                                              KubernetesOptions options);

}  // namespace helix::kubernetes
