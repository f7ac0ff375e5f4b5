#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "domain/core/result.hpp"
#include "domain/ledger/keys.hpp"
#include "service/ports/checkpoint_memory.hpp"
#include "service/ports/signer.hpp"
#include "service/usecases/ledger_evidence.hpp"
#include "service/usecases/merkle_log.hpp"

namespace helix::usecases {

/// Signs checkpoints, and none that contradicts another: each is proved consistent with the last one signed, and the
/// first with the records themselves. So neither a damaged node of the tree nor a rewritten store makes this deployment
/// vouch for two histories.
///
/// Thread safety: any method from any thread. The ports outlive it.
class SignedHistory {
public:
    SignedHistory(MerkleLog& log, const ports::Signer& signer, ports::CheckpointMemory& memory)
        : log_(log), signer_(signer), memory_(memory) {}

    /// The signed note of `tree`. Errors: DataLoss when it is not of the history that was signed before, or not that of
    /// the records; those of MerkleLog and of the ports.
    Result<std::string> sign(const TreeHead& tree);

private:
    Result<void> recall();
    Result<void> continues(const TreeHead& tree);
    Result<std::string> note_of(const TreeHead& tree) const;

    MerkleLog& log_;
    const ports::Signer& signer_;
    ports::CheckpointMemory& memory_;
    std::mutex mutex_;
    bool recalled_ = false;
    std::optional<TreeHead> last_;
};

}  // namespace helix::usecases
