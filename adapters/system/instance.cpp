#include "adapters/system/instance.hpp"

#include <array>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace helix::system {

FileLock::FileLock(const std::string& path) : file_(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
    held_ = file_ >= 0 && flock(file_, LOCK_EX | LOCK_NB) == 0;
}

FileLock::~FileLock() {
    if (file_ >= 0) close(file_);
}

std::string host_name() {
    std::array<char, 256> name{};
    if (gethostname(name.data(), name.size() - 1) != 0 || name[0] == 0) return "localhost";
    return name.data();
}

long process_id() {
    return getpid();
}

}  // namespace helix::system
