#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/cluster/objects.hpp"

namespace helix::gate {

enum class Verb {
    Create,  ///< server-side apply of an object that is not there
    Apply,   ///< server-side apply
    Scale,
    Label,
    Annotate,
    Restart,  ///< rollout restart; of a container: stop and start
    SetImage,
    SetResources,
    Patch,  ///< merge patch
    Cordon,
    Uncordon,
    Evict,
    Drain,
    Delete,
    Start,  ///< a container that is there
    Stop,   ///< a container; it stays there
};

/// "scale", "set-image", ...
std::string_view to_string(Verb verb);
std::optional<Verb> parse_verb(std::string_view text);

/// The six links of the helix, in the order in which it turns.
enum class Link { Gate, Reason, Create, Read, Update, Delete };

/// "G", "Rδ", "C", "R", "U", "D".
std::string_view to_string(Link link);

/// The link that carries out `verb`: C, U or D.
Link link_of(Verb verb);

/// What an action is about. `ns` is empty for cluster-scoped objects.
struct ObjectRef {
    std::string api_version;  ///< "apps/v1"; empty: the usual one of `kind`
    std::string kind;         ///< "Deployment"
    std::string ns;
    std::string name;

    friend bool operator==(const ObjectRef&, const ObjectRef&) = default;
};

/// "Deployment shop/cart", "Node n1".
std::string describe(const ObjectRef& object);

/// One requested write.
struct Action {
    Verb verb = Verb::Scale;
    ObjectRef object;
    std::string reason;                    ///< why; needed for deletes, evictions and relief
    std::optional<std::int64_t> replicas;  ///< scale
    std::vector<std::pair<std::string, std::optional<std::string>>> entries;  ///< label, annotate: none removes the key
    std::string container;                                                    ///< set-image, set-resources
    std::string image;                                                        ///< set-image
    std::string body;  ///< create, apply: the manifest; patch, set-resources: merge patch; JSON text
    std::optional<std::int64_t> grace_period_s;  ///< evict, drain, delete
};

/// What the object would be after the action, as the target itself answers (a server-side dry run); nothing written.
struct Preview {
    bool exists = false;                        ///< the object is there already
    std::optional<cluster::Workload> workload;  ///< the object when it makes pods
    std::optional<cluster::Node> node;          ///< the object when it is a node
    std::string scale_target_kind;              ///< a HorizontalPodAutoscaler's scaleTargetRef
    std::string scale_target_name;
    std::int64_t max_replicas = 0;  ///< a HorizontalPodAutoscaler's upper bound
    /// A container to be made takes of each GPU as well: one Container per GPU, named alike, its `ns` the GPU's unit.
    std::vector<cluster::Workload> gpu_shares;
};

/// An action together with what is known of its outcome before it runs.
struct Request {
    Action action;
    std::optional<Preview> preview;  ///< for create, apply, patch, set-image and set-resources
    /// The subject's number of pods that an earlier action of the same plan asked for, when it asked for fewer.
    std::optional<std::int64_t> planned_count;
};

}  // namespace helix::gate
