#include "service/cli/progress.hpp"

#include <algorithm>
#include <cmath>
#include <iostream>

#include <unistd.h>

#include "service/cli/humanize.hpp"

namespace helix::cli {
namespace {

constexpr auto kEvery = std::chrono::milliseconds(200);
constexpr const char* kWholeLine = "\r\x1b[K";  // back to the line's start, and clear it

std::string human_seconds(double seconds) {
    const auto whole = static_cast<std::uint64_t>(std::ceil(seconds));
    if (whole < 120) return std::to_string(whole) + " s";
    return std::to_string((whole + 59) / 60) + " min";
}

}  // namespace

std::string progress_line(const std::string& doing, std::uint64_t done, std::optional<std::uint64_t> total,
                          double elapsed_s) {
    const double per_s = static_cast<double>(done) / elapsed_s;
    const std::string speed = human_count(static_cast<std::uint64_t>(per_s)) + "/s";
    if (!total || *total == 0) return human_count(done) + " records " + doing + ", " + speed;
    const std::uint64_t within = std::min(done, *total);  // the ledger may have grown meanwhile
    const std::string percent =
        std::to_string(static_cast<std::uint64_t>(100.0 * static_cast<double>(within) / static_cast<double>(*total)));
    std::string line = std::string(percent.size() < 3 ? 3 - percent.size() : 0, ' ') + percent + " %  " +
                       human_count(done) + " of " + human_count(std::max(done, *total)) + " records " + doing + ", " +
                       speed;
    if (done > 0 && within < *total)
        line += ", " + human_seconds(static_cast<double>(*total - within) / per_s) + " left";
    return line;
}

Progress::Progress(std::string doing, std::optional<std::uint64_t> total)
    : doing_(std::move(doing)), total_(total), terminal_(::isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
    if (shown_) std::cerr << kWholeLine << std::flush;
}

void Progress::at(std::uint64_t done) {
    if (!terminal_) return;
    const auto now = Clock::now();
    if (now < next_) return;
    next_ = now + kEvery;
    shown_ = true;
    const double elapsed_s = std::chrono::duration<double>(now - begun_).count();
    std::cerr << kWholeLine << progress_line(doing_, done, total_, elapsed_s) << std::flush;
}

}  // namespace helix::cli
