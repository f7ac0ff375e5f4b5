#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "domain/core/result.hpp"

namespace helix::head_file {

/// A small text in a file of its own that is replaced whole.
class TextFile {
public:
    /// `what` is how errors call it. The file's folder is made (mode 0700) by the first replace.
    TextFile(std::string path, std::string what) : path_(std::move(path)), what_(std::move(what)) {}

    /// The text, `bytes_max` of it at most; nothing when there is no file. Errors: Unavailable.
    [[nodiscard]] Result<std::optional<std::string>> read(std::size_t bytes_max) const;

    /// Durable on return. Errors: Unavailable; the former text is then kept.
    [[nodiscard]] Result<void> replace(const std::string& text) const;

    [[nodiscard]] const std::string& path() const { return path_; }

private:
    [[nodiscard]] Error failed(const std::string& doing, const std::string& why) const;

    const std::string path_;
    const std::string what_;
};

}  // namespace helix::head_file
