#include "adapters/system/system_clock.hpp"

#include <chrono>

namespace helix::system {
namespace {

template <class Clock>
std::int64_t since_epoch_us() {
    return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now().time_since_epoch()).count();
}

}  // namespace

std::int64_t SystemClock::now_us() const {
    return since_epoch_us<std::chrono::system_clock>();
}
std::int64_t SystemClock::steady_us() const {
    return since_epoch_us<std::chrono::steady_clock>();
}

}  // namespace helix::system
