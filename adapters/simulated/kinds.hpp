#pragma once

#include <string>
#include <string_view>

#include "adapters/simulated/world.hpp"

namespace helix::simulated {

/// A kind that the simulated API server serves.
struct ServedKind {
    std::string_view kind;
    std::string_view resource;  ///< as its messages call it: "deployments.apps"
    std::string_view api_version;
    bool namespaced = true;
    bool scalable = false;
};

/// nullptr when the kind is not served.
const ServedKind* served_kind(std::string_view kind);

// What a real API server answers, word by word.
Error not_found(const Key& key);
Error already_exists(const Key& key);
Error modified(const Key& key);
Error invalid(const Key& key, std::string_view field, std::string_view problem);
Error no_such_kind(std::string_view kind, std::string_view api_version);
Error throttled();

}  // namespace helix::simulated
