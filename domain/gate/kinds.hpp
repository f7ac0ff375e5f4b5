#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace helix::gate {

/// What the gate knows of a kind.
enum class KindClass {
    MakesPods,   ///< its memory is modelled
    Node,        ///< pods live on it
    Namespace,   ///< its deletion deletes all within
    Autoscaler,  ///< HorizontalPodAutoscaler: it will scale another
    Container,   ///< of a Docker host
    Neutral,     ///< no pod comes from it
    Unmodelled,  ///< a controller unknown to us may make pods from it: refused
};

/// The class of `kind` in `api_version`; `extra_neutral` extends the shipped list ("Widget.example.com").
KindClass classify(std::string_view api_version, std::string_view kind, const std::vector<std::string>& extra_neutral);

/// The usual api version of a well-known kind ("apps/v1" for Deployment); empty when there is none.
std::string_view usual_api_version(std::string_view kind);

/// "apps" of "apps/v1"; empty for the core group.
std::string_view group_of(std::string_view api_version);

}  // namespace helix::gate
