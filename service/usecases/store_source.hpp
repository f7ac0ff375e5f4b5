#pragma once

#include "service/ports/ledger_store.hpp"
#include "service/ports/record_source.hpp"

namespace helix::usecases {

/// A ledger store as a source of records. `store` outlives it. Errors: those of the store.
class StoreSource final : public ports::RecordSource {
public:
    explicit StoreSource(ports::LedgerStore& store) : store_(store) {}

    Result<std::optional<std::uint64_t>> last_seq() override {
        return store_.head().and_then([](std::optional<ledger::Head> head) -> Result<std::optional<std::uint64_t>> {
            return head ? std::optional(head->seq) : std::nullopt;
        });
    }

    Result<void> scan(std::uint64_t from_seq, const Visitor& visit) override {
        return store_.scan(from_seq, [&](const ledger::Record& record) { return visit({record}); });
    }

private:
    ports::LedgerStore& store_;
};

}  // namespace helix::usecases
