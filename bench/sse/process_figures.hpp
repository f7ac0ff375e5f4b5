#pragma once

#include <cstddef>
#include <vector>

namespace helix::bench {

/// User and system CPU seconds of this process so far.
double cpu_seconds();

/// Resident bytes of this process; sockets' buffers in the kernel are not part of it.
std::size_t resident_bytes();

/// Allows so many open files, raising the hard limit when permitted; false when it cannot be had.
bool allow_open_files(std::size_t count);

/// The value below which `share` of `sorted` lies; 0 for an empty one.
double quantile(const std::vector<double>& sorted, double share);

}  // namespace helix::bench
