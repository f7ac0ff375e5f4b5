#include "tests/gates/gates.hpp"

#include <chrono>
#include <cstdlib>
#include <stdexcept>

#include <unistd.h>

namespace helix::test_support {

std::filesystem::path Gates::folder() {
    const char* named = std::getenv("HELIX_GATES");
    return named != nullptr && *named != '\0' ? named : HELIX_GATES_FOLDER;
}

bool Gates::available() {
    // Whoever names a folder wants the tests that need it: without it they fail, they are not passed over.
    return std::getenv("HELIX_GATES") != nullptr || access((folder() / "stamp").c_str(), R_OK) == 0;
}

namespace {

std::vector<std::string> command(const char* verb, const TestCluster& cluster) {
    const std::string program = (Gates::folder() / "helix-gates").string();
    if (access(program.c_str(), X_OK) != 0) throw std::runtime_error(program + " is missing; build the target gates");
    return {program, verb, "--kubeconfig", cluster.kubeconfig().string()};
}

std::vector<std::string> environment() {
    return {"HELIX_TESTCLUSTER=" + TestCluster::program()};
}

}  // namespace

void Gates::prepare(const TestCluster& cluster) {
    if (run_process(command("prepare", cluster), environment()).exit_code != 0)
        throw std::runtime_error("the cluster does not take the gates' kinds; the reason is above");
}

void Gates::rescan(const TestCluster& cluster) {
    const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
    const std::string mark = "tests.helix/rescan=" + std::to_string(now);  // any new value
    if (cluster.kubectl({"annotate", "clusterpolicies", "--all", "--overwrite", mark}).exit_code != 0)
        throw std::runtime_error("the policies cannot be touched; the reason is above");
}

std::unique_ptr<Gates> Gates::start(const TestCluster& cluster, const std::vector<std::string>& flags) {
    std::vector<std::string> argv = command("up", cluster);
    argv.insert(argv.end(), {"--until-stdin-closes", "--dir", logs(cluster).string()});
    argv.insert(argv.end(), flags.begin(), flags.end());
    auto up = std::make_unique<ChildProcess>(argv, environment());
    std::string said;
    while (said.find("ready") == std::string::npos || said.back() != '\n') {
        const std::string piece = up->read_some();
        if (piece.empty()) throw std::runtime_error("the gates are not ready; their messages are above");
        said += piece;
    }
    return std::unique_ptr<Gates>(new Gates(std::move(up)));
}

}  // namespace helix::test_support
