#include "service/usecases/notary.hpp"

#include <utility>

#include <nlohmann/json.hpp>

#include "service/wire/record_json.hpp"
#include "service/wire/verifier_key.hpp"

namespace helix::usecases {
namespace {

using nlohmann::json;
using ports::not_as_written;

Error not_signing() {
    return error(Code::PreconditionFailed, "this deployment does not sign",
                 "set signing to auto or to a folder of keys; see docs/ledger.md");
}

}  // namespace

Notary::Notary(ports::LedgerStore& store, MerkleLog& log, const ports::Signer* signer,
               ports::CheckpointMemory& signed_last, ledger::KeyRing keys, ledger::Sha256 sha256)
    : store_(store),
      log_(log),
      signer_(signer),
      history_(signer == nullptr ? nullptr : std::make_unique<SignedHistory>(log, *signer, signed_last)),
      keys_(std::move(keys)),
      sha256_(sha256) {}

/// The record, if it is as it was written: what is handed out under our signature is vouched for by us.
Result<ledger::Record> Notary::sound_record(std::uint64_t seq) const {
    auto record = store_.read(seq);
    if (!record) return record;
    std::string scratch;
    const auto hash = wire::recompute(*record, sha256_, scratch);
    if (!hash || *hash != record->hash) return not_as_written(seq, "its content does not give its hash");
    if (record->signature && !keys_.empty() &&
        keys_.check(record->hash, *record->signature) != ledger::SignatureState::Valid)
        return not_as_written(seq, "its signature is not one of this deployment's keys over it");
    const auto after = store_.read(seq + 1);
    if (!after && after.error().code != Code::NotFound) return after.error();
    if (after && after->prev_hash != record->hash) return not_as_written(seq, "the record after it continues another");
    return record;
}

Result<std::uint64_t> Notary::size_or_all(std::optional<std::uint64_t> size) const {
    return size ? Result<std::uint64_t>(*size) : log_.size();
}

Result<std::string> Notary::checkpoint(std::optional<std::uint64_t> wanted) const {
    if (signer_ == nullptr) return not_signing();
    const auto size = size_or_all(wanted);
    if (!size) return size.error();
    const auto root = log_.root(*size);
    if (!root) return root.error();
    return history_->sign({*size, *root});
}

Result<RecordProof> Notary::prove(std::uint64_t seq, std::optional<std::uint64_t> wanted) const {
    auto record = sound_record(seq);
    if (!record) return std::move(record).error();
    const auto size = size_or_all(wanted);
    if (!size) return size.error();
    auto inclusion = log_.inclusion(seq, *size);
    if (!inclusion) return std::move(inclusion).error();
    RecordProof proof{*std::move(record), *size, inclusion->root, std::move(inclusion->proof), {}};
    if (signer_ == nullptr) return proof;
    auto checkpoint = history_->sign({proof.size, proof.root});
    if (!checkpoint) return std::move(checkpoint).error();
    proof.checkpoint = *std::move(checkpoint);
    return proof;
}

Result<json> Notary::consistency(std::uint64_t from, std::optional<std::uint64_t> wanted) const {
    const auto to = size_or_all(wanted);
    if (!to) return to.error();
    const auto proof = log_.consistency(from, *to);
    if (!proof) return proof.error();
    json path = json::array();
    for (const ledger::Digest& digest : proof->proof) path.push_back(ledger::to_hex(digest));
    json value = {{"from", from},
                  {"from_root", ledger::to_hex(proof->from_root)},
                  {"to", *to},
                  {"to_root", ledger::to_hex(proof->to_root)},
                  {"path", std::move(path)}};
    if (signer_ == nullptr) return value;
    auto checkpoint = history_->sign({*to, proof->to_root});
    if (!checkpoint) return std::move(checkpoint).error();
    value["checkpoint"] = *std::move(checkpoint);
    return value;
}

json Notary::keys_json() const {
    json keys = json::array();
    for (const ledger::PublicKey& key : keys_.keys()) {
        const std::string id = ledger::key_id(key, sha256_);
        keys.push_back({{"id", id},
                        {"verifier", wire::to_verifier(key, sha256_)},
                        {"signs", signer_ != nullptr && signer_->key_id() == id}});
    }
    json value = {{"keys", std::move(keys)}};
    if (signer_ != nullptr) value["origin"] = signer_->public_key().name;
    return value;
}

Result<json> Notary::attestation(std::uint64_t seq, Predicate predicate) const {
    if (signer_ == nullptr) return not_signing();
    const auto record = sound_record(seq);
    if (!record) return record.error();
    return attest(*record, *signer_, predicate);
}

}  // namespace helix::usecases
