#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace helix::cli {

/// `text` as one line that cannot steer a terminal: control characters (C0, DEL, C1), line and paragraph separators
/// and bidirectional overrides become a blank; what is not UTF-8 becomes U+FFFD.
std::string printable(std::string_view text);

/// JSON (or double-quoted YAML) text in which the same characters, line feeds aside, are written as \uXXXX: the value
/// stays what it was.
std::string escaped(std::string_view document);

/// Columns that printable `text` takes, counted in code points.
std::size_t width(std::string_view text);

}  // namespace helix::cli
