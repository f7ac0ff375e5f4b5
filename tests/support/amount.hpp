#pragma once

#include <algorithm>
#include <cstdlib>

namespace helix::test_support {

/// How often a fault is made: as often as the environment's `variable` says, else `otherwise` times. A release makes
/// many.
inline int amount(const char* variable, int otherwise) {
    const char* said = std::getenv(variable);
    return said == nullptr ? otherwise : std::max(1, std::atoi(said));
}

}  // namespace helix::test_support
