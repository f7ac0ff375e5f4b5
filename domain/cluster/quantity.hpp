#pragma once

#include <cstdint>
#include <string_view>

#include "domain/core/result.hpp"

namespace helix::cluster {

/// Parses a Kubernetes quantity ("128Mi", "1.5G", "9e3", "250m") into whole units, rounded up.
///
/// Errors: InvalidArgument when it is not a quantity, is negative, or does not fit 63 bits.
/// Source: Kubernetes API conventions, "Quantity".
Result<std::int64_t> parse_quantity(std::string_view text);

/// The same in thousandths of a unit ("250m" is 250, "2" is 2000): what CPU is counted in.
Result<std::int64_t> parse_milli_quantity(std::string_view text);

}  // namespace helix::cluster
