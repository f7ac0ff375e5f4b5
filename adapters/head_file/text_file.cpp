#include "adapters/head_file/text_file.hpp"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "adapters/durable_file/durable_file.hpp"

namespace helix::head_file {

namespace fs = std::filesystem;

Error TextFile::failed(const std::string& doing, const std::string& why) const {
    return error(Code::Unavailable, "cannot " + doing + " " + what_ + ": " + why,
                 "check the folder's owner and the disk", path_);
}

Result<std::optional<std::string>> TextFile::read(std::size_t bytes_max) const {
    std::error_code failure;
    if (!fs::exists(path_, failure) && !failure) return std::optional<std::string>();
    std::ifstream stream(path_, std::ios::binary);
    std::string text(bytes_max, '\0');
    stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (failure || stream.bad() || (stream.fail() && !stream.eof()))
        return failed("read", std::system_category().message(errno));
    text.resize(static_cast<std::size_t>(stream.gcount()));
    return std::optional(std::move(text));
}

Result<void> TextFile::replace(const std::string& text) const {
    const fs::path folder = fs::path(path_).parent_path();
    std::error_code ignored;  // the next step says it
    if (!folder.empty() && fs::create_directories(folder, ignored))
        fs::permissions(folder, fs::perms::owner_all, ignored);
    auto replaced = durable_file::replace(path_, text, 0600);
    return replaced ? replaced : failed("keep", replaced.error().message);
}

}  // namespace helix::head_file
