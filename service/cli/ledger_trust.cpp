#include "service/cli/ledger_trust.hpp"

#include <utility>
#include <vector>

#include "domain/ledger/merkle.hpp"
#include "service/cli/json_view.hpp"
#include "service/wire/checkpoint.hpp"
#include "service/wire/verifier_key.hpp"

namespace helix::cli {
namespace {

constexpr const char* kCompare = "compare with a copy, nothing mends history";
constexpr const char* kDistrust = "do not rely on it";

/// What is wrong, in the members of a report (schema LedgerReport) and with a mend.
Json fault_of(const char* kind, std::string what, const char* mend) {
    return {{"ok", false}, {"fault", std::move(what)}, {"fault_kind", kind}, {"mend", mend}};
}

/// What is wrong with the signature of `what`; null when nothing is.
Json signature_fault(const wire::OpenedCheckpoint& opened, const std::string& what) {
    const std::string key = opened.key_id.empty() ? "no key of its origin" : opened.key_id;
    switch (opened.state) {
        case ledger::SignatureState::Valid:
            return {};
        case ledger::SignatureState::UnknownKey:
            return fault_of("unknown-key", what + " is signed by " + key + ", which is not among the keys given",
                            "get the public keys of that deployment, or do not rely on it");
        case ledger::SignatureState::Wrong:
            return fault_of("wrong-signature", what + " claims the key " + key + ", whose signature it is not",
                            kDistrust);
    }
    return {};
}

bool read_digests(const Json& list, std::vector<ledger::Digest>& digests) {
    if (!list.is_array()) return false;
    for (const Json& one : list)
        if (!one.is_string() || !ledger::from_hex(one.get<std::string>(), digests.emplace_back())) return false;
    return true;
}

/// What GET /v1/ledger/consistency answers.
struct Consistency {
    usecases::TreeHead to;
    std::vector<ledger::Digest> path;
    std::string checkpoint;  ///< of `to`; empty when the service does not sign
};

Result<Consistency> read_consistency(const Json& answer) {
    Consistency proof;
    const Json& to = member(answer, "to");
    if (!to.is_number_unsigned() || !ledger::from_hex(text(answer, "to_root"), proof.to.root) ||
        !read_digests(member(answer, "path"), proof.path))
        return error(Code::Internal, "the answer is not a consistency proof", "check that --server is a helix service");
    proof.to.size = to.get<std::uint64_t>();
    proof.checkpoint = text(answer, "checkpoint");
    return proof;
}

/// What is wrong with the service's newest checkpoint, null when nothing is; `key` gets the one that signed it. Nobody
/// who has no keys can tell.
Json check_newest(const Consistency& proof, const Trust& trust, std::string& key) {
    if (!trust.keys) return {};
    if (proof.checkpoint.empty())
        return fault_of("unsigned", "the service does not sign, so that no key shows whose ledger this is",
                        "ask its operator why, or leave --keys out and rely on the service");
    const auto opened = wire::open_checkpoint(proof.checkpoint, *trust.keys);
    if (!opened) return fault_of("wrong-signature", "the service's checkpoint: " + opened.error().message, kDistrust);
    if (Json fault = signature_fault(*opened, "the service's checkpoint"); !fault.is_null()) return fault;
    if (usecases::TreeHead{opened->checkpoint.size, opened->checkpoint.root} != proof.to)
        return fault_of("other-tree", "the service's checkpoint is of another tree than its proof", kDistrust);
    key = opened->key_id;
    return {};
}

}  // namespace

std::string shorter_than_checkpoint(const std::string& size) {
    return "the ledger has fewer records than the checkpoint's " + size + ": it was cut off, or is another one";
}

Exit fail_reading(const Session& session, const Error& failure) {
    const Exit code = session.fail(failure);
    return failure.code == Code::Unimplemented ? Exit::NewerFormat : code;
}

Exit fail_evidence(const Session& session, const Error& failure) {
    const Exit code = fail_reading(session, failure);
    return code == Exit::Usage ? Exit::Unverified : code;
}

std::optional<Trust> read_trust(const Session& session, const ServiceCommands& service, const TrustFlags& flags,
                                Exit& failed) {
    Trust trust;
    const auto refuse = [&](const Error& failure) {
        failed = session.fail(failure);
        return std::nullopt;
    };
    if (!flags.keys_file.empty()) {
        const auto text = read_input(flags.keys_file);
        if (!text) return refuse(text.error());
        auto keys = wire::parse_verifiers(*text, service.ledgers.sha256, flags.keys_file);
        if (!keys) return refuse(keys.error());
        trust.keys.emplace(*std::move(keys), service.ledgers.sha256, service.verify_ed25519);
    }
    if (flags.checkpoint_file.empty()) return trust;
    auto note = read_input(flags.checkpoint_file);
    const auto opened = note ? wire::open_checkpoint(*note, trust.keys.value_or(ledger::KeyRing()))
                             : Result<wire::OpenedCheckpoint>(note.error());
    if (!opened) {
        Error failure = opened.error();
        failure.where = flags.checkpoint_file;
        failed = fail_evidence(session, failure);
        return std::nullopt;
    }
    if (trust.keys) {
        const Json fault = signature_fault(*opened, "the checkpoint " + flags.checkpoint_file);
        if (!fault.is_null()) {
            session.say(text(fault, "fault") + "; mend: " + text(fault, "mend"));
            failed = exit_of_fault(text(fault, "fault_kind"));
            return std::nullopt;
        }
        trust.checkpoint_key = opened->key_id;
    }
    trust.checkpoint = *std::move(note);
    trust.tree = usecases::TreeHead{opened->checkpoint.size, opened->checkpoint.root};
    return trust;
}

void tell_checkpoint(Json& report, std::uint64_t size, const std::string& key) {
    report["checkpoint"] = {{"size", size}, {"signed_by", key.empty() ? Json() : Json(key)}};
}

Exit check_history(const Session& session, const ServiceCommands& service, const Trust& trust, Json& report) {
    auto api = session.api();
    if (!api) return session.fail(api.error());
    const std::string size = std::to_string(trust.tree ? trust.tree->size : 0);
    const auto answer = api->get("/v1/ledger/consistency?from=" + size);
    if (!answer) return session.fail(answer.error());
    if (!answer->ok() && answer->problem_type() == "bad-parameter") {
        report.update(fault_of("other-tree", shorter_than_checkpoint(size), kCompare));
        return Exit::Done;
    }
    if (!answer->ok()) return session.refuse(*answer);
    const auto proof = read_consistency(answer->body);
    if (!proof) return session.fail(proof.error());
    std::string newest_key;
    if (const Json fault = check_newest(*proof, trust, newest_key); !fault.is_null()) {
        report.update(fault);
        return Exit::Done;
    }
    if (!trust.tree) {
        tell_checkpoint(report, proof->to.size, newest_key);
        return Exit::Done;
    }
    if (ledger::verify_consistency(trust.tree->size, trust.tree->root, proof->to.size, proof->to.root, proof->path,
                                   service.ledgers.sha256))
        tell_checkpoint(report, trust.tree->size, trust.checkpoint_key);
    else
        report.update(fault_of("other-tree",
                               "the ledger does not begin with the checkpoint's " + size +
                                   " records: history was rewritten, or it is another ledger",
                               kCompare));
    return Exit::Done;
}

}  // namespace helix::cli
