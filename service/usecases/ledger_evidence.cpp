#include "service/usecases/ledger_evidence.hpp"

namespace helix::usecases {

using ledger::BadRecord;
using ledger::Fault;

void EvidenceChecker::next(const ledger::Record& record) {
    check_signature(record);
    if (record.signature)
        ++signed_;
    else if (!first_unsigned_)
        first_unsigned_ = record.seq;
    grow_tree(record);
}

void EvidenceChecker::check_signature(const ledger::Record& record) {
    if (evidence_.keys == nullptr || bad_signature_) return;
    if (!record.signature) {
        // A ledger may begin before its deployment signed. Nobody can take a signature away from its beginning without
        // changing every hash after it, and from its end only so that this shows.
        if (signed_ > 0) bad_signature_ = BadRecord{record.seq, Fault::Unsigned};
        return;
    }
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
    std::optional<BadRecord> bad_signature = bad_signature_;
    if (evidence_.signatures_due && signed_ == 0 && first_unsigned_)
        bad_signature = BadRecord{*first_unsigned_, Fault::Unsigned};
    if (bad_signature && (!bad || bad_signature->seq <= bad->seq)) return bad_signature;
    return bad;
}

}  // namespace helix::usecases
