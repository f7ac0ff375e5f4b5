#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "domain/core/result.hpp"

namespace helix::kubeconfig {

/// The whole of a regular file. Errors: NotFound, PermissionDenied, InvalidArgument when it is longer than
/// `bytes_max` or no file, Unavailable when it cannot be read. The text never holds what the file holds.
Result<std::string> read_small_file(const std::string& path, std::size_t bytes_max);

/// The bytes of standard base64, white space ignored. Errors: InvalidArgument, without the text.
Result<std::string> decode_base64(std::string_view text);

/// `text` without white space at either end.
std::string trimmed(std::string_view text);

}  // namespace helix::kubeconfig
