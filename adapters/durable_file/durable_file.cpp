#include "adapters/durable_file/durable_file.hpp"

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "service/ports/fault_point.hpp"

namespace helix::durable_file {

Descriptor::~Descriptor() {
    if (number_ >= 0) ::close(number_);
}

Error system_error(std::string_view doing, const std::string& path) {
    const int number = errno;
    const std::string message = std::string(doing) + ": " + std::generic_category().message(number);
    switch (number) {
        case ENOENT:
        case ENOTDIR:
            return error(Code::NotFound, message, "check the path", path);
        case EACCES:
        case EPERM:
        case EROFS:
            return error(Code::PermissionDenied, message, "check who may read and write there", path);
        case ENOSPC:
        case EDQUOT:
            return error(Code::Unavailable, message, "the disk is full: make room", path);
        case EISDIR:
            return error(Code::InvalidArgument, message, "name a file", path);
        default:
            return error(Code::Unavailable, message, "", path);
    }
}

Result<void> write_all(const Descriptor& file, std::string_view bytes, const std::string& path) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return system_error("writing", path);
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

namespace {

/// How long another is waited for: it may have been stopped.
constexpr std::chrono::milliseconds kPatience{5'000};
constexpr std::chrono::milliseconds kAskAgain{5};

/// A name that nobody gives a file of his own: what bears it is overwritten and removed.
std::string draft_of(const std::string& path) {
    const std::filesystem::path whole(path);
    return (whole.parent_path() / ("." + whole.filename().string() + ".helix-draft")).string();
}

}  // namespace

Result<Draft> Draft::begin(const std::string& path, mode_t mode, Others others) {
    const std::string draft = draft_of(path);
    const auto deadline = std::chrono::steady_clock::now() + (others == Others::Wait ? kPatience : kPatience.zero());
    while (true) {
        // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg)
        Descriptor file(::open(draft.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, mode));
        if (file.get() < 0) return system_error("creating a file beside it", path);
        if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
            if (errno != EWOULDBLOCK) return system_error("locking a file beside it", path);
            if (std::chrono::steady_clock::now() >= deadline)
                return error(Code::Conflict, "another process is writing it", "try again when that has ended", path);
            std::this_thread::sleep_for(kAskAgain);
            continue;
        }
        // Who waited may hold what the other has renamed or removed by then, and has to look again.
        struct stat held {};
        struct stat named {};
        if (::fstat(file.get(), &held) != 0) return system_error("creating a file beside it", path);
        if (::stat(draft.c_str(), &named) != 0 || held.st_ino != named.st_ino || held.st_dev != named.st_dev) continue;
        if (::fchmod(file.get(), mode) != 0 || ::ftruncate(file.get(), 0) != 0)
            return system_error("creating a file beside it", path);
        return Draft(path, std::move(file));
    }
}

Draft::~Draft() {
    if (file_.get() >= 0) ::unlink(draft_of(path_).c_str());
}

Result<void> Draft::put_in_place() {
    ports::fault_point("file.written");
    if (::fsync(file_.get()) != 0) return system_error("syncing", path_);
    ports::fault_point("file.synced");
    if (::rename(draft_of(path_).c_str(), path_.c_str()) != 0) return system_error("renaming to", path_);
    file_ = Descriptor();
    ports::fault_point("file.renamed");
    const std::string folder = std::filesystem::path(path_).parent_path().string();
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg)
    const Descriptor parent(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (parent.get() < 0 || ::fsync(parent.get()) != 0) return system_error("syncing the folder of", path_);
    ports::fault_point("file.after");
    return {};
}

Result<void> replace(const std::string& path, std::string_view text, mode_t mode) {
    ports::fault_point("file.before");
    auto draft = Draft::begin(path, mode, Draft::Others::Wait);
    if (!draft) return std::move(draft).error();
    if (auto written = write_all(draft->file(), text, path); !written) return written;
    return draft->put_in_place();
}

}  // namespace helix::durable_file
