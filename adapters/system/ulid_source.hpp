#pragma once

#include <cstdint>
#include <mutex>
#include <string>

#include "domain/ledger/ulid.hpp"
#include "service/ports/clock.hpp"
#include "service/ports/id_source.hpp"

namespace helix::system {

/// ULIDs from a clock and the kernel's random numbers (getrandom).
///
/// Monotonic: within a millisecond, and while the clock stands behind an earlier reading, the random part counts up.
/// Ends the program when the kernel gives no random numbers.
class UlidSource final : public ports::IdSource {
public:
    explicit UlidSource(const ports::Clock& clock) : clock_(clock) {}

    std::string ulid() override;

private:
    const ports::Clock& clock_;
    std::mutex mutex_;
    std::uint64_t last_ms_ = 0;
    ledger::UlidTail tail_{};
};

}  // namespace helix::system
