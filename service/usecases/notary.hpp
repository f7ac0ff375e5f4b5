#pragma once

#include <cstdint>
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

namespace helix::usecases {

/// Hands out what lets a stranger trust the ledger: checkpoints, proofs, attestations, and the public keys.
///
/// Thread safety: any method from any thread. The ports outlive it.
class Notary {
public:
    /// Without a signer there are proofs, but neither checkpoints nor attestations.
    Notary(ports::LedgerStore& store, MerkleLog& log, const ports::Signer* signer, ledger::KeyRing keys,
           ledger::Sha256 sha256)
        : store_(store), log_(log), signer_(signer), keys_(std::move(keys)), sha256_(sha256) {}

    /// The public keys, also old ones: for who verifies here.
    [[nodiscard]] const ledger::KeyRing& keys() const { return keys_; }

    /// The signed checkpoint of all records, or of the first `size`. Errors: PreconditionFailed when the deployment
    /// does not sign; those of MerkleLog::root.
    Result<std::string> checkpoint(std::optional<std::uint64_t> size = std::nullopt) const;

    /// The proof of one record in the tree of all records, or of the first `size`; with its checkpoint when the
    /// deployment signs. Errors: NotFound when there is no such record; those of MerkleLog::inclusion.
    Result<RecordProof> prove(std::uint64_t seq, std::optional<std::uint64_t> size = std::nullopt) const;

    /// Schema ConsistencyProof: that the first `to` records (all, when unset) begin with the first `from`.
    /// Errors: those of MerkleLog::consistency.
    Result<nlohmann::json> consistency(std::uint64_t from, std::optional<std::uint64_t> to = std::nullopt) const;

    /// Schema LedgerKeys: the verifier strings.
    [[nodiscard]] nlohmann::json keys_json() const;

    /// The record as a signed attestation. Errors: NotFound; PreconditionFailed when the deployment does not sign;
    /// those of attest.
    Result<nlohmann::json> attestation(std::uint64_t seq, Predicate predicate) const;

private:
    Result<std::string> sign_checkpoint(std::uint64_t size, const ledger::Digest& root) const;
    Result<std::uint64_t> size_or_all(std::optional<std::uint64_t> size) const;

    ports::LedgerStore& store_;
    MerkleLog& log_;
    const ports::Signer* const signer_;
    const ledger::KeyRing keys_;
    const ledger::Sha256 sha256_;
};

}  // namespace helix::usecases
