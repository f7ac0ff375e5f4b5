#include "service/usecases/signed_history.hpp"

#include <utility>

#include "service/wire/checkpoint.hpp"
#include "service/wire/signed_note.hpp"

namespace helix::usecases {
namespace {

Error contradicting(const TreeHead& tree, const TreeHead& last) {
    return error(
        Code::DataLoss,
        "the tree of the first " + std::to_string(tree.size) + " records is not of the history whose checkpoint of " +
            std::to_string(last.size) + " records was signed before",
        "run helix ledger verify; if the records hold, empty the table tree_nodes: it is made again; if a backup "
        "was restored knowingly, remove STATE/checkpoint");
}

}  // namespace

Result<std::string> SignedHistory::sign(const TreeHead& tree) {
    const std::lock_guard lock(mutex_);
    if (auto recalled = recall(); !recalled) return recalled.error();
    if (auto sound = continues(tree); !sound) return sound.error();
    auto note = note_of(tree);
    if (!note || (last_ && tree.size <= last_->size)) return note;
    if (auto done = memory_.remember(*note); !done) return done.error();
    last_ = tree;
    return note;
}

/// Its own signature is not checked: who can write the file has the keys beside it, and a false one only refuses.
Result<void> SignedHistory::recall() {
    if (recalled_) return {};
    const auto note = memory_.recall();
    if (!note) return note.error();
    if (*note) {
        const auto opened = wire::open_checkpoint(**note, ledger::KeyRing());
        if (!opened)
            return error(Code::DataLoss,
                         "the checkpoint that was signed last cannot be read: " + opened.error().message,
                         "compare the ledger with a copy, then remove it");
        last_ = TreeHead{opened->checkpoint.size, opened->checkpoint.root};
    }
    recalled_ = true;
    return {};
}

Result<void> SignedHistory::continues(const TreeHead& tree) {
    if (!last_) return log_.check_against_records(tree.size, tree.root);
    const TreeHead& older = tree.size < last_->size ? tree : *last_;
    const TreeHead& newer = tree.size < last_->size ? *last_ : tree;
    if (older.size == newer.size) return older.root == newer.root ? Result<void>{} : contradicting(tree, *last_);
    const auto proof = log_.consistency(older.size, newer.size);
    if (!proof && proof.error().code == Code::InvalidArgument) return contradicting(tree, *last_);  // it was longer
    if (!proof) return proof.error();
    if (proof->from_root != older.root || proof->to_root != newer.root) return contradicting(tree, *last_);
    return {};
}

Result<std::string> SignedHistory::note_of(const TreeHead& tree) const {
    wire::SignedNote note{wire::checkpoint_text({signer_.public_key().name, tree.size, tree.root}), {}};
    auto signature = signer_.sign(note.text);
    if (!signature) return std::move(signature).error();
    note.signatures.push_back(*std::move(signature));
    return wire::to_note(note);
}

}  // namespace helix::usecases
