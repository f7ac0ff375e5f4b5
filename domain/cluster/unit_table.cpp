#include "domain/cluster/unit_table.hpp"

namespace helix::cluster {

void UnitTable::grow() {
    if (size_ % kPageRows == 0) pages_.push_back(std::make_shared<Page>());
    ++size_;
}

void UnitTable::set_facts(NodeId id, UnitFacts facts) {
    auto& page = pages_[id / kPageRows];
    auto kept = std::make_shared<Facts>(*page->facts);
    kept->of[id % kPageRows] = std::move(facts);
    auto changed = std::make_shared<Page>(*page);
    changed->facts = std::move(kept);
    page = std::move(changed);
}

}  // namespace helix::cluster
