#include "service/usecases/ledger_evidence.hpp"

namespace helix::usecases {

using ledger::BadRecord;
using ledger::Fault;

void EvidenceChecker::next(const ledger::Record& record) {
    if (record.signature) ++signed_;
    check_signature(record);
    grow_tree(record);
}

void EvidenceChecker::check_signature(const ledger::Record& record) {
    if (evidence_.keys == nullptr || !record.signature || bad_signature_) return;
    switch (evidence_.keys->check(record.hash, *record.signature)) {
        case ledger::SignatureState::Valid:
            return;
        case ledger::SignatureState::UnknownKey:
            bad_signature_ = BadRecord{record.seq, Fault::UnknownKey};
            return;
        case ledger::SignatureState::Wrong:
            bad_signature_ = BadRecord{record.seq, Fault::WrongSignature};
            return;
    }
}

void EvidenceChecker::grow_tree(const ledger::Record& record) {
    if (!evidence_.checkpoint || tree_.size() >= evidence_.checkpoint->size) return;
    tree_.push(ledger::leaf_of(record.hash, sha256_));
    if (tree_.size() == evidence_.checkpoint->size && tree_.root() != evidence_.checkpoint->root)
        bad_tree_ = BadRecord{record.seq, Fault::OtherTree};
}

std::optional<BadRecord> EvidenceChecker::finish() const {
    std::optional<BadRecord> bad = bad_tree_;
    if (evidence_.checkpoint && tree_.size() < evidence_.checkpoint->size)
        bad = BadRecord{tree_.size(), Fault::Missing};
    else if (evidence_.checkpoint && tree_.size() == 0 && tree_.root() != evidence_.checkpoint->root)
        bad = BadRecord{0, Fault::OtherTree};
    if (bad_signature_ && (!bad || bad_signature_->seq <= bad->seq)) return bad_signature_;
    return bad;
}

}  // namespace helix::usecases
