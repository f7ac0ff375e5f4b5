#include "adapters/simulated/sim_clock.hpp"

#include <algorithm>
#include <limits>

namespace helix::simulated {

SimClock::Id SimClock::call_at(Micros when, std::function<void()> call) {
    const std::lock_guard lock(mutex_);
    const Id id = next_id_++;
    calls_.emplace(std::pair{when, id}, std::move(call));
    return id;
}

void SimClock::cancel(Id id) {
    const std::lock_guard lock(mutex_);
    const auto found =
        std::find_if(calls_.begin(), calls_.end(), [&](const auto& one) { return one.first.second == id; });
    if (found != calls_.end()) calls_.erase(found);
}

Micros SimClock::next_due() const {
    const std::lock_guard lock(mutex_);
    return calls_.empty() ? std::numeric_limits<Micros>::max() : calls_.begin()->first.first;
}

void SimClock::advance_to(Micros when) {
    for (;;) {
        std::function<void()> call;
        {
            const std::lock_guard lock(mutex_);
            if (calls_.empty() || calls_.begin()->first.first > when) {
                now_ = std::max(now_.load(), when);
                return;
            }
            now_ = std::max(now_.load(), calls_.begin()->first.first);
            call = std::move(calls_.begin()->second);
            calls_.erase(calls_.begin());
        }
        call();
    }
}

}  // namespace helix::simulated
