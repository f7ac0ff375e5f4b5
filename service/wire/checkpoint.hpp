#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "domain/core/result.hpp"
#include "domain/ledger/keys.hpp"

namespace helix::wire {

/// What a C2SP tlog-checkpoint says: the log's name, how many records it has, and the root over them.
struct Checkpoint {
    std::string origin;
    std::uint64_t size = 0;
    ledger::Digest root{};

    friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

/// The three lines that are signed: origin, size in decimal, root in base64.
std::string checkpoint_text(const Checkpoint& checkpoint);

/// Reads the text; further lines are passed over, as C2SP asks. Errors: InvalidArgument.
Result<Checkpoint> parse_checkpoint_text(std::string_view text);

/// A checkpoint as it travels, a signed note, and what its signatures are worth to who knows `keys`.
struct OpenedCheckpoint {
    Checkpoint checkpoint;
    /// Valid when a key of the checkpoint's origin signed it; Wrong when a signature that claims a known key is not
    /// that key's; else UnknownKey.
    ledger::SignatureState state = ledger::SignatureState::UnknownKey;
    std::string key_id;  ///< of the signature that decided; of some signature when no key is known
};

/// Errors: InvalidArgument when it is not a note, or not a checkpoint.
Result<OpenedCheckpoint> open_checkpoint(std::string_view note, const ledger::KeyRing& keys);

}  // namespace helix::wire
