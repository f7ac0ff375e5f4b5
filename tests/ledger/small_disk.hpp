#pragma once

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#include <sys/mount.h>

#include "tests/ledger/temp_folder.hpp"

namespace helix::ledger {

/// A small file system of its own; `mounted` is false where that is not permitted.
struct SmallDisk {
    SmallDisk() {
        std::filesystem::create_directory(path);
        mounted = mount("none", path.c_str(), "tmpfs", 0, "size=8m") == 0;
        if (!mounted) why = std::strerror(errno);
    }
    ~SmallDisk() {
        if (mounted) umount2(path.c_str(), MNT_DETACH);
    }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;

    /// Takes all that is left.
    void fill() const {
        std::ofstream file(path + "/filler", std::ios::binary);
        const std::string block(65536, 'x');
        while (file.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
        }
    }
    void make_room() const { std::filesystem::remove(path + "/filler"); }
    /// No file on it may be open for writing. False when the system refuses.
    bool set_read_only(bool read_only) const {
        return mount("none", path.c_str(), "tmpfs", MS_REMOUNT | (read_only ? MS_RDONLY : 0), nullptr) == 0;
    }

    TempFolder folder;
    std::string path = folder.file("disk");
    bool mounted = false;
    std::string why;
};

}  // namespace helix::ledger
