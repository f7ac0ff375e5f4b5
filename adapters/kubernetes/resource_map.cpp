#include "adapters/kubernetes/resource_map.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace helix::kubernetes {
namespace {

struct Usual {
    const char* kind;
    const char* api_version;
    const char* plural;
    bool namespaced;
};

constexpr std::array<Usual, 15> kUsual = {{
    {"Deployment", "apps/v1", "deployments", true},
    {"StatefulSet", "apps/v1", "statefulsets", true},
    {"DaemonSet", "apps/v1", "daemonsets", true},
    {"ReplicaSet", "apps/v1", "replicasets", true},
    {"ReplicationController", "v1", "replicationcontrollers", true},
    {"Job", "batch/v1", "jobs", true},
    {"CronJob", "batch/v1", "cronjobs", true},
    {"Pod", "v1", "pods", true},
    {"Node", "v1", "nodes", false},
    {"Namespace", "v1", "namespaces", false},
    {"ConfigMap", "v1", "configmaps", true},
    {"Secret", "v1", "secrets", true},
    {"Service", "v1", "services", true},
    {"ServiceAccount", "v1", "serviceaccounts", true},
    {"HorizontalPodAutoscaler", "autoscaling/v2", "horizontalpodautoscalers", true},
}};

/// Names of objects, kinds and groups go into a path: letters, digits and these, never a step up.
bool is_segment(const std::string& text, std::string_view also) {
    const auto fits = [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               also.find(c) != std::string_view::npos;
    };
    return !text.empty() && text.size() <= 253 && text != "." && text != ".." &&
           std::all_of(text.begin(), text.end(), fits);
}

bool is_api_version(const std::string& text) {
    return is_segment(text, ".-/") && std::count(text.begin(), text.end(), '/') <= 1 && text.front() != '/' &&
           text.back() != '/' && text.find("..") == std::string::npos;
}

/// RBAC names may hold a colon, which goes into a path as it is.
bool is_name(const std::string& text) {
    return is_segment(text, ".-_:");
}

}  // namespace

std::string api_root(const std::string& api_version) {
    return (api_version.find('/') == std::string::npos ? "/api/" : "/apis/") + api_version;
}

ResourceMap::ResourceMap(std::function<Result<std::string>(const std::string&)> get) : get_(std::move(get)) {
    for (const Usual& one : kUsual) {
        const Resource resource{one.api_version, one.plural, one.namespaced};
        known_.emplace(std::string("/") + one.kind, resource);
        known_.emplace(std::string(one.api_version) + "/" + one.kind, resource);
    }
}

Result<Resource> ResourceMap::find(const std::string& api_version, const std::string& kind) {
    if (!is_segment(kind, "")) return error(Code::InvalidArgument, "kind \"" + kind + "\" is not the name of a kind");
    if (!api_version.empty() && !is_api_version(api_version))
        return error(Code::InvalidArgument, "apiVersion \"" + api_version + "\" is malformed", "write it like apps/v1");
    const std::string key = api_version + "/" + kind;
    {
        const std::lock_guard lock(mutex_);
        if (const auto known = known_.find(key); known != known_.end()) return known->second;
    }
    auto found = api_version.empty() ? ask_all(kind) : ask(api_version, kind);
    if (!found) return found;
    const std::lock_guard lock(mutex_);
    known_.insert_or_assign(key, *found);
    return found;
}

Result<Resource> ResourceMap::ask(const std::string& api_version, const std::string& kind) {
    auto text = get_(api_root(api_version));
    if (!text && text.error().code != Code::NotFound) return text.error();
    if (text) {
        kube_objects::Decoder decoder;
        const auto served = decoder.decode_api_resources(*text);
        if (!served) return served.error();
        for (const auto& one : *served)
            if (one.kind == kind) return Resource{api_version, one.name, one.namespaced};
    }
    return error(Code::NotFound, "the cluster serves no " + kind + " in " + api_version,
                 "check apiVersion and kind, or install the CustomResourceDefinition");
}

Result<Resource> ResourceMap::ask_all(const std::string& kind) {
    auto found = ask("v1", kind);
    if (found || found.error().code != Code::NotFound) return found;
    auto text = get_("/apis");
    if (!text) return text.error();
    kube_objects::Decoder decoder;
    const auto versions = decoder.decode_api_groups(*text);
    if (!versions) return versions.error();
    for (const std::string& version : *versions) {
        found = ask(version, kind);
        if (found) return found;
    }
    return error(Code::NotFound, "the cluster serves no kind " + kind, "name its apiVersion");
}

Result<std::string> ResourceMap::collection_of(const gate::ObjectRef& object) {
    auto resource = find(object.api_version, object.kind);
    if (!resource) return resource.error();
    std::string path = api_root(resource->api_version);
    if (resource->namespaced) {
        if (object.ns.empty())
            return error(Code::InvalidArgument, object.kind + " needs a namespace", "name its namespace");
        if (!is_name(object.ns)) return error(Code::InvalidArgument, "namespace \"" + object.ns + "\" is malformed");
        path += "/namespaces/" + object.ns;
    } else if (!object.ns.empty()) {
        return error(Code::InvalidArgument, object.kind + " belongs to no namespace", "leave the namespace out");
    }
    return path + "/" + resource->plural;
}

Result<std::string> ResourceMap::path_of(const gate::ObjectRef& object) {
    auto collection = collection_of(object);
    if (!collection) return collection;
    if (!is_name(object.name)) return error(Code::InvalidArgument, "name \"" + object.name + "\" is malformed");
    return *collection + "/" + object.name;
}

}  // namespace helix::kubernetes
