#include "adapters/postgres/watchdog.hpp"

#include <algorithm>

#include <sys/socket.h>

namespace helix::postgres {

Watchdog::Watchdog() : thread_([this](const std::stop_token& stop) { watch(stop); }) {}

Watchdog::Guard::Guard(Watchdog& dog, int socket, std::chrono::milliseconds patience) : dog_(dog) {
    const std::lock_guard lock(dog_.mutex_);
    place_ = dog_.watched_.emplace(Clock::now() + patience, socket);
    if (place_ == dog_.first()) dog_.changed_.notify_one();
}

Watchdog::Guard::~Guard() {
    const std::lock_guard lock(dog_.mutex_);
    dog_.watched_.erase(place_);
}

Watchdog::Watched::iterator Watchdog::first() {
    return std::find_if(watched_.begin(), watched_.end(), [](const auto& one) { return one.second >= 0; });
}

/// Sleeps until the first deadline, or until an earlier one comes; one that went meanwhile costs a needless look.
void Watchdog::watch(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
        const auto next = first();
        if (next == watched_.end()) {
            changed_.wait(lock, stop, [&] { return first() != watched_.end(); });
        } else if (const auto deadline = next->first; deadline > Clock::now()) {
            changed_.wait_until(lock, stop, deadline, [&] {
                const auto now_first = first();
                return now_first != watched_.end() && now_first->first < deadline;
            });
        } else {
            shutdown(next->second, SHUT_RDWR);
            next->second = -1;
        }
    }
}

}  // namespace helix::postgres
