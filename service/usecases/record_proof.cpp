#include "service/usecases/record_proof.hpp"

#include <cstddef>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "domain/ledger/merkle.hpp"
#include "service/wire/checkpoint.hpp"
#include "service/wire/fields.hpp"
#include "service/wire/record_json.hpp"

namespace helix::usecases {
namespace {

using ledger::Fault;
using nlohmann::json;

constexpr std::size_t kPathMax = 64;
constexpr std::size_t kCheckpointBytesMax = 64UL * 1024UL;
constexpr std::int64_t kSizeMax = 9'007'199'254'740'992;

ledger::Digest digest_of(wire::Fields& in, const char* name, const json& value) {
    ledger::Digest digest{};
    if (!value.is_string() || !ledger::from_hex(value.get_ref<const std::string&>(), digest))
        in.complain(name, "must be 64 lower-case hexadecimal digits");
    return digest;
}

/// Fills a report in the order in which a stranger would go; stops at the first thing that does not hold.
class Check {
public:
    Check(const RecordProof& proof, const ledger::KeyRing* keys, ledger::Sha256 sha256)
        : proof_(proof), keys_(keys), sha256_(sha256) {
        report_.seq = proof.record.seq;
        report_.size = proof.size;
        report_.signatures_checked = keys != nullptr;
    }

    void record() {
        std::string scratch;
        const auto digest = wire::recompute(proof_.record, sha256_, scratch);
        if (!digest || *digest != proof_.record.hash)
            return find(Fault::Changed, "the record's content does not give its hash: it was changed");
        if (keys_ == nullptr || !proof_.record.signature) return;
        report_.record_key = proof_.record.signature->key_id;
        judge(keys_->check(proof_.record.hash, *proof_.record.signature), "the record", report_.record_key);
    }

    void inclusion() {
        const ledger::Digest leaf = ledger::leaf_of(proof_.record.hash, sha256_);
        if (!ledger::verify_inclusion(leaf, report_.seq, report_.size, proof_.path, proof_.root, sha256_))
            find(Fault::OtherTree,
                 "the proof does not lead from this record to the root: it is of another record or tree");
    }

    Result<void> checkpoint(const std::string& note, const char* which, bool same_size) {
        if (report_.fault) return {};
        const ledger::KeyRing none;
        const auto opened = wire::open_checkpoint(note, keys_ == nullptr ? none : *keys_);
        if (!opened) return opened.error();
        if (opened->checkpoint.size != report_.size && !same_size)
            return error(Code::InvalidArgument,
                         std::string(which) + " is of " + std::to_string(opened->checkpoint.size) +
                             " records, the proof of " + std::to_string(report_.size),
                         "get the proof for that size: helix ledger proof " + std::to_string(report_.seq) + " --size " +
                             std::to_string(opened->checkpoint.size),
                         "checkpoint");
        if (keys_ != nullptr) {
            report_.checkpoint_key = opened->key_id;
            judge(opened->state, which, opened->key_id);
        }
        report_.origin = opened->checkpoint.origin;
        if (!report_.fault && (opened->checkpoint.size != report_.size || opened->checkpoint.root != proof_.root))
            find(Fault::OtherTree, std::string(which) + " is of another tree than the proof");
        return {};
    }

    ProofReport finish() {
        if (keys_ != nullptr && report_.checkpoint_key.empty())
            find(Fault::Unsigned, "no signed checkpoint vouches for the record: anybody can have made it up");
        return std::move(report_);
    }

private:
    void judge(ledger::SignatureState state, const std::string& what, const std::string& key_id) {
        if (state == ledger::SignatureState::UnknownKey)
            find(Fault::UnknownKey, what + " is signed by " + (key_id.empty() ? "no key of its origin" : key_id) +
                                        ", which is not among the keys given");
        if (state == ledger::SignatureState::Wrong)
            find(Fault::WrongSignature, what + " claims the key " + key_id + ", whose signature it is not");
    }

    void find(Fault fault, std::string why) {
        if (report_.fault) return;
        report_.fault = fault;
        report_.why = std::move(why);
    }

    const RecordProof& proof_;
    const ledger::KeyRing* const keys_;
    const ledger::Sha256 sha256_;
    ProofReport report_;
};

}  // namespace

Result<json> to_json(const RecordProof& proof) {
    auto record = wire::to_json(proof.record);
    if (!record) return record;
    json path = json::array();
    for (const ledger::Digest& digest : proof.path) path.push_back(ledger::to_hex(digest));
    json value = {{"record", *std::move(record)},
                  {"size", proof.size},
                  {"root", ledger::to_hex(proof.root)},
                  {"path", std::move(path)}};
    if (!proof.checkpoint.empty()) value["checkpoint"] = proof.checkpoint;
    return value;
}

Result<RecordProof> record_proof_from_json(const json& value) {
    wire::Fields in(value, "");
    in.only({"record", "size", "root", "path", "checkpoint"});
    RecordProof proof;
    if (const json* record = in.need("record")) {
        auto read = wire::record_from_json(*record);
        if (!read) return std::move(read).error();
        proof.record = *std::move(read);
    }
    proof.size = static_cast<std::uint64_t>(in.integer("size", 0, kSizeMax));
    if (const json* root = in.need("root")) proof.root = digest_of(in, "root", *root);
    if (const json* path = in.need("path")) {
        if (!path->is_array() || path->size() > kPathMax)
            in.complain("path", "must be a list of at most 64 digests");
        else
            for (const json& one : *path) proof.path.push_back(digest_of(in, "path", one));
    }
    if (in.has("checkpoint")) proof.checkpoint = in.text("checkpoint", kCheckpointBytesMax);
    if (!in.verdict()) return in.verdict().error();
    return proof;
}

json to_json(const ProofReport& report) {
    json value = {{"ok", !report.fault},
                  {"seq", report.seq},
                  {"size", report.size},
                  {"signatures_checked", report.signatures_checked}};
    if (!report.record_key.empty()) value["record_key"] = report.record_key;
    if (!report.checkpoint_key.empty()) value["checkpoint_key"] = report.checkpoint_key;
    if (!report.origin.empty()) value["origin"] = report.origin;
    if (!report.fault) return value;
    value["fault"] = report.why;
    value["fault_kind"] = name_of(*report.fault);
    return value;
}

Result<ProofReport> check_proof(const RecordProof& proof, const ledger::KeyRing* keys, const std::string& trusted,
                                ledger::Sha256 sha256) {
    Check check(proof, keys, sha256);
    check.record();
    check.inclusion();
    if (!proof.checkpoint.empty())
        if (auto read = check.checkpoint(proof.checkpoint, "the proof's checkpoint", true); !read) return read.error();
    if (!trusted.empty())
        if (auto read = check.checkpoint(trusted, "the checkpoint given", false); !read) return read.error();
    return check.finish();
}

}  // namespace helix::usecases
