#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace helix::cli {

/// One line about long work: " 42 %  420,000 of 1,000,000 records verified, 81,000/s, 7 s left".
/// @param doing    what is done to them: "verified"
/// @param total    how many there are, when that is known
/// @param elapsed  seconds since the work began, > 0
std::string progress_line(const std::string& doing, std::uint64_t done, std::optional<std::uint64_t> total,
                          double elapsed_s);

/// Shows on stderr how far long work is: only on a terminal, from the second second on, a few times a second.
/// The line is taken away when the object goes. Threads: one.
class Progress {
public:
    Progress(std::string doing, std::optional<std::uint64_t> total);
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /// `done` so far, of `total`.
    void at(std::uint64_t done);

private:
    using Clock = std::chrono::steady_clock;

    const std::string doing_;
    const std::optional<std::uint64_t> total_;
    const bool terminal_;
    const Clock::time_point begun_ = Clock::now();
    Clock::time_point next_ = begun_ + std::chrono::seconds(1);
    bool shown_ = false;
};

}  // namespace helix::cli
