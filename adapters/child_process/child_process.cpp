#include "adapters/child_process/child_process.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace helix::child_process {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int kLookAgain_ms = 20;
constexpr int kLookAgainSilent_ms = 1;  ///< once it has closed its outputs it is about to end

class Fd {
public:
    explicit Fd(int fd) : fd_(fd) {}
    ~Fd() { reset(); }
    Fd(const Fd&) = delete;
    Fd& operator=(const Fd&) = delete;
    void reset() {
        if (fd_ >= 0) ::close(fd_);
        fd_ = -1;
    }
    void take(int fd) {
        reset();
        fd_ = fd;
    }
    [[nodiscard]] int get() const { return fd_; }

private:
    int fd_;
};

std::vector<char*> pointers(std::vector<std::string>& words) {
    std::vector<char*> out;
    for (std::string& word : words) out.push_back(word.data());
    out.push_back(nullptr);
    return out;
}

Error spawn_failure(int number) {
    if (number == ENOENT) return error(Code::NotFound, "no such program");
    if (number == EACCES) return error(Code::PermissionDenied, "the program may not be run");
    return error(Code::Unavailable, "the program did not start: " + std::generic_category().message(number));
}

/// The two ends of a pipe.
struct Pipe {
    Fd ours{-1};
    Fd theirs{-1};

    static bool open(Pipe& pipe) {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) return false;
        pipe.ours.take(ends[0]);
        pipe.theirs.take(ends[1]);
        // The child's end must block: a program that finds its output full would otherwise lose part of it.
        ::fcntl(ends[1], F_SETFL, 0);
        return true;
    }
};

/// What the child shall read, as a file in memory: nobody has to feed it. -1: it could not be made.
int input_file(const std::string& input) {
    const int fd = ::memfd_create("input", MFD_CLOEXEC);
    for (std::size_t at = 0; fd >= 0 && at < input.size();) {
        const ssize_t wrote = ::write(fd, input.data() + at, input.size() - at);
        if (wrote > 0) at += static_cast<std::size_t>(wrote);
        if (wrote > 0 || errno == EINTR) continue;
        ::close(fd);
        return -1;
    }
    if (fd >= 0) ::lseek(fd, 0, SEEK_SET);
    return fd;
}

/// @param errors  -1: nowhere
Result<pid_t> spawn(const Child& child, int output, int errors) {
    const Fd input(child.input.empty() ? -1 : input_file(child.input));
    if (!child.input.empty() && input.get() < 0) return spawn_failure(errno);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    if (input.get() >= 0)
        posix_spawn_file_actions_adddup2(&actions, input.get(), 0);
    else
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output, 1);
    if (errors >= 0)
        posix_spawn_file_actions_adddup2(&actions, errors, 2);
    else
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    if (!child.folder.empty()) posix_spawn_file_actions_addchdir_np(&actions, child.folder.c_str());
    posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    std::vector<std::string> words{child.program}, environment = child.environment;
    words.insert(words.end(), child.arguments.begin(), child.arguments.end());
    pid_t pid = -1;
    const int rc = ::posix_spawn(&pid, child.program.c_str(), &actions, &attributes, pointers(words).data(),
                                 pointers(environment).data());
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (rc != 0) return spawn_failure(rc);
    return pid;
}

/// Reads what is there. False at the end of the output.
bool drain(int fd, std::string& output) {
    std::array<char, 16384> buffer;
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got > 0) output.append(buffer.data(), static_cast<std::size_t>(got));
    return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

bool has_ended(pid_t pid) {
    siginfo_t info{};
    return ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid;
}

/// Follows the child to its end; an error when it had to be given up.
Result<Ended> follow(const Child& child, pid_t pid, const Fd& output, const Fd& errors, const std::stop_token& stop) {
    const auto deadline = Clock::now() + child.timeout;
    Ended ended;
    std::array<pollfd, 2> waits{{{output.get(), POLLIN, 0}, {errors.get(), POLLIN, 0}}};  // poll passes over -1
    for (;;) {
        const bool over = has_ended(pid);  // before the last look, so that nothing printed is missed
        const bool silent = waits[0].fd < 0 && waits[1].fd < 0;
        const int wait_ms = over ? 0 : silent ? kLookAgainSilent_ms : kLookAgain_ms;
        const bool readable = ::poll(waits.data(), waits.size(), wait_ms) > 0;
        if (readable && waits[0].revents != 0 && !drain(output.get(), ended.output)) waits[0].fd = -1;
        if (readable && waits[1].revents != 0 && !drain(errors.get(), ended.errors)) waits[1].fd = -1;
        ended.errors.resize(std::min(ended.errors.size(), child.errors_bytes_max));
        if (ended.output.size() > child.output_bytes_max)
            return error(Code::ResourceExhausted, "the program prints too much");
        if (over && !readable) return ended;
        if (stop.stop_requested()) return error(Code::Unavailable, "stopped");
        if (Clock::now() > deadline)
            return error(Code::DeadlineExceeded,
                         "the program did not end within " + std::to_string(child.timeout.count()) + " ms");
    }
}

}  // namespace

Result<Ended> run_to_end(const Child& child, const std::stop_token& stop) {
    Pipe output;
    Pipe errors;
    if (!Pipe::open(output) || (child.errors_bytes_max > 0 && !Pipe::open(errors))) return spawn_failure(errno);
    auto pid = spawn(child, output.theirs.get(), errors.theirs.get());
    output.theirs.reset();
    errors.theirs.reset();
    if (!pid) return std::move(pid).error();
    auto ended = follow(child, *pid, output.ours, errors.ours, stop);
    ::kill(-*pid, SIGKILL);  // it and what it left behind; not reaped yet, so the number is still its own
    int status = 0;
    while (::waitpid(*pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (!ended) return ended;
    if (!WIFEXITED(status)) return error(Code::Unavailable, "the program was killed");
    ended->exit_code = WEXITSTATUS(status);
    return ended;
}

Result<std::string> run(const Child& child, const std::stop_token& stop) {
    auto ended = run_to_end(child, stop);
    if (!ended) return std::move(ended).error();
    if (ended->exit_code == 0) return std::move(ended->output);
    return error(Code::Unavailable, "the program ended with " + std::to_string(ended->exit_code));
}

}  // namespace helix::child_process
