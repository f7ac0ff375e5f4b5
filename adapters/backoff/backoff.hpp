#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <utility>

namespace helix::backoff {

/// How long to wait before the next attempt: doubling from `first` up to `cap`, each with jitter.
///
///     step_n  = min(first * 2^n, cap)
///     delay_n = max(first, step_n * (1/2 + random/2)),  random in [0, 1)
///
/// Never below `first`, so that not even an unlucky draw makes a storm. Pure but for the injected `random`.
/// Threads: one at a time.
class Backoff {
public:
    using Milliseconds = std::chrono::milliseconds;

    /// @param random  draws uniformly from [0, 1)
    explicit Backoff(std::function<double()> random, Milliseconds first = Milliseconds{500},
                     Milliseconds cap = Milliseconds{30'000})
        : random_(std::move(random)), first_(first), cap_(cap), step_(first) {}

    /// The delay before the next attempt; each call is one more failure.
    Milliseconds next() {
        const double share = 0.5 + 0.5 * std::clamp(random_(), 0.0, 1.0);
        const Milliseconds drawn{static_cast<Milliseconds::rep>(static_cast<double>(step_.count()) * share)};
        step_ = std::min(step_ * 2, cap_);
        return std::max(first_, drawn);
    }

    /// Like next(), but no shorter than the time the server asked for.
    Milliseconds next(std::chrono::seconds retry_after) { return std::max<Milliseconds>(next(), retry_after); }

    /// An attempt succeeded: the next failure starts from `first` again.
    void reset() { step_ = first_; }

private:
    std::function<double()> random_;
    Milliseconds first_;
    Milliseconds cap_;
    Milliseconds step_;
};

}  // namespace helix::backoff
