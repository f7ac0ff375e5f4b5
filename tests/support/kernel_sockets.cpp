#include "tests/support/kernel_sockets.hpp"

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <sstream>

namespace helix::test_support {
namespace {

namespace fs = std::filesystem;

struct Row {
    std::string local;  // "0100007F:1F90"
    std::string remote;
    std::uint64_t inode = 0;
};

fs::path proc(pid_t pid) {
    return fs::path("/proc") / (pid == 0 ? "self" : std::to_string(pid));
}

std::set<std::uint64_t> socket_inodes(pid_t pid) {
    std::set<std::uint64_t> inodes;
    for (const auto& entry : fs::directory_iterator(proc(pid) / "fd")) {
        std::error_code gone;
        const std::string link = fs::read_symlink(entry.path(), gone).string();
        if (!gone && link.starts_with("socket:[")) inodes.insert(std::stoull(link.substr(8)));
    }
    return inodes;
}

void each_row(const std::function<void(const Row&)>& visit) {
    for (const char* file : {"/proc/self/net/tcp", "/proc/self/net/tcp6"}) {
        std::ifstream table(file);
        std::string line;
        std::getline(table, line);  // the heading
        while (std::getline(table, line)) {
            std::istringstream fields(line);
            Row row;
            std::string slot, state, queues, timer, retransmits, user, timeout;
            fields >> slot >> row.local >> row.remote >> state >> queues >> timer >> retransmits >> user >> timeout >>
                row.inode;
            visit(row);
        }
    }
}

int port_in(const std::string& address) {
    const auto colon = address.rfind(':');
    return colon == std::string::npos ? -1 : std::stoi(address.substr(colon + 1), nullptr, 16);
}

}  // namespace

std::set<std::uint64_t> sockets_towards(int port, pid_t pid) {
    const std::set<std::uint64_t> own = socket_inodes(pid);
    std::set<std::uint64_t> found;
    each_row([&](const Row& row) {
        if (port_in(row.remote) == port && own.contains(row.inode)) found.insert(row.inode);
    });
    return found;
}

std::map<std::string, std::uint64_t> connections_of_port(int port) {
    std::map<std::string, std::uint64_t> found;
    each_row([&](const Row& row) {
        if (port_in(row.remote) == port) found[row.local] = row.inode;
        if (port_in(row.local) == port && port_in(row.remote) != 0) found.emplace(row.remote, 0);
    });
    return found;
}

std::size_t open_files(pid_t pid) {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(proc(pid) / "fd"), fs::directory_iterator{}));
}

std::size_t threads(pid_t pid) {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(proc(pid) / "task"), fs::directory_iterator{}));
}

}  // namespace helix::test_support
