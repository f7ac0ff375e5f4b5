#include "adapters/postgres/watchdog.hpp"

#include <algorithm>

#include <sys/socket.h>

namespace helix::postgres {

Watchdog::Watchdog() : thread_([this](const std::stop_token& stop) { watch(stop); }) {}

Watchdog::Guard::Guard(Watchdog& dog, int socket, std::chrono::milliseconds patience) : dog_(dog) {
    const std::lock_guard lock(dog_.mutex_);
    place_ = dog_.watched_.emplace(Clock::now() + patience, socket);
    if (place_->first < dog_.sleeps_until_) dog_.changed_.notify_one();
}

Watchdog::Guard::~Guard() {
    const std::lock_guard lock(dog_.mutex_);
    dog_.watched_.erase(place_);
}

Watchdog::Watched::iterator Watchdog::first() {
    return std::find_if(watched_.begin(), watched_.end(), [](const auto& one) { return one.second >= 0; });
}

/// Sleeps until the first deadline, or until an earlier one comes. Of one that went meanwhile it is not told, nor of
/// one that comes after it: a needless look once in a while costs less than waking it for every statement.
void Watchdog::watch(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
        const auto next = first();
        sleeps_until_ = next == watched_.end() ? Clock::time_point::max() : next->first;
        const auto earlier = [&] {
            const auto now_first = first();
            return now_first != watched_.end() && now_first->first < sleeps_until_;
        };
        if (next == watched_.end()) {
            changed_.wait(lock, stop, earlier);
        } else if (next->first > Clock::now()) {
            changed_.wait_until(lock, stop, sleeps_until_, earlier);
        } else {
            shutdown(next->second, SHUT_RDWR);
            next->second = -1;
        }
    }
}

}  // namespace helix::postgres
