#pragma once

#include <string_view>
#include <vector>

namespace helix::kubernetes_definitions {

/// The files of deploy/crds, as they were when this binary was built.
std::vector<std::string_view> embedded();

}  // namespace helix::kubernetes_definitions
