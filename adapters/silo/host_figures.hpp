#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/core/result.hpp"

namespace helix::silo {

/// Commands of ours for a shell on the host; constants, nothing is ever put into them.
inline constexpr const char* kMemoryCommand = "cat /proc/meminfo";
inline constexpr const char* kGpuCommand =
    "nvidia-smi --query-gpu=index,uuid,name,memory.total,memory.used --format=csv,noheader,nounits";

/// Memory of a machine, in bytes.
struct MemoryFigures {
    std::int64_t total = 0;
    std::int64_t used = 0;  ///< total less what the kernel says is available
};

struct GpuFigures {
    std::string index;
    std::string uuid;
    std::string name;
    std::int64_t total = 0;                 ///< bytes
    std::optional<std::int64_t> used = {};  ///< none: the driver does not say
};

/// Reads /proc/meminfo. Errors: DataLoss when a figure is missing, torn or absurd.
Result<MemoryFigures> read_meminfo(std::string_view text);

/// Reads what kGpuCommand prints. Errors: DataLoss when a line is torn or absurd.
Result<std::vector<GpuFigures>> read_gpus(std::string_view csv);

}  // namespace helix::silo
