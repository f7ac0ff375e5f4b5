#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "domain/ledger/digest.hpp"
#include "service/ports/record_source.hpp"

namespace helix::usecases {

/// A kept node that is not what the records give.
struct BadNode {
    unsigned level = 0;
    std::uint64_t index = 0;

    [[nodiscard]] std::uint64_t first_seq() const { return index << level; }
    [[nodiscard]] std::uint64_t last_seq() const { return ((index + 1) << level) - 1; }
};

/// Holds the nodes of the Merkle tree that are kept beside the records against the records, which come in their order.
/// Nodes that are missing are no fault: they are made again. Memory grows with the tree's height alone.
class KeptTreeChecker {
public:
    KeptTreeChecker(ports::RecordSource& source, ledger::Sha256 sha256) : source_(source), sha256_(sha256) {}

    /// The next record's stored hash. Errors: those of reading kept nodes.
    Result<void> next(const ledger::Digest& hash);

    /// The first kept node that is wrong.
    [[nodiscard]] const std::optional<BadNode>& bad() const { return bad_; }

private:
    struct Level {
        std::vector<ledger::Digest> parts;  ///< of the node that is being made
        std::uint64_t next_index = 0;       ///< of that node
        std::vector<ports::KeptNode> kept;  ///< read ahead
        std::size_t at = 0;
        bool read_all = false;
    };

    Result<void> compare(unsigned level, const ledger::Digest& node);

    ports::RecordSource& source_;
    const ledger::Sha256 sha256_;
    bool asked_ = false;
    bool keeps_ = false;  ///< whether any node is kept at all
    std::map<unsigned, Level> levels_;
    std::optional<BadNode> bad_;
};

}  // namespace helix::usecases
