#pragma once

#include <cstdint>
#include <set>
#include <string>

namespace helix::test_support {

/// The inodes of this process's TCP sockets towards `port` of 127.0.0.1, as the kernel lists them: what was connected,
/// whatever a client library says of itself.
std::set<std::uint64_t> sockets_towards(int port);

}  // namespace helix::test_support
