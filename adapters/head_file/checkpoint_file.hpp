#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include "adapters/head_file/text_file.hpp"
#include "service/ports/checkpoint_memory.hpp"

namespace helix::head_file {

/// The checkpoint that was signed last, in a file as `helix ledger verify --checkpoint` takes it.
class CheckpointFile final : public ports::CheckpointMemory {
public:
    explicit CheckpointFile(std::string path) : file_(std::move(path), "the checkpoint that was signed last") {}

    Result<std::optional<std::string>> recall() override { return file_.read(kBytesMax); }
    Result<void> remember(const std::string& note) override { return file_.replace(note); }

private:
    static constexpr std::size_t kBytesMax = 4096;

    const TextFile file_;
};

}  // namespace helix::head_file
