#include "service/usecases/kept_tree.hpp"

#include <utility>

#include "domain/ledger/merkle.hpp"

namespace helix::usecases {

Result<void> KeptTreeChecker::next(const ledger::Digest& hash) {
    if (!asked_) {
        const auto any = source_.kept_nodes(ledger::kKeptStep, 0);
        if (!any) return any.error();
        keeps_ = !any->empty();
        asked_ = true;
    }
    if (!keeps_ || bad_) return {};
    ledger::Digest part = ledger::leaf_of(hash, sha256_);
    for (unsigned level = ledger::kKeptStep;; level += ledger::kKeptStep) {
        Level& at = levels_[level];
        at.parts.push_back(part);
        if (at.parts.size() < ledger::kKeptGroup) return {};
        part = ledger::root_of_equals(std::exchange(at.parts, {}), sha256_);
        if (auto compared = compare(level, part); !compared || bad_) return compared;
        ++at.next_index;
    }
}

/// Holds the node that was just made against the kept one, where there is one.
Result<void> KeptTreeChecker::compare(unsigned level, const ledger::Digest& node) {
    Level& at = levels_[level];
    while (at.at < at.kept.size() && at.kept[at.at].index < at.next_index) ++at.at;
    if (at.at == at.kept.size() && !at.read_all) {
        auto page = source_.kept_nodes(level, at.next_index);
        if (!page) return page.error();
        at.kept = *std::move(page);
        at.at = 0;
        at.read_all = at.kept.empty();
    }
    if (at.at < at.kept.size() && at.kept[at.at].index == at.next_index && at.kept[at.at].hash != node)
        bad_ = BadNode{level, at.next_index};
    return {};
}

}  // namespace helix::usecases
