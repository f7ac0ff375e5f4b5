#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/process.hpp"

namespace helix::test_support {

/// A real Kubernetes control plane of the test's own (tests/cluster/README.md), in a fresh temporary directory.
///
/// It is ready when `start` returns, and gone with its directory after the destructor, or as soon as the test
/// process ends in whatever way: the cluster watches a pipe from it. Starting takes about five seconds, so tests
/// share one where they can and take a namespace each. Not safe for several threads, except `run` and `kubectl`.
class TestCluster {
public:
    /// True when the cluster's program has been built (target testcluster), or HELIX_TESTCLUSTER says that it has: then
    /// a test that needs it fails without it. `make test` says so.
    static bool available();

    /// The program: HELIX_TESTCLUSTER from the environment, else where the target testcluster puts it.
    static std::string program();

    /// Starts a cluster; `up_flags` go to "helix-testcluster up". Throws std::runtime_error when it is not ready.
    static std::unique_ptr<TestCluster> start(const std::vector<std::string>& up_flags = {});

    ~TestCluster();
    TestCluster(const TestCluster&) = delete;
    TestCluster& operator=(const TestCluster&) = delete;

    const std::filesystem::path& dir() const { return dir_; }

    /// Contexts: admin (current), dev-cert, dev-admin, dev-viewer, dev-exec.
    std::filesystem::path kubeconfig() const { return dir_ / "kubeconfig"; }

    /// helix-testcluster args[0] --dir DIR args[1...], for instance {"load", "--nodes", "3"}.
    ProcessResult run(const std::vector<std::string>& args) const;

    /// kubectl with the admin's kubeconfig, for instance {"get", "nodes", "-o", "name"}.
    ProcessResult kubectl(const std::vector<std::string>& args) const;

private:
    TestCluster() = default;
    void await_ready() const;

    std::filesystem::path dir_;
    std::unique_ptr<ChildProcess> up_;  // it stops the cluster when its input closes
};

}  // namespace helix::test_support
