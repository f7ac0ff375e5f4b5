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
    std::string checkpoint;      ///< the note; empty when none was named
    std::string checkpoint_key;  ///< id of the key that signed it; empty when there were no keys to check it with
    std::optional<usecases::TreeHead> tree;

    [[nodiscard]] const ledger::KeyRing* ring() const { return keys ? &*keys : nullptr; }
    [[nodiscard]] usecases::LedgerEvidence evidence() const { return {ring(), keys.has_value(), tree}; }
};

/// Reads the files; a checkpoint's signature is checked when there are keys. On failure it has said why, and the exit
/// code is in `failed`.
std::optional<Trust> read_trust(const Session& session, const ServiceCommands& service, const TrustFlags& flags,
                                Exit& failed);

/// Holds the service's ledger, whole by its own `report`, against the checkpoint and the keys: asks for the proof that
/// it begins with the checkpoint's tree, and for its newest checkpoint, and checks both here. `report` (schema
/// LedgerReport) gets what was found: "checkpoint", or "ok": false with "fault", "fault_kind" and "mend". Done when
/// that could be found out; otherwise it has said why not.
Exit check_history(const Session& session, const ServiceCommands& service, const Trust& trust, nlohmann::json& report);

/// Puts into a report which checkpoint the ledger holds against: its size, and the key whose signature on it was
/// checked (empty: none was).
void tell_checkpoint(nlohmann::json& report, std::uint64_t size, const std::string& key);

/// What is told when a ledger has fewer records than the `size` of a checkpoint.
std::string shorter_than_checkpoint(const std::string& size);

/// A failure of reading a ledger or a proof, where Unimplemented means a record of a newer format.
Exit fail_reading(const Session& session, const Error& failure);

/// The same of a file that should be a proof or a checkpoint and is none: no evidence, not a wrong command line.
Exit fail_evidence(const Session& session, const Error& failure);

}  // namespace helix::cli
