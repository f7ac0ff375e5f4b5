#include "adapters/kubernetes/patches.hpp"

#include <algorithm>
#include <ctime>

#include <nlohmann/json.hpp>

#include "adapters/kube_objects/objects.hpp"

namespace helix::kubernetes {
namespace {

using gate::Action;
using gate::Verb;
using nlohmann::json;

constexpr int kDepthMax = 64;

/// Text of bounded depth as an object; the depth is checked first because writing JSON out recurses.
Result<json> parse_object(const std::string& text, const char* what) {
    int depth = 0;
    bool quoted = false;
    bool escaped = false;
    for (const char c : text) {
        if (!quoted && (c == '{' || c == '[') && ++depth > kDepthMax)
            return error(Code::InvalidArgument, std::string(what) + " is nested too deeply");
        if (!quoted && (c == '}' || c == ']')) --depth;
        if (c == '"' && !escaped) quoted = !quoted;
        escaped = quoted && c == '\\' && !escaped;
    }
    json parsed = json::parse(text, nullptr, false);
    if (!parsed.is_object()) return error(Code::InvalidArgument, std::string(what) + " is not a JSON object");
    return parsed;
}

std::string written(const json& value) {
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// The object at `key`, made when it is not there; nullptr when something else is.
json* child(json& parent, const char* key) {
    json& inner = parent[key];
    if (inner.is_null()) inner = json::object();
    return inner.is_object() ? &inner : nullptr;
}

Result<void> mark(json& body, const Marks& marks) {
    const bool cleared = body.contains("metadata") && body["metadata"].is_object() &&
                         body["metadata"].contains("annotations") && body["metadata"]["annotations"].is_null();
    if (cleared) return error(Code::InvalidArgument, "a patch may not remove all annotations", "remove them by name");
    json* metadata = child(body, "metadata");
    if (metadata == nullptr) return error(Code::InvalidArgument, "metadata is not an object");
    if (!marks.uid.empty()) (*metadata)["uid"] = marks.uid;
    if (marks.mark.empty()) return {};
    json* annotations = child(*metadata, "annotations");
    if (annotations == nullptr) return error(Code::InvalidArgument, "metadata.annotations is not an object");
    (*annotations)[kube_objects::kCycleAnnotation] = marks.mark;
    return {};
}

/// `pod_spec` at the place where objects of `kind` keep it.
json around_pod_spec(const std::string& kind, json pod_spec) {
    if (kind == "Pod") return {{"spec", std::move(pod_spec)}};
    const json templated = {{"template", {{"spec", std::move(pod_spec)}}}};
    if (kind == "CronJob") return {{"spec", {{"jobTemplate", {{"spec", templated}}}}}};
    return {{"spec", templated}};
}

/// The container that the action means: the one it names, or the only one.
Result<std::string> chosen_container(const Action& action, const std::vector<std::string>& containers) {
    if (action.container.empty()) {
        if (containers.size() == 1) return containers.front();
        return error(Code::InvalidArgument, describe(action.object) + " has several containers", "name one of them");
    }
    if (std::find(containers.begin(), containers.end(), action.container) != containers.end()) return action.container;
    return error(Code::InvalidArgument, describe(action.object) + " has no container \"" + action.container + "\"",
                 "name one that it has");
}

Result<json> entries_patch(const Action& action, const char* field) {
    if (action.entries.empty())
        return error(Code::InvalidArgument, "nothing to set", std::string("name the ") + field + " to set or remove");
    json entries = json::object();
    for (const auto& [key, value] : action.entries) entries[key] = value ? json(*value) : json(nullptr);
    return json{{"metadata", {{field, std::move(entries)}}}};
}

Result<json> restart_patch(const Action& action, std::int64_t now_s) {
    const std::string& kind = action.object.kind;
    if (kind != "Deployment" && kind != "StatefulSet" && kind != "DaemonSet")
        return error(Code::InvalidArgument, kind + " cannot be restarted",
                     "restart a Deployment, StatefulSet or DaemonSet");
    const std::time_t time = now_s;
    std::tm utc{};
    gmtime_r(&time, &utc);
    std::string text(32, '\0');
    text.resize(std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc));
    const json annotations = {{"kubectl.kubernetes.io/restartedAt", text}};
    return json{{"spec", {{"template", {{"metadata", {{"annotations", annotations}}}}}}}};
}

Result<json> container_patch(const Action& action, const std::vector<std::string>& containers) {
    const auto name = chosen_container(action, containers);
    if (!name) return name.error();
    json container = {{"name", *name}};
    if (action.verb == Verb::SetImage) {
        if (action.image.empty()) return error(Code::InvalidArgument, "no image is named");
        container["image"] = action.image;
    } else {
        auto resources = parse_object(action.body, "resources");
        if (!resources) return resources.error();
        container["resources"] = std::move(*resources);
    }
    return around_pod_spec(action.object.kind, {{"containers", json::array({std::move(container)})}});
}

Result<json> body_for(const Action& action, const std::vector<std::string>& containers, std::int64_t now_s) {
    switch (action.verb) {
        case Verb::Label:
            return entries_patch(action, "labels");
        case Verb::Annotate:
            return entries_patch(action, "annotations");
        case Verb::Restart:
            return restart_patch(action, now_s);
        case Verb::SetImage:
        case Verb::SetResources:
            return container_patch(action, containers);
        case Verb::Patch:
            return parse_object(action.body, "the patch");
        case Verb::Cordon:
        case Verb::Uncordon:
            if (action.object.kind != "Node") return error(Code::InvalidArgument, "only a Node can be cordoned");
            return json{{"spec", {{"unschedulable", action.verb == Verb::Cordon ? json(true) : json(nullptr)}}}};
        default:
            return error(Code::Internal, std::string(to_string(action.verb)) + " is no patch");
    }
}

}  // namespace

Result<Patch> patch_for(const Action& action, const std::vector<std::string>& containers, const Marks& marks,
                        std::int64_t now_s) {
    auto body = body_for(action, containers, now_s);
    if (!body) return body.error();
    if (const auto marked = mark(*body, marks); !marked) return marked.error();
    const bool strategic = action.verb == Verb::SetImage || action.verb == Verb::SetResources;
    return Patch{strategic ? kStrategicPatch : kMergePatch, written(*body)};
}

Result<Patch> apply_for(const Action& action, const Marks& marks) {
    auto body = parse_object(action.body, "the manifest");
    if (!body) return body.error();
    const auto text = [&](const json& object, const char* key) {
        const auto found = object.find(key);
        return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
    };
    json* metadata = child(*body, "metadata");
    if (metadata == nullptr) return error(Code::InvalidArgument, "metadata is not an object");
    const auto differs = [](const std::string& in_manifest, const std::string& wanted) {
        return !in_manifest.empty() && !wanted.empty() && in_manifest != wanted;
    };
    if (differs(text(*body, "kind"), action.object.kind) ||
        differs(text(*body, "apiVersion"), action.object.api_version) ||
        differs(text(*metadata, "name"), action.object.name) || differs(text(*metadata, "namespace"), action.object.ns))
        return error(Code::InvalidArgument, "the manifest is not that of " + describe(action.object),
                     "make apiVersion, kind, name and namespace agree");
    if (text(*body, "apiVersion").empty() || text(*body, "kind").empty())
        return error(Code::InvalidArgument, "the manifest names no apiVersion or no kind");
    (*metadata)["name"] = action.object.name;
    if (!action.object.ns.empty()) (*metadata)["namespace"] = action.object.ns;
    metadata->erase("managedFields");  // refused in an apply; manifests that were read back carry it
    if (const auto marked = mark(*body, marks); !marked) return marked.error();
    return Patch{kApplyPatch, written(*body)};
}

Patch scale_for(std::int64_t replicas, const Marks& marks, const std::string& resource_version) {
    json metadata = json::object();
    if (!marks.uid.empty()) metadata["uid"] = marks.uid;
    if (!marks.mark.empty()) metadata["annotations"][kube_objects::kCycleAnnotation] = marks.mark;
    if (!resource_version.empty()) metadata["resourceVersion"] = resource_version;
    return {kMergePatch, written({{"metadata", std::move(metadata)}, {"spec", {{"replicas", replicas}}}})};
}

std::string eviction_for(const std::string& ns, const std::string& name, const std::string& uid,
                         std::optional<std::int64_t> grace_period_s) {
    json options = json::object();
    if (!uid.empty()) options["preconditions"] = {{"uid", uid}};
    if (grace_period_s) options["gracePeriodSeconds"] = *grace_period_s;
    return written({{"apiVersion", "policy/v1"},
                    {"kind", "Eviction"},
                    {"metadata", {{"name", name}, {"namespace", ns}}},
                    {"deleteOptions", std::move(options)}});
}

std::string delete_options_for(const std::string& uid, const std::string& resource_version,
                               std::optional<std::int64_t> grace_period_s) {
    json preconditions = json::object();
    if (!uid.empty()) preconditions["uid"] = uid;
    if (!resource_version.empty()) preconditions["resourceVersion"] = resource_version;
    json options = {{"apiVersion", "v1"}, {"kind", "DeleteOptions"}, {"propagationPolicy", "Background"}};
    if (!preconditions.empty()) options["preconditions"] = std::move(preconditions);
    if (grace_period_s) options["gracePeriodSeconds"] = *grace_period_s;
    return written(options);
}

std::vector<std::string> container_names(std::string_view text) {
    std::vector<std::string> names;
    const json object = json::parse(text, nullptr, false);
    for (const char* place :
         {"/spec/containers", "/spec/template/spec/containers", "/spec/jobTemplate/spec/template/spec/containers"}) {
        const json::json_pointer pointer(place);
        if (!object.is_object() || !object.contains(pointer) || !object[pointer].is_array()) continue;
        for (const json& one : object[pointer])
            if (one.is_object() && one.contains("name") && one["name"].is_string()) names.push_back(one["name"]);
    }
    return names;
}

}  // namespace helix::kubernetes
