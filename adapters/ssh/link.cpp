#include "adapters/ssh/link.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <future>
#include <list>
#include <mutex>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include <libssh/callbacks.h>
#include <libssh/server.h>  // ssh_send_keepalive
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "adapters/backoff/backoff.hpp"
#include "adapters/ssh/local_listener.hpp"
#include "adapters/ssh/tunnel.hpp"

namespace helix::ssh {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kPollMost{5'000};
constexpr milliseconds kConnectPollMost{100};

int nothing_to_do(socket_t, int, void*) {
    return SSH_OK;  // what became ready is looked at after the poll
}

/// libssh's poll over the session, the wake-up call, and the local ends of tunnels.
class Poll {
public:
    Poll(ssh_session session, int wake) : event_(ssh_event_new()), session_(session), wake_(wake) {
        ssh_event_add_session(event_, session_);
        ssh_event_add_fd(event_, wake_, POLLIN, nothing_to_do, nullptr);
    }
    ~Poll() {
        for (const auto& [fd, events] : watched_) ssh_event_remove_fd(event_, fd);
        ssh_event_remove_fd(event_, wake_);
        ssh_event_remove_session(event_, session_);
        ssh_event_free(event_);
    }
    Poll(const Poll&) = delete;
    Poll& operator=(const Poll&) = delete;

    void watch(int fd, short events) {
        const auto found =
            std::find_if(watched_.begin(), watched_.end(), [&](const auto& one) { return one.first == fd; });
        const short before = found == watched_.end() ? short{0} : found->second;
        if (before == events) return;
        if (before != 0) ssh_event_remove_fd(event_, fd);
        if (events != 0) ssh_event_add_fd(event_, fd, events, nothing_to_do, nullptr);
        if (found == watched_.end()) {
            watched_.emplace_back(fd, events);
        } else if (events == 0) {
            watched_.erase(found);
        } else {
            found->second = events;
        }
    }

    bool wait(milliseconds most) { return ssh_event_dopoll(event_, static_cast<int>(most.count())) != SSH_ERROR; }

private:
    ssh_event event_;
    ssh_session session_;
    const int wake_;
    std::vector<std::pair<int, short>> watched_;
};

}  // namespace

class Link::Worker {
public:
    explicit Worker(LinkOptions options)
        : options_(std::move(options)),
          backoff_([this] { return std::uniform_real_distribution<double>(0, 1)(random_); }, options_.backoff_first,
                   options_.backoff_most),
          wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
        status_.problem = "not connected yet";
        thread_ = std::thread([this] { run(); });
    }

    ~Worker() {
        stop();
        ::close(wake_);
    }
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    [[nodiscard]] const std::string& local_socket() const { return local_socket_; }

    void submit(std::string line, milliseconds timeout, Shell::Done done) {
        {
            const std::lock_guard lock(mutex_);
            if (status_.connected) {
                new_commands_.push_back({std::move(line), Clock::now() + timeout, std::move(done)});
                wake();
                return;
            }
        }
        done(error(Code::Unavailable, status().problem, "it connects again by itself"));
    }

    LinkStatus status() const {
        const std::lock_guard lock(mutex_);
        return status_;
    }

    void stop() {
        stopping_ = true;
        wake();
        if (thread_.joinable()) thread_.join();
    }

private:
    struct NewCommand {
        std::string line;
        Clock::time_point deadline;
        Shell::Done done;
    };

    void wake() const {
        const std::uint64_t one = 1;
        static_cast<void>(!::write(wake_, &one, sizeof one));  // full: it is awake already
    }

    void clear_wake() const {
        std::uint64_t count = 0;
        static_cast<void>(!::read(wake_, &count, sizeof count));
    }

    void run() {
        sigset_t all;  // signals belong to the main thread
        sigfillset(&all);
        pthread_sigmask(SIG_BLOCK, &all, nullptr);
        while (!stopping_) {
            std::optional<HostKeyRefusal> refusal;
            const auto deadline = Clock::now() + options_.connect_timeout;
            auto session = connect(
                options_.address, [&](int fd, short events) { return wait_for(fd, events, deadline); }, refusal);
            if (session) {
                const LocalListener listener(local_socket_);
                begin();
                const std::string why = serve(session->get(), listener);
                end(why, std::nullopt);
            } else {
                end(session.error().message, std::move(refusal));
            }
            pause(backoff_.next());
        }
    }

    /// False when the time for connecting is over, or the link is to end.
    bool wait_for(int fd, short events, Clock::time_point deadline) {
        if (stopping_ || Clock::now() >= deadline) return false;
        pollfd both[2] = {{wake_, POLLIN, 0}, {fd, events, 0}};
        ::poll(both, fd < 0 ? 1 : 2, static_cast<int>(kConnectPollMost.count()));
        if (both[0].revents != 0) clear_wake();
        return !stopping_;
    }

    void pause(milliseconds time) {
        const auto until = Clock::now() + time;
        while (!stopping_ && Clock::now() < until) {
            pollfd one = {wake_, POLLIN, 0};
            const auto left = std::chrono::ceil<milliseconds>(until - Clock::now());
            if (::poll(&one, 1, static_cast<int>(std::max<milliseconds>(left, milliseconds{0}).count())) > 0)
                clear_wake();
        }
    }

    void begin() {
        const std::lock_guard lock(mutex_);
        status_.connected = true;
        ++status_.opened_total;
        status_.problem.clear();
        status_.refusal.reset();
    }

    /// No connection any more: what waits for one ends.
    void end(const std::string& why, std::optional<HostKeyRefusal> refusal) {
        std::vector<NewCommand> commands;
        {
            const std::lock_guard lock(mutex_);
            status_.connected = false;
            status_.problem = why;
            status_.refusal = std::move(refusal);
            commands.swap(new_commands_);
        }
        for (const NewCommand& command : commands) command.done(error(Code::Unavailable, why));
    }

    void take_connections(ssh_session session, const LocalListener& listener, std::list<Tunnel>& tunnels) {
        std::uint64_t taken = 0;
        for (int fd = listener.accept(); fd >= 0; fd = listener.accept(), ++taken)
            tunnels.emplace_back(session, fd, options_.remote_socket, Clock::now() + options_.connect_timeout);
        if (taken == 0) return;
        const std::lock_guard lock(mutex_);
        status_.tunnels_total += taken;
    }

    void take_commands(ssh_session session, std::optional<Shell>& shell) {
        std::vector<NewCommand> new_commands;
        {
            const std::lock_guard lock(mutex_);
            new_commands.swap(new_commands_);
            status_.commands_total += new_commands.size();
        }
        if (!new_commands.empty() && !shell) shell.emplace(session, options_.output_bytes_max);
        for (NewCommand& command : new_commands)
            shell->ask(std::move(command.line), command.deadline, std::move(command.done));
    }

    static milliseconds poll_time(const std::optional<Shell>& shell, Clock::time_point now) {
        if (!shell || shell->deadline() >= now + kPollMost) return kPollMost;
        return std::max(std::chrono::ceil<milliseconds>(shell->deadline() - now), milliseconds{0});
    }

    /// Works on the connection until it ends. @return why it did
    std::string serve(ssh_session session, const LocalListener& listener) {
        std::list<Tunnel> tunnels;
        std::optional<Shell> shell;
        ssh_counter_struct heard{};
        ssh_set_counters(session, nullptr, &heard);
        Poll poll(session, wake_);
        if (listener.fd() >= 0) poll.watch(listener.fd(), POLLIN);
        const auto began = Clock::now();
        auto heard_at = began;
        auto asked_at = began;
        std::uint64_t heard_bytes = 0;
        std::string why;
        while (why.empty()) {
            clear_wake();
            if (stopping_) why = "the service ends";
            take_connections(session, listener, tunnels);
            take_commands(session, shell);
            const auto now = Clock::now();
            const std::uint64_t before = heard.in_bytes;
            for (auto at = tunnels.begin(); at != tunnels.end();) {
                const bool lives = at->step(now);
                poll.watch(at->fd(), lives ? at->wanted() : short{0});
                at = lives ? std::next(at) : tunnels.erase(at);
            }
            if (shell && !shell->step(now)) shell.reset();
            // Whoever reads his channel reads those of the others into libssh, where poll does not see them.
            const bool more = heard.in_bytes != before;
            if (heard.in_bytes != heard_bytes) {
                heard_bytes = heard.in_bytes;
                heard_at = asked_at = now;
                if (now - began >= options_.backoff_most) backoff_.reset();  // not for one that is cut at once
            }
            if (now - asked_at >= options_.keepalive_every) {
                ssh_send_keepalive(session);
                asked_at = now;
            }
            if (now - heard_at >= options_.dead_after) why = options_.address.host + " says nothing any more";
            if (why.empty() &&
                (!poll.wait(more ? milliseconds{0} : poll_time(shell, now)) || ssh_is_connected(session) == 0))
                why = options_.address.host + ": the connection ended";
        }
        if (shell) shell->give_up(why);
        ssh_set_counters(session, nullptr, nullptr);
        return why;
    }

    const LinkOptions options_;
    std::minstd_rand random_{std::random_device{}()};
    backoff::Backoff backoff_;
    const std::string local_socket_ = random_name("helix-ssh-");
    const int wake_;
    std::atomic<bool> stopping_{false};

    mutable std::mutex mutex_;  // guards what follows
    LinkStatus status_;
    std::vector<NewCommand> new_commands_;

    std::thread thread_;
};

Link::Link(LinkOptions options) : worker_(std::make_unique<Worker>(std::move(options))) {}
Link::~Link() = default;

const std::string& Link::local_socket() const {
    return worker_->local_socket();
}

Result<Output> Link::run(const std::string& line, std::chrono::milliseconds timeout) {
    std::promise<Result<Output>> promise;
    auto result = promise.get_future();
    worker_->submit(line, timeout, [&promise](Result<Output> output) { promise.set_value(std::move(output)); });
    return result.get();
}

LinkStatus Link::status() const {
    return worker_->status();
}

void Link::stop() {
    worker_->stop();
}

}  // namespace helix::ssh
