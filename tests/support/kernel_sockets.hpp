#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include <sys/types.h>

namespace helix::test_support {

/// The inodes of the TCP sockets of process `pid` (0: this one) towards `port`, as the kernel lists them: what was
/// connected, whatever a client library says of itself.
std::set<std::uint64_t> sockets_towards(int port, pid_t pid = 0);

/// Every TCP connection of this network namespace that has or had `port` at its serving end, named by the address and
/// port of its calling end, with the inode of the calling socket (0: nobody's any more). A connection that was closed
/// in good order is still listed for 60 s, at the end that closed first; one that was reset is not.
std::map<std::string, std::uint64_t> connections_of_port(int port);

/// Entries of /proc/PID/fd, and the number of threads.
std::size_t open_files(pid_t pid);
std::size_t threads(pid_t pid);

}  // namespace helix::test_support
