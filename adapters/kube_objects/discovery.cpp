#include "adapters/kube_objects/projections.hpp"

namespace helix::kube_objects {

std::vector<ApiResource> read_api_resources(Value& resources) {
    std::vector<ApiResource> served;
    each_item(resources, [&](Value& one) {
        ApiResource resource;
        each_field(one, [&](std::string_view key, Value& field) {
            if (key == "name") resource.name = text_of(field);
            if (key == "kind") resource.kind = text_of(field);
            if (key == "namespaced") resource.namespaced = truth_of(field);
        });
        const bool subresource = resource.name.find('/') != std::string::npos;
        if (!subresource) served.push_back(std::move(resource));
    });
    return served;
}

std::vector<std::string> read_api_groups(Value& groups) {
    std::vector<std::string> versions;
    each_item(groups, [&](Value& group) {
        std::string preferred;
        std::vector<std::string> others;
        const auto version_of = [](Value& entry) {
            std::string version;
            each_field(entry, [&](std::string_view key, Value& field) {
                if (key == "groupVersion") version = text_of(field);
            });
            return version;
        };
        each_field(group, [&](std::string_view key, Value& field) {
            if (key == "preferredVersion") preferred = version_of(field);
            if (key == "versions") each_item(field, [&](Value& one) { others.push_back(version_of(one)); });
        });
        if (!preferred.empty()) versions.push_back(preferred);
        for (std::string& version : others)
            if (version != preferred && !version.empty()) versions.push_back(std::move(version));
    });
    return versions;
}

}  // namespace helix::kube_objects
