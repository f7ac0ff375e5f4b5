#pragma once

#include <string>
#include <utility>

#include "service/ports/head_memory.hpp"

namespace helix::head_file {

/// The remembered head in a small text file, one line "SEQ:HASH" as `helix ledger verify --remembered` takes it. It is
/// replaced whole: written beside, synced, renamed.
class HeadFile final : public ports::HeadMemory {
public:
    /// The file's folder is made (mode 0700) by the first remember.
    explicit HeadFile(std::string path) : path_(std::move(path)) {}

    Result<std::optional<ledger::Head>> recall() override;
    Result<void> remember(const ledger::Head& head) override;

private:
    const std::string path_;
};

}  // namespace helix::head_file
