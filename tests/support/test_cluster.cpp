#include "tests/support/test_cluster.hpp"

#include <cerrno>
#include <cstdlib>
#include <stdexcept>
#include <system_error>

#include <unistd.h>

namespace helix::test_support {
namespace {

std::filesystem::path make_directory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "helix-testcluster-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::system_error(errno, std::generic_category(), "mkdtemp");
    return pattern;
}

}  // namespace

std::string TestCluster::program() {
    const char* named = std::getenv("HELIX_TESTCLUSTER");
    return named != nullptr && *named != '\0' ? named : HELIX_TESTCLUSTER_PROGRAM;
}

bool TestCluster::available() {
    // Whoever names a program wants the tests that need it: without it they fail, they are not passed over.
    return std::getenv("HELIX_TESTCLUSTER") != nullptr || access(program().c_str(), X_OK) == 0;
}

std::unique_ptr<TestCluster> TestCluster::start(const std::vector<std::string>& up_flags) {
    if (access(program().c_str(), X_OK) != 0)
        throw std::runtime_error(program() + " is missing; build the target testcluster");
    std::unique_ptr<TestCluster> cluster(new TestCluster);
    cluster->dir_ = make_directory();
    std::vector<std::string> argv{
        program(), "up", "--dir", cluster->dir_.string(), "--foreground", "--until-stdin-closes", "--wipe"};
    argv.insert(argv.end(), up_flags.begin(), up_flags.end());
    cluster->up_ = std::make_unique<ChildProcess>(argv);
    cluster->await_ready();
    return cluster;
}

// "up" has a deadline of its own, so that this always ends: with the line, or with the end of the output.
void TestCluster::await_ready() const {
    std::string said;
    while (said.find("export KUBECONFIG=") == std::string::npos || said.back() != '\n') {
        const std::string piece = up_->read_some();
        if (piece.empty()) throw std::runtime_error("the test cluster is not ready; its messages are above");
        said += piece;
    }
}

TestCluster::~TestCluster() {
    up_.reset();
    std::error_code ignored;  // "up --wipe" has deleted it unless it could not even start
    std::filesystem::remove_all(dir_, ignored);
}

ProcessResult TestCluster::run(const std::vector<std::string>& args) const {
    std::vector<std::string> argv{program(), args.at(0), "--dir", dir_.string()};
    argv.insert(argv.end(), args.begin() + 1, args.end());
    return run_process(argv);
}

ProcessResult TestCluster::kubectl(const std::vector<std::string>& args) const {
    std::vector<std::string> argv{program(), "kubectl", "--kubeconfig", kubeconfig().string()};
    argv.insert(argv.end(), args.begin(), args.end());
    return run_process(argv);
}

}  // namespace helix::test_support
