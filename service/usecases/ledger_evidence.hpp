#pragma once

#include <cstdint>
#include <optional>

#include "domain/ledger/chain.hpp"
#include "domain/ledger/keys.hpp"
#include "domain/ledger/merkle.hpp"

namespace helix::usecases {

/// A tree as a checkpoint commits to it: the root over the first `size` records.
struct TreeHead {
    std::uint64_t size = 0;
    ledger::Digest root{};

    friend bool operator==(const TreeHead&, const TreeHead&) = default;
};

/// What a ledger is held against besides itself; empty parts are not looked at.
struct LedgerEvidence {
    /// Every signature must be a valid one by one of these; and what follows a signed record must be signed.
    const ledger::KeyRing* keys = nullptr;
    /// Somebody's signature is expected: a ledger of records without one does not hold either.
    bool signatures_due = false;
    std::optional<TreeHead> checkpoint = {};  ///< the ledger must begin with this tree
};

/// Walks the records beside a ledger::ChainChecker and looks for what the chain alone cannot show: signatures that do
/// not hold, and a history that is not the one of a checkpoint. Pure; it keeps a few dozen digests, whatever the
/// length.
class EvidenceChecker {
public:
    EvidenceChecker(const LedgerEvidence& evidence, ledger::Sha256 sha256)
        : evidence_(evidence), sha256_(sha256), tree_(sha256) {}

    /// Takes the next record, which stands where it should.
    void next(const ledger::Record& record);

    /// The first record that the evidence contradicts, as far as records were taken; nothing when none is.
    [[nodiscard]] std::optional<ledger::BadRecord> finish() const;

    /// How many of the records were signed.
    [[nodiscard]] std::uint64_t signed_records() const { return signed_; }

private:
    void check_signature(const ledger::Record& record);
    void grow_tree(const ledger::Record& record);

    const LedgerEvidence evidence_;
    const ledger::Sha256 sha256_;
    ledger::MerkleFrontier tree_;
    std::uint64_t signed_ = 0;
    std::optional<std::uint64_t> first_unsigned_;
    std::optional<ledger::BadRecord> bad_signature_;
    std::optional<ledger::BadRecord> bad_tree_;
};

}  // namespace helix::usecases
