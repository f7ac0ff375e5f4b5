#include "adapters/real_path/real_path.hpp"

#include <filesystem>
#include <system_error>

namespace helix::real_path {

namespace fs = std::filesystem;

std::string real_path(const std::string& path) {
    constexpr int kLinksMax = 40;  // as many as the kernel follows
    std::error_code failure;
    fs::path real = fs::absolute(path, failure);
    if (failure || path.empty()) return path;
    for (int followed = 0; followed < kLinksMax; ++followed) {
        const fs::path found = fs::weakly_canonical(real, failure);
        if (failure) return real.string();
        real = found;
        // What is still a link leads to a file that is not there yet: weakly_canonical stops before it.
        if (!fs::is_symlink(real, failure)) break;
        const fs::path to = fs::read_symlink(real, failure);
        if (failure) break;
        real = real.parent_path() / to;  // an absolute `to` replaces it
    }
    return real.string();
}

}  // namespace helix::real_path
