#include "service/app/signals.hpp"

#include <csignal>
#include <cstdint>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace helix::app {
namespace {

int stop_fd = -1;  // an eventfd: what a signal handler may write to

void on_signal(int) {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(stop_fd, &one, sizeof one);
}

bool poll_stop(int timeout_ms) {
    pollfd waiting{stop_fd, POLLIN, 0};
    return ::poll(&waiting, 1, timeout_ms) > 0;
}

}  // namespace

void catch_stop_signals() {
    if (stop_fd >= 0) return;
    stop_fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    struct sigaction action {};
    action.sa_handler = on_signal;
    ::sigaction(SIGINT, &action, nullptr);
    ::sigaction(SIGTERM, &action, nullptr);
    action.sa_handler = SIG_IGN;
    ::sigaction(SIGPIPE, &action, nullptr);
}

bool stop_requested() {
    return poll_stop(0);
}

void wait_for_stop() {
    while (!poll_stop(-1)) {
    }
}

}  // namespace helix::app
