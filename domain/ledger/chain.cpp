#include "domain/ledger/chain.hpp"

namespace helix::ledger {

std::string_view to_string(Fault fault) {
    switch (fault) {
        case Fault::Missing:
            return "record missing";
        case Fault::Changed:
            return "the record's bytes do not give its hash";
        case Fault::BrokenLink:
            return "prev_hash is not the hash of the record before";
        case Fault::Swapped:
            return "another record stands in its place";
        case Fault::OutOfOrder:
            return "a seq that was already passed comes again";
        case Fault::Rewritten:
            return "the hash is not the one remembered for this seq";
        case Fault::WrongSignature:
            return "its signature is not one of this hash";
        case Fault::UnknownKey:
            return "it is signed by a key that is not among those given";
        case Fault::Unsigned:
            return "it is not signed";
        case Fault::OtherTree:
            return "the records up to this one are not those of the checkpoint";
        case Fault::Unreadable:
            return "what stands in its place is no record";
        case Fault::Cut:
            return "it ends in the middle of this record";
    }
    return "unknown fault";
}

std::string_view name_of(Fault fault) {
    switch (fault) {
        case Fault::Missing:
            return "missing";
        case Fault::Changed:
            return "changed";
        case Fault::BrokenLink:
            return "broken-link";
        case Fault::Swapped:
            return "swapped";
        case Fault::OutOfOrder:
            return "out-of-order";
        case Fault::Rewritten:
            return "rewritten";
        case Fault::Unreadable:
            return "unreadable";
        case Fault::Cut:
            return "cut";
        case Fault::WrongSignature:
            return "wrong-signature";
        case Fault::UnknownKey:
            return "unknown-key";
        case Fault::Unsigned:
            return "unsigned";
        case Fault::OtherTree:
            return "other-tree";
    }
    return "unknown";
}

void ChainChecker::next(const Record& record, const std::optional<Digest>& recomputed) {
    const std::uint64_t expected = head_ ? head_->seq + 1 : 0;
    const Digest link = head_ ? head_->hash : Digest{};
    if (bad_) {
        // The record that belongs right after the last good one turned up later: its place was taken, it is not lost.
        const bool displaced = bad_->fault == Fault::Missing || bad_->fault == Fault::Changed;
        if (displaced && record.prev_hash == link) bad_->fault = Fault::Swapped;
        return;
    }
    // Bytes that were changed say nothing, not even which seq they are.
    if (!recomputed || *recomputed != record.hash) {
        bad_ = BadRecord{expected, Fault::Changed};
    } else if (record.seq > expected) {
        bad_ = BadRecord{expected, Fault::Missing};
    } else if (record.seq < expected) {
        bad_ = BadRecord{record.seq, Fault::OutOfOrder};
    } else if (record.prev_hash != link) {
        bad_ = BadRecord{expected, Fault::BrokenLink};
    } else if (remembered_ && remembered_->seq == expected && remembered_->hash != record.hash) {
        bad_ = BadRecord{expected, Fault::Rewritten};
    } else {
        head_ = Head{expected, record.hash};
    }
}

void ChainChecker::spoil(Fault fault) {
    if (!bad_) bad_ = BadRecord{head_ ? head_->seq + 1 : 0, fault};
}

std::optional<BadRecord> ChainChecker::finish() const {
    if (bad_) return bad_;
    const std::uint64_t next_seq = head_ ? head_->seq + 1 : 0;
    if (remembered_ && remembered_->seq >= next_seq) return BadRecord{next_seq, Fault::Missing};
    return std::nullopt;
}

}  // namespace helix::ledger
