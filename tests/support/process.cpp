#include "tests/support/process.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <system_error>
#include <thread>

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

// Close-on-exec, so that no other child of the test keeps this one alive.
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
        posix_spawnp(&pid, argv.at(0).c_str(), &actions, nullptr, pointers(argv).data(), pointers(variables).data());
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

std::string read_from(int fd) {
    std::array<char, 4096> buffer{};
    ssize_t count = 0;
    do {
        count = read(fd, buffer.data(), buffer.size());
    } while (count < 0 && errno == EINTR);
    return {buffer.data(), static_cast<std::size_t>(count > 0 ? count : 0)};
}

}  // namespace

ProcessResult run_process(const std::vector<std::string>& argv, const std::vector<std::string>& environment) {
    const Pipe output = make_pipe();
    const pid_t pid = spawn(argv, environment, -1, output.write_end);
    close(output.write_end);
    ProcessResult result;
    for (std::string piece = read_from(output.read_end); !piece.empty(); piece = read_from(output.read_end))
        result.output += piece;
    close(output.read_end);
    result.exit_code = wait_for(pid);
    return result;
}

bool eventually(int seconds, const std::function<bool()>& holds) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
    while (!holds()) {
        if (std::chrono::steady_clock::now() > until) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return true;
}

ChildProcess::ChildProcess(const std::vector<std::string>& argv, const std::vector<std::string>& environment) {
    const Pipe input = make_pipe();
    const Pipe output = make_pipe();
    input_ = input.write_end;
    output_ = output.read_end;
    pid_ = spawn(argv, environment, input.read_end, output.write_end);
    close(input.read_end);
    close(output.write_end);
}

ChildProcess::~ChildProcess() {
    close_input();
    wait();
    close(output_);
}

std::string ChildProcess::read_some() const {
    return read_from(output_);
}

void ChildProcess::close_input() {
    if (input_ >= 0) close(input_);
    input_ = -1;
}

void ChildProcess::signal(int number) const {
    if (pid_ > 0) kill(pid_, number);
}

int ChildProcess::wait() {
    if (pid_ > 0) exit_code_ = wait_for(pid_);
    pid_ = -1;
    return exit_code_;
}

}  // namespace helix::test_support
