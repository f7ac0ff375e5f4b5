#pragma once

#include <algorithm>

#include "domain/trial/trial.hpp"

namespace helix::court {

using trial::Micros;

/// When to try again what failed: soon, then after twice as long each time. Times are of the wall clock; one that was
/// set back does not prolong a wait.
struct Patience {
    Micros again_at = 0;
    Micros pause = 0;  ///< how long is waited until `again_at`; 0: nothing has failed yet

    [[nodiscard]] bool waits(Micros now) const { return now < again_at && again_at - now <= pause; }

    /// Begins a wait of `first`, or twice as long as the one before, up to `most`.
    void lose(Micros now, Micros first, Micros most) {
        pause = std::clamp(2 * pause, first, most);
        again_at = now + pause;
    }
};

}  // namespace helix::court
