#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace helix::cli {

/// Shows on stderr that long work goes on elsewhere, and for how long: "1,000,000 records are verified by the service,
/// 12 s". Only on a terminal, from the second second on; the line is taken away when the object goes.
class Waiting {
public:
    explicit Waiting(std::string what);
    ~Waiting();
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;

private:
    void show();

    const std::string what_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool over_ = false;
    std::thread shower_;  // last: it reads the others
};

}  // namespace helix::cli
