#pragma once

#include <optional>
#include <string>

#include "domain/core/result.hpp"

namespace helix::ports {

/// Remembers one checkpoint, a signed note, outside the ledger's own store: the last one that was signed.
///
/// Threads: one at a time.
class CheckpointMemory {
public:
    virtual ~CheckpointMemory() = default;

    /// The note that was remembered last; an empty optional when none ever was. Errors: Unavailable.
    virtual Result<std::optional<std::string>> recall() = 0;

    /// Remembers `note` in place of the former; durable on return. Errors: Unavailable; the former is then kept.
    virtual Result<void> remember(const std::string& note) = 0;
};

}  // namespace helix::ports
