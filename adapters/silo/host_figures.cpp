#include "adapters/silo/host_figures.hpp"

#include <algorithm>
#include <charconv>

namespace helix::silo {
namespace {

constexpr std::int64_t kUnitsMost = std::int64_t{1} << 40;  ///< kibibytes or mebibytes; more is no machine

std::string_view trimmed(std::string_view text) {
    const auto from = text.find_first_not_of(" \t\r");
    if (from == std::string_view::npos) return {};
    return text.substr(from, text.find_last_not_of(" \t\r") - from + 1);
}

std::optional<std::int64_t> whole(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc{} || end != text.data() + text.size() || value < 0 || value > kUnitsMost)
        return std::nullopt;
    return value;
}

/// The figure after `key`, in kibibytes; the line must be whole.
std::optional<std::int64_t> kibibytes(std::string_view text, std::string_view key) {
    std::size_t at = text.starts_with(key) ? 0 : text.find("\n" + std::string(key));
    if (at == std::string_view::npos) return std::nullopt;
    at += (text[at] == '\n' ? 1 : 0) + key.size();
    const std::size_t end = text.find('\n', at);
    if (end == std::string_view::npos) return std::nullopt;
    std::string_view line = trimmed(text.substr(at, end - at));
    if (!line.ends_with(" kB")) return std::nullopt;
    return whole(trimmed(line.substr(0, line.size() - 3)));
}

std::vector<std::string_view> cells(std::string_view line) {
    std::vector<std::string_view> all;
    for (std::size_t from = 0; from <= line.size();) {
        const std::size_t comma = std::min(line.find(',', from), line.size());
        all.push_back(trimmed(line.substr(from, comma - from)));
        from = comma + 1;
    }
    return all;
}

Error garbled(const std::string& what) {
    return error(Code::DataLoss, what, "its figures age until a whole answer comes");
}

}  // namespace

Result<MemoryFigures> read_meminfo(std::string_view text) {
    constexpr std::int64_t kKibi = 1024;
    const auto total = kibibytes(text, "MemTotal:");
    const auto available = kibibytes(text, "MemAvailable:");
    if (!total || !available || *total == 0 || *available > *total)
        return garbled("the host's /proc/meminfo is not understood");
    return MemoryFigures{*total * kKibi, (*total - *available) * kKibi};
}

Result<std::vector<GpuFigures>> read_gpus(std::string_view csv) {
    constexpr std::int64_t kMebi = 1 << 20;
    std::vector<GpuFigures> all;
    for (std::size_t from = 0; from < csv.size();) {
        const std::size_t end = csv.find('\n', from);
        if (end == std::string_view::npos) return garbled("nvidia-smi's last line is torn");
        const std::string_view line = trimmed(csv.substr(from, end - from));
        from = end + 1;
        if (line.empty()) continue;
        const auto cell = cells(line);
        const auto total = cell.size() == 5 ? whole(cell[3]) : std::nullopt;
        if (!total || !whole(cell[0]) || cell[1].empty()) return garbled("a line of nvidia-smi is not understood");
        GpuFigures gpu{std::string(cell[0]), std::string(cell[1]), std::string(cell[2]), *total * kMebi, {}};
        if (const auto used = whole(cell[4]); used && *used <= *total) gpu.used = *used * kMebi;
        all.push_back(std::move(gpu));
    }
    return all;
}

}  // namespace helix::silo
