#include "adapters/simulated/api.hpp"

#include <algorithm>

#include "adapters/simulated/disruption.hpp"
#include "adapters/simulated/interpret.hpp"
#include "adapters/simulated/kinds.hpp"

namespace helix::simulated {
namespace {

using gate::Verb;

std::string version_text(const Object* object) {
    return object == nullptr ? std::string() : std::to_string(object->resource_version);
}

/// The one place where the JSON library's exceptions become ours: a body of the wrong shape.
Result<Json> edited(const gate::Action& action, const Object* present, const Stamp& stamp) {
    try {
        return manifest_after(action, present, stamp);
    } catch (const Json::exception& problem) {
        return error(Code::InvalidArgument,
                     std::string("the object in the body is not of the shape of its kind: ") + problem.what());
    }
}

Result<void> check_namespace(const World& world, const Key& key) {
    if (key.ns.empty()) return {};
    const Key ns{"Namespace", "", key.ns};
    const Object* home = world.find(ns);
    if (home == nullptr) return not_found(ns);
    if (home->deleting)
        return error(Code::PermissionDenied,
                     "unable to create new content in namespace " + key.ns + " because it is being terminated");
    return {};
}

Result<void> check_home(const Key& key) {
    const ServedKind* served = served_kind(key.kind);
    if (served == nullptr) return {};  // the edit says so
    if (served->namespaced && key.ns.empty())
        return error(Code::InvalidArgument, "an empty namespace may not be set when a resource name is provided");
    return {};
}

std::string said(const gate::Action& action, const Object* before, const Object& after) {
    if (action.verb == Verb::Scale && before != nullptr && before->workload)
        return "scaled " + std::to_string(before->workload->replicas_asked) + " -> " + std::to_string(*action.replicas);
    if (before == nullptr) return "created " + gate::describe(action.object);
    if (before->resource_version == after.resource_version) return gate::describe(action.object) + " unchanged";
    return std::string(to_string(action.verb)) + " " + gate::describe(action.object) + " done";
}

Result<Written> store(World& world, const gate::Action& action, const Stamp& stamp) {
    const Key key = key_of(action);
    const Object* present = world.find(key);
    const bool applies = action.verb == Verb::Create || action.verb == Verb::Apply;
    if (present == nullptr && applies)
        if (auto home = check_namespace(world, key); !home) return std::move(home).error();
    auto manifest = edited(action, present, stamp);
    if (!manifest) return std::move(manifest).error();
    std::optional<Object> before;
    if (present != nullptr) before = *present;
    auto stored = world.put(key, *std::move(manifest));
    if (!stored) return invalid(key, stored.error().where, stored.error().message);
    if (applies) (*stored)->applied = Json::parse(action.body, nullptr, false);
    const Object* was = before ? &*before : nullptr;
    return Written{said(action, was, **stored), version_text(was), version_text(*stored), (*stored)->uid};
}

Result<Written> remove(World& world, const gate::Action& action) {
    const Key key = key_of(action);
    if (served_kind(key.kind) == nullptr) return no_such_kind(key.kind, action.object.api_version);
    const Object* present = world.find(key);
    if (present == nullptr) return not_found(key);
    if (key.kind == "Namespace" && (key.name == "default" || key.name == "kube-system"))
        return error(Code::PermissionDenied,
                     "namespaces \"" + key.name + "\" is forbidden: this namespace may not be deleted");
    Written written{"deleted " + gate::describe(action.object), version_text(present), {}, present->uid};
    if (action.verb == Verb::Evict) {
        if (key.kind != "Pod") return error(Code::InvalidArgument, "only a Pod can be evicted");
        if (auto may = may_evict(world, *present); !may) return std::move(may).error();
        written.detail = "evicted " + gate::describe(action.object);
    }
    world.remove(key, action.grace_period_s);
    written.resource_version_after = version_text(world.find(key));
    return written;
}

Result<Written> drain(World& world, const gate::Action& action, const Stamp& stamp) {
    gate::Action cordon = action;
    cordon.verb = Verb::Cordon;
    auto written = store(world, cordon, stamp);
    if (!written) return written;
    const std::vector<Key> pods = to_drain(world, action.object.name);
    std::size_t evicted = 0;
    std::optional<Error> blocked;
    for (const Key& key : pods) {
        const Object* pod = world.find(key);
        if (pod == nullptr) continue;
        if (auto may = may_evict(world, *pod); !may) {
            blocked = may.error();
            continue;
        }
        world.remove(key, action.grace_period_s);
        world.settle();  // the replacement counts for the budgets of those that follow
        ++evicted;
    }
    written->detail = "cordoned, " + std::to_string(evicted) + " of " + std::to_string(pods.size()) + " pods evicted";
    if (!blocked) return written;
    blocked->message = written->detail + ": " + blocked->message;
    blocked->mend = "drain again when the pods that the budget waits for are ready";
    return *std::move(blocked);
}

}  // namespace

bool removes(Verb verb) {
    return verb == Verb::Delete || verb == Verb::Evict;
}

std::string mark_of(const Object& object) {
    const Json::json_pointer annotations("/metadata/annotations");
    if (!object.manifest.contains(annotations)) return {};
    return object.manifest.at(annotations).value(kMarkAnnotation, "");
}

Result<Written> perform(World& world, const gate::Action& action, const Stamp& stamp) {
    const Key key = key_of(action);
    if (auto home = check_home(key); !home) return std::move(home).error();
    if (removes(action.verb)) return remove(world, action);
    if (action.verb == Verb::Drain) return drain(world, action, stamp);
    return store(world, action, stamp);
}

Result<gate::Preview> preview_of(const World& world, const gate::Action& action) {
    const Key key = key_of(action);
    if (auto home = check_home(key); !home) return std::move(home).error();
    const Object* present = world.find(key);
    gate::Preview preview;
    preview.exists = present != nullptr;
    Object after;
    if (removes(action.verb) || action.verb == Verb::Drain) {
        if (present == nullptr) return not_found(key);
        after = *present;
    } else {
        if (present == nullptr)
            if (auto home = check_namespace(world, key); !home && served_kind(key.kind) != nullptr)
                return std::move(home).error();
        auto manifest = edited(action, present, Stamp{{}, world.now()});
        if (!manifest) return std::move(manifest).error();
        if (present != nullptr) after = *present;
        after.key = key;
        after.manifest = *std::move(manifest);
        if (auto read = interpret(after, world.options().memory); !read)
            return invalid(key, read.error().where, read.error().message);
    }
    preview.node = after.node;
    if (after.workload) preview.workload = after.workload->seen;
    if (after.pod) preview.workload = bare_pod(after);
    const Json spec = after.manifest.value("spec", Json::object());
    if (key.kind == "HorizontalPodAutoscaler" && spec.is_object()) read_scale_target(spec, preview);
    return preview;
}

bool is_done(const World& world, const gate::Action& action, const Stamp& stamp, const std::string& uid) {
    const Key key = key_of(action);
    const Object* present = world.find(key);
    if (removes(action.verb)) return present == nullptr || present->deleting || present->uid != uid;
    if (present == nullptr) return false;
    gate::Action again = action;
    if (action.verb == Verb::Create) again.verb = Verb::Apply;
    if (action.verb == Verb::Drain) {
        if (!to_drain(world, action.object.name).empty()) return false;
        again.verb = Verb::Cordon;
    }
    const auto manifest = edited(again, present, stamp);
    return manifest.ok() && *manifest == present->manifest;
}

}  // namespace helix::simulated
