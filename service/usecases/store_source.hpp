#pragma once

#include "service/ports/ledger_store.hpp"
#include "service/ports/record_source.hpp"
#include "service/ports/tree_store.hpp"

namespace helix::usecases {

/// A ledger store as a source of records, with the nodes of its tree where they are given. Both outlive it.
/// Errors: those of the stores.
class StoreSource final : public ports::RecordSource {
public:
    explicit StoreSource(ports::LedgerStore& store, ports::TreeStore* nodes = nullptr) : store_(store), nodes_(nodes) {}

    Result<std::optional<std::uint64_t>> last_seq() override {
        return store_.head().and_then([](std::optional<ledger::Head> head) -> Result<std::optional<std::uint64_t>> {
            return head ? std::optional(head->seq) : std::nullopt;
        });
    }

    Result<void> scan(std::uint64_t from_seq, const Visitor& visit) override {
        return store_.scan(from_seq, [&](const ledger::Record& record) { return visit({record}); });
    }

    Result<std::vector<ports::KeptNode>> kept_nodes(unsigned level, std::uint64_t from) override {
        constexpr std::size_t kPage = 256;
        std::vector<ports::KeptNode> kept;
        if (nodes_ == nullptr) return kept;
        const auto end = nodes_->tree_nodes_end(level);
        if (!end) return end.error();
        for (; kept.empty() && from < *end; ++from) {  // a page ends before the first that is missing
            const auto page = nodes_->tree_nodes(level, from, kPage);
            if (!page) return page.error();
            for (const ledger::Digest& hash : *page) kept.push_back({from + kept.size(), hash});
        }
        return kept;
    }

private:
    ports::LedgerStore& store_;
    ports::TreeStore* nodes_;
};

}  // namespace helix::usecases
