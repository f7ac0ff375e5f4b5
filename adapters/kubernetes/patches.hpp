#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/core/result.hpp"
#include "domain/gate/action.hpp"

/// The bodies of our writes. Each carries the step's mark as an annotation when one is given, in the same patch.
namespace helix::kubernetes {

/// A body and how the API server is to understand it.
struct Patch {
    std::string content_type;
    std::string body;
};

inline constexpr const char* kMergePatch = "application/merge-patch+json";
inline constexpr const char* kStrategicPatch = "application/strategic-merge-patch+json";
inline constexpr const char* kApplyPatch = "application/apply-patch+yaml";

/// What a patch carries beside the change itself.
struct Marks {
    std::string mark;  ///< empty: a dry run, leave no mark
    std::string uid;   ///< empty: any object of that name
};

/// label, annotate, restart, set-image, set-resources, patch, cordon, uncordon.
/// @param containers  names of the containers, for set-image and set-resources
/// @param now_s       the cycle's time, for restart; seconds since 1970
/// Errors: InvalidArgument when the action's parameters do not fit its verb or kind.
Result<Patch> patch_for(const gate::Action& action, const std::vector<std::string>& containers, const Marks& marks,
                        std::int64_t now_s);

/// create, apply: the manifest itself, checked against the action's object and marked.
Result<Patch> apply_for(const gate::Action& action, const Marks& marks);

/// A number of replicas, for the object itself or its /scale subresource, with the version that it must still have.
/// The subresource takes no mark.
Patch scale_for(std::int64_t replicas, const Marks& marks, const std::string& resource_version);

/// policy/v1 Eviction.
std::string eviction_for(const std::string& ns, const std::string& name, const std::string& uid,
                         std::optional<std::int64_t> grace_period_s);

/// DeleteOptions.
std::string delete_options_for(const std::string& uid, const std::string& resource_version,
                               std::optional<std::int64_t> grace_period_s);

/// Names of the containers of an object that makes pods or is one; init containers are not among them.
std::vector<std::string> container_names(std::string_view json);

}  // namespace helix::kubernetes
