#include "service/cli/waiting.hpp"

#include <chrono>
#include <iostream>
#include <utility>

#include <unistd.h>

namespace helix::cli {

Waiting::Waiting(std::string what) : what_(std::move(what)) {
    if (::isatty(STDERR_FILENO) == 1) shower_ = std::thread([this] { show(); });
}

Waiting::~Waiting() {
    {
        const std::lock_guard lock(mutex_);
        over_ = true;
    }
    changed_.notify_all();
    if (shower_.joinable()) shower_.join();
}

void Waiting::show() {
    constexpr const char* kWholeLine = "\r\x1b[K";  // back to the line's start, and clear it
    std::unique_lock lock(mutex_);
    for (int elapsed_s = 1; !changed_.wait_for(lock, std::chrono::seconds(1), [this] { return over_; }); ++elapsed_s)
        std::cerr << kWholeLine << what_ << ", " << elapsed_s << " s" << std::flush;
    std::cerr << kWholeLine << std::flush;
}

}  // namespace helix::cli
