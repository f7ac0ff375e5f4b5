#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/test_cluster.hpp"

namespace helix::test_support {

/// The real gates, beside a test cluster: Gatekeeper's audit and Kyverno's reports-controller, out of the cluster
/// (tests/gates/README.md).
///
/// Their kinds are served when `start` or `prepare` returns. Gatekeeper's audit comes every five seconds. Kyverno
/// reports within some 15 s on what it finds at its start, some 45 s after policies and workloads that come later. Both
/// end with this object, or as soon as the test process ends in whatever way; what they wrote into the cluster stays.
/// Not safe for several threads.
class Gates {
public:
    /// True when the gates have been built (target gates), or HELIX_GATES says that they have: then a test that needs
    /// them fails without them.
    static bool available();

    /// Where they are: HELIX_GATES from the environment, else where the target gates puts them.
    static std::filesystem::path folder();

    /// The real conftest.
    static std::string conftest() { return (folder() / "conftest").string(); }

    /// Puts the gates' kinds into the cluster, so that policies can be there before the gates are. Throws as start.
    static void prepare(const TestCluster& cluster);

    /// `flags` go to "helix-gates up", for instance {"--only", "gatekeeper"}, or {"--prepared"} after `prepare`. Throws
    /// std::runtime_error when the gates are not ready. `cluster` must outlive them.
    static std::unique_ptr<Gates> start(const TestCluster& cluster, const std::vector<std::string>& flags = {});

    /// Touches every ClusterPolicy, upon which Kyverno scans what it has seen of the cluster without its usual waiting.
    static void rescan(const TestCluster& cluster);

    ~Gates() = default;
    Gates(const Gates&) = delete;
    Gates& operator=(const Gates&) = delete;

    /// gatekeeper.log and kyverno.log.
    static std::filesystem::path logs(const TestCluster& cluster) { return cluster.dir() / "gates"; }

private:
    explicit Gates(std::unique_ptr<ChildProcess> up) : up_(std::move(up)) {}

    std::unique_ptr<ChildProcess> up_;  // it stops the gates when its input closes
};

}  // namespace helix::test_support
