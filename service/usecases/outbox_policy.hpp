#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "service/ports/event_sender.hpp"

namespace helix::usecases {

/// When an event is tried again, and when it is given up.
struct OutboxRules {
    std::int64_t first_us = 1'000'000;          ///< the wait after the first failure
    std::int64_t cap_us = 300'000'000;          ///< and the longest that doubling leads to
    std::int64_t asked_max_us = 3'600'000'000;  ///< a longer Retry-After is cut to this
    int attempts_max = 100;  ///< failed deliveries before the event becomes a dead letter: some 8 hours
};

/// The wait after the `attempts`-th failure in a row:
///
///     step  = min(first * 2^(attempts - 1), cap)
///     delay = step * (3/4 + random/4),   never below `first`
///
/// @param attempts  >= 1
/// @param random    in [0, 1); spreads those who failed together
std::int64_t backoff_us(int attempts, double random, const OutboxRules& rules);

enum class Fate { Delivered, TryAgain, GiveUp };

/// What a reply means for the event.
struct Judgement {
    Fate fate = Fate::TryAgain;
    std::int64_t wait_us = 0;  ///< before anything more is sent to this destination
    std::string why;           ///< empty when delivered
};

/// Judges the reply to delivery number `attempts` (>= 1) of one event.
///
/// 2xx: delivered. A 4xx says that this event will never be taken: given up at once; except 401, 403 and 404 (the
/// configuration of either side is wrong, and not the event), 408, 421, 425 and 429, which say "later". Everything else
/// is tried again, a redirect too (it is not followed). `Retry-After` lengthens the wait, never shortens it.
Judgement judge(const ports::SendReply& reply, int attempts, double random, const OutboxRules& rules);

/// Whether `kind` is among `types`: each is a kind, a prefix "helix.*", or "*".
bool is_wanted(const std::vector<std::string>& types, std::string_view kind);

}  // namespace helix::usecases
