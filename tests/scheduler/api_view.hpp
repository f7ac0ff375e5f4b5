#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/scheduler/small_cluster.hpp"
#include "tests/support/test_cluster.hpp"

namespace helix::scheduler_test {

struct ServedPod {
    std::string name;
    std::string app;
    std::string node;  ///< empty: not bound
    std::int64_t usage = 0;
    bool running = false;
    bool terminating = false;
    bool unschedulable = false;  ///< the scheduler has said that it fits nowhere
    bool probe = false;
};

struct ServedDeployment {
    int replicas = 0;
    bool observed = false;  ///< the controller has seen this generation
    int updated = 0;
    std::string restarted_at;
};

struct ServedNode {
    bool ready = false;
    bool unschedulable = false;
    std::int64_t measured = -1;  ///< bytes in use as metrics.k8s.io says; -1: no figure
};

/// What the API server and metrics.k8s.io say, read with kubectl and not by the adapter under test.
struct ApiView {
    std::vector<ServedPod> pods;
    std::map<std::string, ServedDeployment> deployments;
    std::map<std::string, ServedNode> nodes;

    /// Throws std::runtime_error when an answer is no JSON.
    static ApiView read(const test_support::TestCluster& cluster);

    /// Bytes that the pods on `node` use, with the node's own MiB.
    [[nodiscard]] std::int64_t summed(const std::string& node) const;

    /// Why controllers, scheduler, kubelets or metrics still have something to do for `one`; empty when nothing.
    [[nodiscard]] std::string unsettled(const SmallCluster& one) const;
};

}  // namespace helix::scheduler_test
