#pragma once

#include <string>

#include "adapters/kube_objects/objects.hpp"

namespace helix::kubernetes {

/// Where the objects go that a watcher reads.
///
/// Called on the sync loop's thread. Between begin_list and finish_list every object that there is comes by put; what
/// did not come is gone.
class WatchSink {
public:
    virtual ~WatchSink() = default;

    virtual void begin_list(kube_objects::Kind kind) = 0;
    virtual void put(kube_objects::Kind kind, kube_objects::Object&& object) = 0;
    virtual void remove(kube_objects::Kind kind, const kube_objects::Object& object) = 0;
    virtual void finish_list(kube_objects::Kind kind) = 0;
    /// Everything of `kind` up to `version` has been handed on.
    virtual void reached(kube_objects::Kind kind, const std::string& version) = 0;
};

}  // namespace helix::kubernetes
