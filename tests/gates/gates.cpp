#include "tests/gates/gates.hpp"

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

std::unique_ptr<Gates> Gates::start(const TestCluster& cluster, const std::vector<std::string>& flags) {
    const std::string program = (folder() / "helix-gates").string();
    if (access(program.c_str(), X_OK) != 0) throw std::runtime_error(program + " is missing; build the target gates");
    std::vector<std::string> argv{program,
                                  "up",
                                  "--until-stdin-closes",
                                  "--kubeconfig",
                                  cluster.kubeconfig().string(),
                                  "--dir",
                                  logs(cluster).string()};
    argv.insert(argv.end(), flags.begin(), flags.end());
    auto up = std::make_unique<ChildProcess>(argv, std::vector{"HELIX_TESTCLUSTER=" + TestCluster::program()});
    std::string said;
    while (said.find("ready") == std::string::npos || said.back() != '\n') {
        const std::string piece = up->read_some();
        if (piece.empty()) throw std::runtime_error("the gates are not ready; their messages are above");
        said += piece;
    }
    return std::unique_ptr<Gates>(new Gates(std::move(up)));
}

}  // namespace helix::test_support
