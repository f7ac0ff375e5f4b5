#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "domain/core/result.hpp"

namespace helix::ledger_file {

/// Reads lines from a descriptor; keeps one piece of the file and at most one line in memory.
class LineReader {
public:
    struct Line {
        std::string_view text;  ///< without its line feed; valid until the next one is read
        bool whole = true;      ///< false: the file ended before the line feed
        bool too_long = false;  ///< over the bound: `text` is empty, the rest of the line was passed over
    };

    /// Begins at `offset` of a file that can be sought in, else (`seekable` false) wherever the descriptor stands.
    LineReader(int descriptor, std::string path, bool seekable, std::uint64_t offset, std::size_t line_bytes_max);

    /// Reads the next line into `line`; false at the end of the file. Errors: Unavailable.
    Result<bool> next(Line& line);

    /// Where the next line begins, in bytes from the file's start; without seeking: from where the reader began.
    [[nodiscard]] std::uint64_t offset() const { return offset_; }

private:
    Result<bool> fill();

    int descriptor_;
    std::string path_;
    bool seekable_;
    std::size_t line_bytes_max_;
    std::uint64_t offset_;
    std::uint64_t read_to_;
    std::string buffer_;
    std::size_t begin_ = 0;  ///< of what is not handed out yet, in `buffer_`
    bool ended_ = false;
};

}  // namespace helix::ledger_file
