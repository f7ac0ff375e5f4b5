#include "adapters/system/system_clock.hpp"

#include <chrono>
#include <ctime>

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
    std::timespec
        now{};  // unlike std::chrono::steady_clock it goes on while the machine sleeps: leases run out then too
    clock_gettime(CLOCK_BOOTTIME, &now);
    return std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1'000;
}

}  // namespace helix::system
