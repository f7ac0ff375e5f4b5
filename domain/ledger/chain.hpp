#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "domain/ledger/record.hpp"

namespace helix::ledger {

/// The last record of a ledger: what the next one must continue, and what a witness writes down.
struct Head {
    std::uint64_t seq = 0;
    Digest hash{};

    friend bool operator==(const Head&, const Head&) = default;
};

/// What is wrong with the first bad record.
enum class Fault {
    Missing,     ///< no record with this seq where it should be: deleted, or cut off
    Changed,     ///< its bytes no longer give its hash
    BrokenLink,  ///< its bytes give its hash, but prev_hash is not the hash before it: something before was rewritten
    Swapped,     ///< another record stands in its place, and its own was found further on
    OutOfOrder,  ///< a seq that was already passed comes again
    Rewritten,   ///< the chain holds, but a remembered head says that this seq had another hash
    Unreadable,  ///< what stands in its place is no record
    Cut,         ///< what holds the records ends in the middle of this one

    // These need more than the chain to be found (usecases/ledger_evidence.hpp).
    WrongSignature,  ///< signed by a known key, but not this hash
    UnknownKey,      ///< signed by a key that is not among those given
    Unsigned,        ///< not signed by anybody, where it should be
    OtherTree,       ///< the chain holds, but a checkpoint says that the records up to this one were others
};

/// A sentence fragment for people: "record missing", "bytes do not give the stored hash", ...
std::string_view to_string(Fault fault);

/// Its stable name: "missing", "wrong-signature", "other-tree", ...
std::string_view name_of(Fault fault);

struct BadRecord {
    std::uint64_t seq = 0;  ///< the first seq that is not as it was written
    Fault fault = Fault::Changed;

    friend bool operator==(const BadRecord&, const BadRecord&) = default;
};

/// Walks a ledger in stored order and finds the first bad record. Pure; it keeps a few words, whatever the length.
///
///     good(r_n)  <=>  r_n.seq = n  and  digest(r_n) = r_n.hash  and  r_n.prev_hash = r_(n-1).hash
///
/// The chain proves that what is there hangs together. It cannot know what never comes: a tail that was cut off, or a
/// ledger rewritten whole with fresh hashes, is found only against a head remembered elsewhere (`remembered`).
class ChainChecker {
public:
    /// `remembered` is a head written down earlier; `start` the last record before the first that will be taken, when
    /// that is not seq 0.
    explicit ChainChecker(std::optional<Head> remembered = std::nullopt, std::optional<Head> start = std::nullopt)
        : remembered_(remembered), head_(start) {}

    /// Takes the next record. `recomputed` is the digest of its bytes, nullopt when they cannot be formed at all.
    /// After the first bad record further ones only serve to tell a swap from a loss; their digests are not read.
    void next(const Record& record, const std::optional<Digest>& recomputed);

    /// Takes word that no record can be read in the next one's place.
    void unreadable() { spoil(Fault::Unreadable); }

    /// Takes word that the text ends in the middle of the next record.
    void cut() { spoil(Fault::Cut); }

    /// The verdict once the last record was taken; nullopt means that the chain is whole.
    [[nodiscard]] std::optional<BadRecord> finish() const;

    [[nodiscard]] bool broken() const { return bad_.has_value(); }

    /// The last good record; nullopt while there is none.
    [[nodiscard]] std::optional<Head> head() const { return head_; }

private:
    void spoil(Fault fault);

    std::optional<Head> remembered_;
    std::optional<Head> head_;
    std::optional<BadRecord> bad_;
};

}  // namespace helix::ledger
