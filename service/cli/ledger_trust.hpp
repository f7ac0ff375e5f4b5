#pragma once

#include <optional>
#include <string>

#include "domain/core/result.hpp"
#include "service/cli/commands.hpp"
#include "service/cli/session.hpp"
#include "service/usecases/ledger_evidence.hpp"

namespace helix::cli {

/// What the flags --keys and --checkpoint name, read.
struct TrustFlags {
    std::string keys_file;
    std::string checkpoint_file;
};

/// The same, opened: what a ledger or a proof is held against.
struct Trust {
    std::optional<ledger::KeyRing> keys;
    std::string checkpoint;  ///< the note; empty when none was named
    std::optional<usecases::TreeHead> tree;

    [[nodiscard]] const ledger::KeyRing* ring() const { return keys ? &*keys : nullptr; }
    [[nodiscard]] usecases::LedgerEvidence evidence() const { return {ring(), tree}; }
};

/// Reads the files; a checkpoint's signature is checked when there are keys. On failure it has said why, and the exit
/// code is in `failed`.
std::optional<Trust> read_trust(const Session& session, const ServiceCommands& service, const TrustFlags& flags,
                                Exit& failed);

/// Whether the service's ledger begins with the tree of a checkpoint: asks for the proof and checks it here. Says what
/// is wrong.
Exit check_history(const Session& session, const ServiceCommands& service, const Trust& trust);

/// A failure of reading a ledger or a proof, where Unimplemented means a record of a newer format.
Exit fail_reading(const Session& session, const Error& failure);

}  // namespace helix::cli
