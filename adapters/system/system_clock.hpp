#pragma once

#include "service/ports/clock.hpp"

namespace helix::system {

/// The machine's clocks.
class SystemClock final : public ports::Clock {
public:
    [[nodiscard]] std::int64_t now_us() const override;
    [[nodiscard]] std::int64_t steady_us() const override;
};

}  // namespace helix::system
