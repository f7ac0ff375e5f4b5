#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "adapters/kube_objects/decoder.hpp"
#include "domain/core/result.hpp"
#include "domain/gate/action.hpp"

namespace helix::kubernetes {

/// Where the API serves a kind.
struct Resource {
    std::string api_version;  ///< "apps/v1"
    std::string plural;       ///< "deployments"
    bool namespaced = true;
};

/// Finds the path of any kind: the usual ones from a table, the others by asking the server once.
///
/// Thread safety: any method from any thread.
class ResourceMap {
public:
    /// @param get  reads a path of the API server
    explicit ResourceMap(std::function<Result<std::string>(const std::string& path)> get);

    /// Errors: NotFound when no API serves the kind, InvalidArgument for malformed names, and those of `get`.
    Result<Resource> find(const std::string& api_version, const std::string& kind);

    /// The path of the object itself; its API is looked up.
    /// Errors: as find(); InvalidArgument when a name is missing, malformed, or a namespace is given to no purpose.
    Result<std::string> path_of(const gate::ObjectRef& object);

    /// The path under which objects of that kind and namespace are created and listed.
    Result<std::string> collection_of(const gate::ObjectRef& object);

private:
    Result<Resource> ask(const std::string& api_version, const std::string& kind);
    Result<Resource> ask_all(const std::string& kind);

    const std::function<Result<std::string>(const std::string&)> get_;
    std::mutex mutex_;
    std::map<std::string, Resource> known_;  // "apps/v1/Deployment"; "/Kind" when no version was given
};

/// "/api/v1" or "/apis/GROUP/VERSION".
std::string api_root(const std::string& api_version);

}  // namespace helix::kubernetes
