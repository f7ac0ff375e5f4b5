#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

#include <httplib.h>

namespace helix::serve_test {

/// Reads an event stream of the service on a thread of its own and counts the frames of one type.
class EventCounter {
public:
    /// @param path  path and query of the stream
    EventCounter(int port, const std::string& path, const std::string& type);
    ~EventCounter();
    EventCounter(const EventCounter&) = delete;
    EventCounter& operator=(const EventCounter&) = delete;

    [[nodiscard]] std::uint64_t count() const { return count_; }

private:
    void take(std::string_view bytes);

    httplib::Client client_;
    const std::string line_;  // the line that names the type
    std::string begun_;
    std::atomic<std::uint64_t> count_{0};
    std::thread thread_;
};

}  // namespace helix::serve_test
