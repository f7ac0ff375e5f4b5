#include "service/cli/ledger_trust.hpp"

#include <utility>
#include <vector>

#include "domain/ledger/merkle.hpp"
#include "service/cli/json_view.hpp"
#include "service/wire/checkpoint.hpp"
#include "service/wire/verifier_key.hpp"

namespace helix::cli {
namespace {

/// Says what is wrong with a signature; Done when nothing is.
Exit judge(const Session& session, const wire::OpenedCheckpoint& opened, const std::string& what) {
    const std::string key = opened.key_id.empty() ? "no key of its origin" : opened.key_id;
    switch (opened.state) {
        case ledger::SignatureState::Valid:
            return Exit::Done;
        case ledger::SignatureState::UnknownKey:
            session.say(what + " is signed by " + key +
                        ", which is not among the keys given; mend: get the public keys "
                        "of that deployment, or do not rely on it");
            return Exit::WrongKey;
        case ledger::SignatureState::Wrong:
            session.say(what + " claims the key " + key + ", whose signature it is not; mend: do not rely on it");
            return Exit::WrongKey;
    }
    return Exit::Internal;
}

bool read_digests(const Json& list, std::vector<ledger::Digest>& digests) {
    if (!list.is_array()) return false;
    for (const Json& one : list)
        if (!one.is_string() || !ledger::from_hex(one.get<std::string>(), digests.emplace_back())) return false;
    return true;
}

Exit odd_answer(const Session& session) {
    return session.fail(
        error(Code::Internal, "the answer is not a consistency proof", "check that --server is a helix service"));
}

}  // namespace

Exit fail_reading(const Session& session, const Error& failure) {
    const Exit code = session.fail(failure);
    return failure.code == Code::Unimplemented ? Exit::NewerFormat : code;
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
    if (!note) return refuse(note.error());
    const auto opened = wire::open_checkpoint(*note, trust.keys.value_or(ledger::KeyRing()));
    if (!opened) {
        Error failure = opened.error();
        failure.where = flags.checkpoint_file;
        return refuse(failure);
    }
    failed = trust.keys ? judge(session, *opened, "the checkpoint " + flags.checkpoint_file) : Exit::Done;
    if (failed != Exit::Done) return std::nullopt;
    trust.checkpoint = *std::move(note);
    trust.tree = usecases::TreeHead{opened->checkpoint.size, opened->checkpoint.root};
    return trust;
}

Exit check_history(const Session& session, const ServiceCommands& service, const Trust& trust) {
    auto api = session.api();
    if (!api) return session.fail(api.error());
    const std::string size = std::to_string(trust.tree->size);
    const auto answer = api->get("/v1/ledger/consistency?from=" + size);
    if (!answer) return session.fail(answer.error());
    if (!answer->ok() && answer->problem_type() == "bad-parameter") {
        session.say("the ledger has fewer records than the checkpoint's " + size +
                    ": it was cut off, or is another one; mend: compare with a copy");
        return Exit::OtherTree;
    }
    if (!answer->ok()) return session.refuse(*answer);
    ledger::Digest root{};
    std::vector<ledger::Digest> path;
    const Json& to = member(answer->body, "to");
    if (!to.is_number_unsigned() || !ledger::from_hex(text(answer->body, "to_root"), root) ||
        !read_digests(member(answer->body, "path"), path))
        return odd_answer(session);
    const std::string newer = text(answer->body, "checkpoint");
    if (trust.keys) {
        const auto opened = wire::open_checkpoint(newer, *trust.keys);
        if (!opened || opened->checkpoint.root != root) return odd_answer(session);
        if (const Exit judged = judge(session, *opened, "the service's checkpoint"); judged != Exit::Done)
            return judged;
    }
    if (ledger::verify_consistency(trust.tree->size, trust.tree->root, to.get<std::uint64_t>(), root, path,
                                   service.ledgers.sha256))
        return Exit::Done;
    session.say("the ledger does not begin with the checkpoint's " + size +
                " records: history was rewritten, or it is another ledger; mend: compare with a copy");
    return Exit::OtherTree;
}

}  // namespace helix::cli
