#pragma once

#include <optional>

#include "domain/core/result.hpp"
#include "domain/ledger/chain.hpp"

namespace helix::ports {

/// Remembers one head of the ledger outside the ledger's own store, so that a store that was rolled back, or replaced
/// by an empty standby, is told from the one that was written to.
///
/// Threads: one at a time.
class HeadMemory {
public:
    virtual ~HeadMemory() = default;

    /// The head that was remembered last; an empty optional when none ever was.
    /// Errors: DataLoss when what is there cannot be read as a head; Unavailable.
    virtual Result<std::optional<ledger::Head>> recall() = 0;

    /// Remembers `head` in place of the former; durable on return. Errors: Unavailable; the former is then kept.
    virtual Result<void> remember(const ledger::Head& head) = 0;
};

}  // namespace helix::ports
