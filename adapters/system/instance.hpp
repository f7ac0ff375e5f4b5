#pragma once

#include <string>

namespace helix::system {

/// A lock that ends with the process: an advisory lock on a file, which is made when it is missing.
class FileLock {
public:
    /// Tries at once; `held` tells.
    explicit FileLock(const std::string& path);
    ~FileLock();
    FileLock(const FileLock&) = delete;
    FileLock& operator=(const FileLock&) = delete;

    [[nodiscard]] bool held() const { return held_; }

private:
    int file_ = -1;
    bool held_ = false;
};

/// This machine's name; "localhost" when it has none.
std::string host_name();

/// This process's number.
long process_id();

}  // namespace helix::system
