#include "adapters/ledger_file/line_reader.hpp"

#include <cerrno>

#include <unistd.h>

#include "adapters/durable_file/durable_file.hpp"

namespace helix::ledger_file {
namespace {

constexpr std::size_t kPieceBytes = 256U * 1024U;

}  // namespace

LineReader::LineReader(int descriptor, std::string path, bool seekable, std::uint64_t offset,
                       std::size_t line_bytes_max)
    : descriptor_(descriptor),
      path_(std::move(path)),
      seekable_(seekable),
      line_bytes_max_(line_bytes_max),
      offset_(offset),
      read_to_(offset) {}

/// Reads one more piece behind what the buffer holds; false at the end of the file.
Result<bool> LineReader::fill() {
    if (ended_) return false;
    buffer_.erase(0, begin_);
    begin_ = 0;
    const std::size_t held = buffer_.size();
    buffer_.resize(held + kPieceBytes);
    ssize_t got = 0;
    do {
        got = seekable_ ? ::pread(descriptor_, buffer_.data() + held, kPieceBytes, static_cast<off_t>(read_to_))
                        : ::read(descriptor_, buffer_.data() + held, kPieceBytes);
    } while (got < 0 && errno == EINTR);
    buffer_.resize(held + static_cast<std::size_t>(got < 0 ? 0 : got));
    if (got < 0) return durable_file::system_error("reading", path_);
    read_to_ += static_cast<std::uint64_t>(got);
    ended_ = got == 0;
    return !ended_;
}

Result<bool> LineReader::next(Line& line) {
    line = {};
    std::size_t searched = 0;  // bytes from begin_ on in which there is no line feed
    while (true) {
        const std::size_t end = buffer_.find('\n', begin_ + searched);
        const std::size_t length = (end == std::string::npos ? buffer_.size() : end) - begin_;
        if (length > line_bytes_max_) line.too_long = true;
        if (end != std::string::npos) {
            if (!line.too_long) line.text = std::string_view(buffer_).substr(begin_, length);
            begin_ += length + 1;
            offset_ += length + 1;
            return true;
        }
        searched = length;
        if (line.too_long) {  // let go of what was read of it
            offset_ += length;
            begin_ += length;
            searched = 0;
        }
        const auto more = fill();
        if (!more) return more;
        if (*more) continue;
        const std::size_t rest = buffer_.size() - begin_;
        if (rest == 0 && !line.too_long) return false;
        line.whole = false;
        if (!line.too_long) line.text = std::string_view(buffer_).substr(begin_, rest);
        begin_ += rest;
        offset_ += rest;
        return true;
    }
}

}  // namespace helix::ledger_file
