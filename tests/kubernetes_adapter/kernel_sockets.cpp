#include "tests/kubernetes_adapter/kernel_sockets.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>

namespace helix::test_support {
namespace {

std::set<std::uint64_t> own_socket_inodes() {
    std::set<std::uint64_t> inodes;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        std::error_code gone;
        const std::string link = std::filesystem::read_symlink(entry.path(), gone).string();
        if (!gone && link.starts_with("socket:[")) inodes.insert(std::stoull(link.substr(8)));
    }
    return inodes;
}

}  // namespace

std::set<std::uint64_t> sockets_towards(int port) {
    const std::set<std::uint64_t> own = own_socket_inodes();
    std::set<std::uint64_t> found;
    std::ifstream table("/proc/self/net/tcp");
    std::string line;
    std::getline(table, line);  // the heading
    while (std::getline(table, line)) {
        std::istringstream fields(line);
        std::string slot, local, remote, state, queues, timer, retransmits, user, timeout;
        std::uint64_t inode = 0;
        fields >> slot >> local >> remote >> state >> queues >> timer >> retransmits >> user >> timeout >> inode;
        const auto colon = remote.find(':');
        if (colon == std::string::npos || own.count(inode) == 0) continue;
        if (std::stoi(remote.substr(colon + 1), nullptr, 16) == port) found.insert(inode);
    }
    return found;
}

}  // namespace helix::test_support
