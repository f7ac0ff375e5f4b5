#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "domain/core/result.hpp"
#include "domain/ledger/keys.hpp"
#include "service/ports/ledger_store.hpp"
#include "service/ports/signer.hpp"
#include "service/usecases/attestation.hpp"
#include "service/usecases/merkle_log.hpp"
#include "service/usecases/record_proof.hpp"
#include "service/usecases/signed_history.hpp"

namespace helix::usecases {

/// Hands out what lets a stranger trust the ledger: checkpoints, proofs, attestations, and the public keys.
///
/// Thread safety: any method from any thread. The ports outlive it.
class Notary {
public:
    /// Without a signer there are proofs, but neither checkpoints nor attestations. `signed_last` is where the last
    /// checkpoint is remembered.
    Notary(ports::LedgerStore& store, MerkleLog& log, const ports::Signer* signer, ports::CheckpointMemory& signed_last,
           ledger::KeyRing keys, ledger::Sha256 sha256);

    /// The public keys, also old ones: for who verifies here.
    [[nodiscard]] const ledger::KeyRing& keys() const { return keys_; }

    /// The signed checkpoint of all records, or of the first `size`. Errors: PreconditionFailed when the deployment
    /// does not sign; those of MerkleLog::root.
    Result<std::string> checkpoint(std::optional<std::uint64_t> size = std::nullopt) const;

    /// The proof of one record in the tree of all records, or of the first `size`; with its checkpoint when the
    /// deployment signs. Errors: NotFound when there is no such record; DataLoss when it is not as it was written;
    /// those of MerkleLog::inclusion and SignedHistory::sign.
    Result<RecordProof> prove(std::uint64_t seq, std::optional<std::uint64_t> size = std::nullopt) const;

    /// Schema ConsistencyProof: that the first `to` records (all, when unset) begin with the first `from`.
    /// Errors: those of MerkleLog::consistency.
    Result<nlohmann::json> consistency(std::uint64_t from, std::optional<std::uint64_t> to = std::nullopt) const;

    /// Schema LedgerKeys: the verifier strings.
    [[nodiscard]] nlohmann::json keys_json() const;

    /// The record as a signed attestation. Errors: NotFound; DataLoss when it is not as it was written;
    /// PreconditionFailed when the deployment does not sign; those of attest.
    Result<nlohmann::json> attestation(std::uint64_t seq, Predicate predicate) const;

private:
    Result<ledger::Record> sound_record(std::uint64_t seq) const;
    Result<std::uint64_t> size_or_all(std::optional<std::uint64_t> size) const;

    ports::LedgerStore& store_;
    MerkleLog& log_;
    const ports::Signer* const signer_;
    const std::unique_ptr<SignedHistory> history_;  // null: the deployment does not sign
    const ledger::KeyRing keys_;
    const ledger::Sha256 sha256_;
};

}  // namespace helix::usecases
