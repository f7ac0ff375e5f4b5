#pragma once

#include <cstdint>

namespace helix::ports {

/// The time, as the use-cases see it. Thread safety: any method from any thread.
class Clock {
public:
    virtual ~Clock() = default;

    /// Wall clock: UTC, microseconds since 1970. It may jump, either way; nothing is measured with it.
    [[nodiscard]] virtual std::int64_t now_us() const = 0;

    /// Microseconds since an arbitrary point; never goes back. For durations and deadlines.
    [[nodiscard]] virtual std::int64_t steady_us() const = 0;
};

}  // namespace helix::ports
