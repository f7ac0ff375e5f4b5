#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "domain/core/result.hpp"
#include "domain/ledger/chain.hpp"
#include "domain/ledger/keys.hpp"
#include "domain/ledger/record.hpp"

namespace helix::usecases {

/// All that a stranger needs to check one record without the service: the record, the proof that it is in the tree of
/// the first `size` records, and the checkpoint of that tree. Schema RecordProof of openapi/helix.yaml.
struct RecordProof {
    ledger::Record record;
    std::uint64_t size = 0;
    ledger::Digest root{};
    std::vector<ledger::Digest> path;
    std::string checkpoint;  ///< signed note; empty when the deployment does not sign
};

Result<nlohmann::json> to_json(const RecordProof& proof);

/// Reads what to_json gives; whether it holds is check_proof's to say.
/// Errors: InvalidArgument naming the member; Unimplemented for a record of a newer format version.
Result<RecordProof> record_proof_from_json(const nlohmann::json& value);

/// What check_proof found. `fault` is Changed (the record's content does not give its hash), OtherTree (the proof, or
/// the checkpoint, is of another tree), UnknownKey, WrongSignature or Unsigned; unset when everything holds.
struct ProofReport {
    std::uint64_t seq = 0;
    std::uint64_t size = 0;
    bool signatures_checked = false;
    std::string record_key;      ///< id of the key whose signature over the record was checked; empty: none was
    std::string checkpoint_key;  ///< the same of the checkpoint
    std::string origin;          ///< of that checkpoint
    std::optional<ledger::Fault> fault;
    std::string why;
};

/// Schema ProofReport.
nlohmann::json to_json(const ProofReport& report);

/// Checks the whole of a proof, offline. Signatures are checked when `keys` is given: then a checkpoint signed by one
/// of them must vouch for the record, since anybody can make up a record with a tree of its own. (A record without a
/// signature of its own is as good: it may be older than the deployment's keys.) `trusted`, when not empty, is a
/// checkpoint got another way: the proof must be of its tree.
/// Errors: InvalidArgument when a checkpoint is none, or `trusted` is of another size than the proof.
Result<ProofReport> check_proof(const RecordProof& proof, const ledger::KeyRing* keys, const std::string& trusted,
                                ledger::Sha256 sha256);

}  // namespace helix::usecases
