#include "tests/support/test_cluster.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <stdexcept>
#include <system_error>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace helix::test_support {
namespace {

struct Pipe {
    int read_end = -1;
    int write_end = -1;
};

// Close-on-exec, so that no other child of the test keeps the cluster alive.
Pipe make_pipe() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe2");
    return {ends[0], ends[1]};
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> result;
    for (std::string& text : texts) result.push_back(text.data());
    result.push_back(nullptr);
    return result;
}

// Starts argv with these standard streams; -1 leaves the test's own. Standard error is always the test's.
pid_t spawn(std::vector<std::string> argv, const std::vector<std::string>& environment, int input, int output) {
    std::vector<std::string> variables = environment;  // the first of two with one name counts
    for (char** variable = environ; *variable != nullptr; ++variable) variables.emplace_back(*variable);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    if (input >= 0) posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    if (output >= 0) posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    pid_t pid = -1;
    const int failure =
        posix_spawnp(&pid, argv[0].c_str(), &actions, nullptr, pointers(argv).data(), pointers(variables).data());
    posix_spawn_file_actions_destroy(&actions);
    if (failure != 0) throw std::system_error(failure, std::generic_category(), "start " + argv[0]);
    return pid;
}

int wait_for(pid_t pid) {
    int status = 0;
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "waitpid");
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// The next piece of what comes out of fd; empty at its end.
std::string read_some(int fd) {
    std::array<char, 4096> buffer{};
    ssize_t count = 0;
    do {
        count = read(fd, buffer.data(), buffer.size());
    } while (count < 0 && errno == EINTR);
    return {buffer.data(), static_cast<std::size_t>(count > 0 ? count : 0)};
}

std::filesystem::path make_directory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "helix-testcluster-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::system_error(errno, std::generic_category(), "mkdtemp");
    return pattern;
}

}  // namespace

ProcessResult run_process(const std::vector<std::string>& argv, const std::vector<std::string>& environment) {
    const Pipe output = make_pipe();
    const pid_t pid = spawn(argv, environment, -1, output.write_end);
    close(output.write_end);
    ProcessResult result;
    for (std::string piece = read_some(output.read_end); !piece.empty(); piece = read_some(output.read_end))
        result.output += piece;
    close(output.read_end);
    result.exit_code = wait_for(pid);
    return result;
}

std::string TestCluster::program() {
    const char* named = std::getenv("HELIX_TESTCLUSTER");
    return named != nullptr && *named != '\0' ? named : HELIX_TESTCLUSTER_PROGRAM;
}

bool TestCluster::available() {
    return access(program().c_str(), X_OK) == 0;
}

std::unique_ptr<TestCluster> TestCluster::start(const std::vector<std::string>& up_flags) {
    if (!available()) throw std::runtime_error(program() + " is missing; build the target testcluster");
    std::unique_ptr<TestCluster> cluster(new TestCluster);
    cluster->dir_ = make_directory();
    cluster->launch(up_flags);
    cluster->await_ready();
    return cluster;
}

void TestCluster::launch(const std::vector<std::string>& up_flags) {
    std::vector<std::string> argv{program(), "up", "--dir", dir_.string(), "--foreground", "--until-stdin-closes",
                                  "--wipe"};
    argv.insert(argv.end(), up_flags.begin(), up_flags.end());
    const Pipe input = make_pipe();
    const Pipe output = make_pipe();
    alive_pipe_ = input.write_end;
    output_pipe_ = output.read_end;
    pid_ = spawn(argv, {}, input.read_end, output.write_end);
    close(input.read_end);
    close(output.write_end);
}

// "up" has a deadline of its own, so that this always ends: with the line, or with the end of the output.
void TestCluster::await_ready() {
    std::string said;
    while (said.find("export KUBECONFIG=") == std::string::npos || said.back() != '\n') {
        const std::string piece = read_some(output_pipe_);
        if (piece.empty()) throw std::runtime_error("the test cluster is not ready; its messages are above");
        said += piece;
    }
}

TestCluster::~TestCluster() {
    stop();
}

void TestCluster::stop() {
    if (alive_pipe_ >= 0) close(alive_pipe_);
    if (pid_ > 0) wait_for(pid_);
    if (output_pipe_ >= 0) close(output_pipe_);
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
