#include "adapters/simulated/manifest_edit.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

#include "adapters/simulated/interpret.hpp"
#include "adapters/simulated/kinds.hpp"
#include "adapters/simulated/validate.hpp"

namespace helix::simulated {
namespace {

using gate::Verb;

constexpr const char* kRestartAnnotation = "kubectl.kubernetes.io/restartedAt";

bool is_named_list(const Json& list) {
    return list.is_array() && !list.empty() && std::all_of(list.begin(), list.end(), [](const Json& one) {
               return one.is_object() && one.contains("name");
           });
}

const Json* named(const Json& list, const Json& name) {
    if (!list.is_array()) return nullptr;
    const auto found = std::find_if(list.begin(), list.end(), [&](const Json& one) {
        return one.is_object() && one.value("name", Json()) == name;
    });
    return found == list.end() ? nullptr : &*found;
}

Json merge_named(const Json& present, const Json& applied, const Json& before) {
    Json merged = Json::array();
    for (const Json& one : present) {
        const Json* now = named(applied, one.at("name"));
        const Json* was = named(before, one.at("name"));
        if (now != nullptr) {
            merged.push_back(apply_onto(one, *now, was == nullptr ? Json() : *was));
        } else if (was == nullptr) {
            merged.push_back(one);
        }
    }
    for (const Json& one : applied)
        if (named(present, one.at("name")) == nullptr) merged.push_back(one);
    return merged;
}

Result<Json> parse_body(const gate::Action& action) {
    Json body = Json::parse(action.body, nullptr, false);
    if (!body.is_object())
        return error(Code::InvalidArgument, "the body is not a JSON object", "send the manifest as a JSON object",
                     "/body");
    return body;
}

/// Fills in what the path of a request says anyway, and refuses a body that says otherwise.
Result<void> name_body(const Key& key, const gate::Action& action, Json& body) {
    const ServedKind& served = *served_kind(key.kind);
    if (!body.contains("kind")) body["kind"] = key.kind;
    if (!body.contains("apiVersion"))
        body["apiVersion"] =
            action.object.api_version.empty() ? std::string(served.api_version) : action.object.api_version;
    if (!body["metadata"].is_object()) body["metadata"] = Json::object();
    Json& metadata = body["metadata"];
    if (!metadata.contains("name")) metadata["name"] = key.name;
    if (served.namespaced && !metadata.contains("namespace")) metadata["namespace"] = key.ns;
    if (body["kind"] != key.kind) return invalid(key, "kind", "the body is of kind " + body["kind"].dump());
    if (metadata["name"] != key.name)
        return error(Code::InvalidArgument, "the name of the object (" + metadata["name"].dump() +
                                                ") does not match the name on the URL (" + key.name + ")");
    if (served.namespaced && metadata["namespace"] != key.ns)
        return error(Code::InvalidArgument,
                     "the namespace of the provided object does not match the namespace sent on "
                     "the request");
    return {};
}

Result<void> set_replicas(const gate::Action& action, const Key& key, Json& manifest) {
    if (!served_kind(key.kind)->scalable)
        return error(Code::NotFound, "the server could not find the requested resource (scale of " + key.kind + ")");
    if (!action.replicas) return invalid(key, "spec.replicas", "Required value");
    manifest["spec"]["replicas"] = *action.replicas;
    return {};
}

Result<void> set_entries(const gate::Action& action, const Key& key, Json& manifest) {
    const char* field = action.verb == Verb::Label ? "labels" : "annotations";
    Json& map = manifest["metadata"][field];
    if (!map.is_object()) map = Json::object();
    for (const auto& [name, value] : action.entries) {
        if (name.empty())
            return invalid(key, std::string("metadata.") + field, "Invalid value: \"\": name part must be non-empty");
        if (value)
            map[name] = *value;
        else
            map.erase(name);
    }
    if (map.empty()) manifest["metadata"].erase(field);
    return {};
}

Json* template_of(Json& manifest) {
    return const_cast<Json*>(pod_template(manifest));  // NOLINT: the manifest is ours to change
}

Json* container_of(Json& manifest, const std::string& name) {
    Json* pod = template_of(manifest);
    if (pod == nullptr || !pod->contains("spec")) return nullptr;
    for (const char* list : {"containers", "initContainers"})
        if (pod->at("spec").contains(list))
            for (Json& container : pod->at("spec").at(list))
                if (container.value("name", "") == name) return &container;
    return nullptr;
}

Result<void> set_image(const gate::Action& action, Json& manifest) {
    Json* container = container_of(manifest, action.container);
    if (container == nullptr)
        return error(Code::NotFound, "unable to find container named \"" + action.container + "\"");
    (*container)["image"] = action.image;
    return {};
}

/// A merge patch of the object; or, with a container named, of that container's resources.
Result<void> set_resources(const gate::Action& action, Json& manifest) {
    auto patch = parse_body(action);
    if (!patch) return std::move(patch).error();
    if (patch->contains("spec") || patch->contains("metadata")) {
        manifest.merge_patch(*patch);
        return {};
    }
    Json* container = container_of(manifest, action.container);
    if (container == nullptr)
        return error(Code::NotFound, "unable to find container named \"" + action.container + "\"");
    (*container)["resources"].merge_patch(patch->contains("resources") ? patch->at("resources") : *patch);
    return {};
}

Result<void> restart(const Key& key, const Stamp& stamp, Json& manifest) {
    const bool restartable = key.kind == "Deployment" || key.kind == "StatefulSet" || key.kind == "DaemonSet";
    if (!restartable) return error(Code::InvalidArgument, key.kind + " objects cannot be restarted by a rollout");
    if (manifest["spec"].value("paused", false))
        return error(Code::PreconditionFailed, "can't restart paused deployment (run rollout resume first)");
    (*template_of(manifest))["metadata"]["annotations"][kRestartAnnotation] = rfc3339(stamp.at);
    return {};
}

Result<void> set_unschedulable(const gate::Action& action, const Key& key, Json& manifest) {
    if (key.kind != "Node") return error(Code::InvalidArgument, "only a Node can be cordoned");
    if (action.verb == Verb::Cordon)
        manifest["spec"]["unschedulable"] = true;
    else if (manifest.contains("spec"))
        manifest["spec"].erase("unschedulable");
    return {};
}

Result<void> edit(const gate::Action& action, const Key& key, const Stamp& stamp, Json& manifest) {
    switch (action.verb) {
        case Verb::Scale:
            return set_replicas(action, key, manifest);
        case Verb::Label:
        case Verb::Annotate:
            return set_entries(action, key, manifest);
        case Verb::Restart:
            return restart(key, stamp, manifest);
        case Verb::SetImage:
            return set_image(action, manifest);
        case Verb::SetResources:
            return set_resources(action, manifest);
        case Verb::Patch: {
            auto patch = parse_body(action);
            if (!patch) return std::move(patch).error();
            manifest.merge_patch(*patch);
            return {};
        }
        case Verb::Cordon:
        case Verb::Uncordon:
            return set_unschedulable(action, key, manifest);
        default:
            return error(Code::Internal, "not an edit: " + std::string(to_string(action.verb)));
    }
}

}  // namespace

Key key_of(const gate::Action& action) {
    const ServedKind* served = served_kind(action.object.kind);
    const bool namespaced = served == nullptr || served->namespaced;
    return Key{action.object.kind, namespaced ? action.object.ns : std::string(), action.object.name};
}

Json apply_onto(const Json& present, const Json& applied, const Json& applied_before) {
    if (is_named_list(applied) && is_named_list(present)) return merge_named(present, applied, applied_before);
    if (!applied.is_object() || !present.is_object()) return applied;
    Json merged = present;
    if (applied_before.is_object())
        for (const auto& [key, value] : applied_before.items())
            if (!applied.contains(key)) merged.erase(key);
    for (const auto& [key, value] : applied.items()) {
        const Json was = applied_before.is_object() ? applied_before.value(key, Json()) : Json();
        merged[key] = merged.contains(key) ? apply_onto(merged.at(key), value, was) : value;
    }
    return merged;
}

Result<Json> manifest_after(const gate::Action& action, const Object* present, const Stamp& stamp) {
    const Key key = key_of(action);
    if (served_kind(key.kind) == nullptr) return no_such_kind(key.kind, action.object.api_version);
    const bool applies = action.verb == Verb::Create || action.verb == Verb::Apply;
    if (action.verb == Verb::Create && present != nullptr) return already_exists(key);
    if (!applies && present == nullptr) return not_found(key);
    Json manifest = present == nullptr ? Json::object() : present->manifest;
    if (applies) {
        auto body = parse_body(action);
        if (!body) return body;
        if (auto fits = name_body(key, action, *body); !fits) return std::move(fits).error();
        manifest = present == nullptr ? *body : apply_onto(manifest, *body, present->applied);
    } else if (auto done = edit(action, key, stamp, manifest); !done) {
        return std::move(done).error();
    }
    if (auto sound = validate(key, manifest, present == nullptr ? nullptr : &present->manifest); !sound)
        return std::move(sound).error();
    if (!stamp.mark.empty()) manifest["metadata"]["annotations"][kMarkAnnotation] = stamp.mark;
    return manifest;
}

std::string rfc3339(Micros at) {
    const std::time_t seconds = at / kSecond;
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    std::array<char, 32> text{};
    std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
    return text.data();
}

}  // namespace helix::simulated
