#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <sys/types.h>

namespace helix::test_support {

/// What a finished child process has left behind.
struct ProcessResult {
    int exit_code = -1;  ///< 128 + signal number when a signal ended it
    std::string output;  ///< standard output; standard error goes to that of the test
};

/// Runs `argv` to its end with the test's environment plus `environment` ("NAME=value" each); argv[0] is looked up
/// in PATH. Throws std::system_error when it cannot be started.
ProcessResult run_process(const std::vector<std::string>& argv, const std::vector<std::string>& environment = {});

/// A real Kubernetes control plane of the test's own (tests/cluster/README.md), in a fresh temporary directory.
///
/// It is ready when `start` returns, and gone with its directory after the destructor, or as soon as the test
/// process ends in whatever way: the cluster watches a pipe from it. Starting takes about five seconds, so tests
/// share one where they can and take a namespace each. Not safe for several threads, except `run` and `kubectl`.
class TestCluster {
public:
    /// True when the cluster's program has been built (target testcluster) or HELIX_TESTCLUSTER names one.
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
    void launch(const std::vector<std::string>& up_flags);
    void await_ready();
    void stop();

    std::filesystem::path dir_;
    pid_t pid_ = -1;
    int alive_pipe_ = -1;   // closing it tells the cluster to end
    int output_pipe_ = -1;  // on which it says that it is ready
};

}  // namespace helix::test_support
