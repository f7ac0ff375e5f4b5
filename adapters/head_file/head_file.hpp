#pragma once

#include <string>
#include <utility>

#include "adapters/head_file/text_file.hpp"
#include "service/ports/head_memory.hpp"

namespace helix::head_file {

/// The remembered head in a small text file, one line "SEQ:HASH" as `helix ledger verify --remembered` takes it.
class HeadFile final : public ports::HeadMemory {
public:
    explicit HeadFile(std::string path) : file_(std::move(path), "the remembered head") {}

    Result<std::optional<ledger::Head>> recall() override;
    Result<void> remember(const ledger::Head& head) override;

private:
    const TextFile file_;
};

}  // namespace helix::head_file
