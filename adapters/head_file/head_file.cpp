#include "adapters/head_file/head_file.hpp"

#include <cerrno>
#include <charconv>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

#include "domain/ledger/digest.hpp"

namespace helix::head_file {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLineBytesMax = 128;

Error failed(const std::string& doing, const std::string& path) {
    return error(Code::Unavailable,
                 "cannot " + doing + " the remembered head: " + std::system_category().message(errno),
                 "check the folder's owner and the disk", path);
}

bool parse(std::string_view line, ledger::Head& head) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !line.ends_with('\n')) return false;
    const auto [end, problem] = std::from_chars(line.data(), line.data() + colon, head.seq);
    return problem == std::errc{} && end == line.data() + colon &&
           ledger::from_hex(line.substr(colon + 1, line.size() - colon - 2), head.hash);
}

/// Writes `text` to a file or folder handle and syncs it; an empty text only syncs.
bool write_synced(const std::string& path, int flags, std::string_view text) {
    const int file = ::open(path.c_str(), flags | O_CLOEXEC, 0600);  // NOLINT(cppcoreguidelines-pro-type-vararg)
    if (file < 0) return false;
    const bool written = text.empty() || ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    const bool synced = written && ::fsync(file) == 0;
    const int why = errno;
    ::close(file);
    errno = why;
    return synced;
}

}  // namespace

Result<std::optional<ledger::Head>> HeadFile::recall() {
    std::error_code failure;
    if (!fs::exists(path_, failure) && !failure) return std::optional<ledger::Head>();
    std::ifstream stream(path_, std::ios::binary);
    std::string line(kLineBytesMax, '\0');
    stream.read(line.data(), static_cast<std::streamsize>(line.size()));
    if (failure || stream.bad() || (stream.fail() && !stream.eof())) return failed("read", path_);
    line.resize(static_cast<std::size_t>(stream.gcount()));
    ledger::Head head;
    if (!parse(line, head))
        return error(Code::DataLoss, path_ + " does not hold a head",
                     "it is one line SEQ:HASH; compare the ledger with a copy, then mend or remove it", path_);
    return std::optional(head);
}

Result<void> HeadFile::remember(const ledger::Head& head) {
    const fs::path folder = fs::path(path_).parent_path();
    std::error_code failure;
    if (!folder.empty() && fs::create_directories(folder, failure))
        fs::permissions(folder, fs::perms::owner_all, failure);
    const std::string beside = path_ + ".new";
    const std::string line = std::to_string(head.seq) + ":" + ledger::to_hex(head.hash) + "\n";
    if (!write_synced(beside, O_WRONLY | O_CREAT | O_TRUNC, line)) return failed("write", beside);
    if (::rename(beside.c_str(), path_.c_str()) != 0) return failed("keep", path_);
    if (!write_synced(folder.empty() ? "." : folder.string(), O_RDONLY | O_DIRECTORY, {})) return failed("keep", path_);
    return {};
}

}  // namespace helix::head_file
