#pragma once

#include <string>
#include <string_view>

#include "domain/core/result.hpp"

namespace helix::wire {

/// Base64 of RFC 4648, section 4, with padding.
std::string to_base64(std::string_view bytes);

/// The bytes of `text`, which must be in the one spelling that to_base64 gives. Errors: InvalidArgument.
Result<std::string> from_base64(std::string_view text);

}  // namespace helix::wire
