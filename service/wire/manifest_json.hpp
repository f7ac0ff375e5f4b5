#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "domain/core/result.hpp"
#include "domain/gate/action.hpp"

/// Objects, their names and their manifests, as they come from outside.
namespace helix::wire {

/// Which characters a name may have; what is not listed can be neither a path nor an option of anything.
enum class NameRule {
    Label,       ///< a DNS label: namespaces, containers; at most 63
    Object,      ///< letters, digits, ".:_-", at most 253, no sign at either end
    Kind,        ///< letters and digits, at most 63
    ApiVersion,  ///< "v1", "apps/v1"
    Key,         ///< of a label: "team", "example.com/team"
};

bool is_name(std::string_view text, NameRule rule);

/// Reads an ObjectRef of openapi/helix.yaml. Errors: InvalidArgument; pointers start at `pointer`.
Result<gate::ObjectRef> object_ref_from_json(const nlohmann::json& value, const std::string& pointer);

nlohmann::json object_ref_json(const gate::ObjectRef& object);

struct Manifest {
    gate::ObjectRef object;
    std::string body;  ///< JSON text
};

/// Reads a manifest, a JSON object or YAML text, which must name its apiVersion, kind and metadata.name. With `named`,
/// both must mean the same object; a namespace that only `named` has is put in. Errors: InvalidArgument; pointers start
/// at `pointer`.
Result<Manifest> read_manifest(const nlohmann::json& value, const gate::ObjectRef* named, const std::string& pointer);

/// Checks requests and limits of a container: names of resources with quantities, or null.
Result<void> check_resources(const nlohmann::json& value, const std::string& pointer);

}  // namespace helix::wire
