#include "service/wire/action_json.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "service/wire/fields.hpp"
#include "service/wire/manifest_json.hpp"

namespace helix::wire {
namespace {

using gate::Action;
using gate::Verb;
using nlohmann::json;

constexpr std::size_t kReasonBytesMax = 2000;
constexpr std::int64_t kReplicasMost = 100'000;
constexpr std::int64_t kGraceMost_s = 86'400;

/// Members of a verb beside target, verb and reason; the first `needed` of them are needed.
struct Members {
    std::size_t needed;
    std::vector<std::string_view> names;
};

const Members& members_of(Verb verb) {
    static const Members kManifest{1, {"manifest", "object"}};
    static const Members kScale{2, {"object", "replicas"}};
    static const Members kEntries{1, {"object", "set", "remove"}};
    static const Members kObject{1, {"object"}};
    static const Members kImage{3, {"object", "container", "image"}};
    static const Members kResources{2, {"object", "resources", "container"}};
    static const Members kPatch{2, {"object", "patch"}};
    static const Members kGrace{1, {"object", "grace_period_seconds"}};
    switch (verb) {
        case Verb::Create:
        case Verb::Apply:
            return kManifest;
        case Verb::Scale:
            return kScale;
        case Verb::Label:
        case Verb::Annotate:
            return kEntries;
        case Verb::Restart:
        case Verb::Start:
        case Verb::Cordon:
        case Verb::Uncordon:
            return kObject;
        case Verb::SetImage:
            return kImage;
        case Verb::SetResources:
            return kResources;
        case Verb::Patch:
            return kPatch;
        case Verb::Evict:
        case Verb::Drain:
        case Verb::Delete:
        case Verb::Stop:
            return kGrace;
    }
    return kObject;
}

std::string takes(Verb verb, bool with_target) {
    std::string text =
        std::string(gate::to_string(verb)) + " takes " + (with_target ? "target, " : "") + "verb, reason";
    for (const std::string_view name : members_of(verb).names) text += ", " + std::string(name);
    return text;
}

void check_members(const json& value, Verb verb, bool with_target, Fields& in) {
    const Members& members = members_of(verb);
    for (const auto& [key, ignored] : value.items()) {
        const bool common = key == "verb" || key == "reason" || (with_target && key == "target");
        if (common || std::find(members.names.begin(), members.names.end(), key) != members.names.end()) continue;
        in.keep(error(Code::InvalidArgument, std::string(kUnknownField) + " \"" + key.substr(0, 128) + "\"",
                      takes(verb, with_target), in.at(key)));
        return;
    }
    for (std::size_t i = 0; i < members.needed; ++i)
        if (!value.contains(members.names[i]))
            in.complain(members.names[i].data(),
                        std::string(gate::to_string(verb)) + " needs \"" + std::string(members.names[i]) + "\"",
                        takes(verb, with_target));
}

/// Text of people: no control characters but line breaks and tabs.
bool readable(const std::string& text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return (byte >= 0x20 && byte != 0x7f) || c == '\n' || c == '\t';
    });
}

std::string reason_of(Fields& in, const std::string& otherwise) {
    if (!in.has("reason")) return otherwise;
    std::string reason = in.text("reason", kReasonBytesMax);
    if (in.verdict() && (reason.empty() || !readable(reason)))
        in.complain("reason", "the reason is empty or holds control characters");
    return reason;
}

std::string target_of(Fields& in) {
    std::string target = in.text("target", 253);
    if (in.verdict() && !is_name(target, NameRule::Object)) in.complain("target", "target is not a target's name");
    return target;
}

void add_entry(Fields& in, const char* member, const std::string& key, std::optional<std::string> value,
               Action& action) {
    if (!is_name(key, NameRule::Key))
        return in.keep(error(Code::InvalidArgument, "\"" + key.substr(0, 128) + "\" is not a label key",
                             "write it like team or example.com/team", below(in.at(member), key)));
    const bool twice = std::any_of(action.entries.begin(), action.entries.end(),
                                   [&](const auto& entry) { return entry.first == key; });
    if (twice)
        return in.keep(error(Code::InvalidArgument, "\"" + key + "\" is named twice", {}, below(in.at(member), key)));
    action.entries.emplace_back(key, std::move(value));
}

void read_entries(const json& value, Fields& in, Action& action) {
    if (in.has("set")) {
        const json& set = value.at("set");
        if (!set.is_object()) return in.complain("set", "set must be an object of strings");
        for (const auto& [key, text] : set.items()) {
            if (!text.is_string())
                return in.keep(error(Code::InvalidArgument,
                                     "the value of \"" + key.substr(0, 128) + "\" must be a string", "put it in quotes",
                                     below(in.at("set"), key)));
            add_entry(in, "set", key, text.get<std::string>(), action);
        }
    }
    if (in.has("remove")) {
        const json& remove = value.at("remove");
        if (!remove.is_array()) return in.complain("remove", "remove must be a list of keys");
        for (const json& key : remove) {
            if (!key.is_string()) return in.complain("remove", "remove must be a list of keys");
            add_entry(in, "remove", key.get<std::string>(), std::nullopt, action);
        }
    }
    if (in.verdict() && (action.entries.empty() || action.entries.size() > 256))
        in.complain("set", "name from 1 to 256 keys to set or remove");
}

/// A member that is an object and goes on as JSON text.
void read_body(const json& value, const char* name, Fields& in, Action& action) {
    const json& body = value.at(name);
    if (!body.is_object() || body.empty())
        return in.complain(name, std::string(name) + " must be an object with members");
    action.body = body.dump();
}

void read_parameters(const json& value, Fields& in, Action& action) {
    if (in.has("replicas")) action.replicas = in.integer("replicas", 0, kReplicasMost);
    if (in.has("grace_period_seconds")) action.grace_period_s = in.integer("grace_period_seconds", 0, kGraceMost_s);
    if (in.has("container")) {
        action.container = in.text("container", 63);
        if (in.verdict() && !is_name(action.container, NameRule::Label))
            in.complain("container", "container is not a container's name");
    }
    if (in.has("image")) {
        action.image = in.text("image", 1024);
        const auto graphic = [](char c) { return c > ' ' && c < '\x7f'; };
        if (in.verdict() && (action.image.empty() || !std::all_of(action.image.begin(), action.image.end(), graphic)))
            in.complain("image", "image is not an image reference");
    }
    if (action.verb == Verb::Label || action.verb == Verb::Annotate) read_entries(value, in, action);
    if (in.has("patch")) read_body(value, "patch", in, action);
    if (in.has("resources")) {
        read_body(value, "resources", in, action);
        if (in.verdict())
            if (auto checked = check_resources(value.at("resources"), in.at("resources")); !checked)
                in.keep(std::move(checked).error());
    }
}

/// `object`, unless it is read together with a manifest.
void read_object(const json& value, Fields& in, Action& action) {
    const bool manifest = action.verb == Verb::Create || action.verb == Verb::Apply;
    if (in.has("object")) {
        auto object = object_ref_from_json(value.at("object"), in.at("object"));
        if (!object) return in.keep(std::move(object).error());
        action.object = *std::move(object);
    }
    if (!manifest || !in.verdict()) return;
    auto read = read_manifest(value.at("manifest"), in.has("object") ? &action.object : nullptr, in.at("manifest"));
    if (!read) return in.keep(std::move(read).error());
    action.object = std::move(read->object);
    action.body = std::move(read->body);
}

/// A pod template has containers, of which one is meant; a Docker container has none.
void check_named_container(Fields& in, const Action& action) {
    if (action.verb != Verb::SetResources || action.container.empty() != (action.object.kind != "Container")) return;
    in.complain("container", action.container.empty() ? "set-resources needs \"container\""
                                                      : "a Container has no containers: leave \"container\" out");
}

Result<Action> action_from_json(const json& value, const std::string& pointer, bool with_target,
                                const std::string& reason) {
    Fields in(value, pointer);
    const std::string name = in.text("verb", 64);
    if (!in.verdict()) return in.verdict().error();
    const auto verb = gate::parse_verb(name);
    if (!verb)
        return error(
            Code::InvalidArgument, "there is no verb \"" + name + "\"",
            "verbs are create, apply, scale, label, annotate, restart, set-image, set-resources, patch, cordon, "
            "uncordon, evict, drain, delete, start, stop",
            in.at("verb"));
    check_members(value, *verb, with_target, in);
    if (!in.verdict()) return in.verdict().error();
    Action action;
    action.verb = *verb;
    action.reason = reason_of(in, reason);
    read_object(value, in, action);
    if (in.verdict()) read_parameters(value, in, action);
    if (in.verdict()) check_named_container(in, action);
    if (!in.verdict()) return in.verdict().error();
    return action;
}

/// The body as it may stand in the ledger: what a Secret holds stays out.
json shown_body(const Action& action) {
    json body = json::parse(action.body, nullptr, false);
    if (body.is_discarded()) return json::object();
    if (action.object.kind != "Secret" || !body.is_object()) return body;
    for (const char* member : {"data", "stringData"})
        if (const auto found = body.find(member); found != body.end() && found->is_object())
            for (auto& [key, value] : found->items()) value = "redacted";
    if (const auto metadata = body.find("metadata"); metadata != body.end() && metadata->is_object())
        if (const auto notes = metadata->find("annotations"); notes != metadata->end() && notes->is_object())
            notes->erase("kubectl.kubernetes.io/last-applied-configuration");
    return body;
}

void entries_to_json(const Action& action, json& into) {
    for (const auto& [key, value] : action.entries) {
        if (value) {
            into["set"][key] = *value;
        } else {
            into["remove"].push_back(key);
        }
    }
}

}  // namespace

Result<ActionsRequest> action_request_from_json(const json& value) {
    Fields in(value, "");
    ActionsRequest request;
    request.target = target_of(in);
    if (!in.verdict()) return in.verdict().error();
    auto action = action_from_json(value, "", true, {});
    if (!action) return std::move(action).error();
    request.actions.push_back(*std::move(action));
    return request;
}

Result<ActionsRequest> plan_from_json(const json& value) {
    Fields in(value, "");
    in.only({"target", "reason", "actions"}, "a plan takes target, reason, actions");
    ActionsRequest request;
    request.target = target_of(in);
    const std::string reason = reason_of(in, {});
    const json* actions = in.need("actions");
    if (!in.verdict()) return in.verdict().error();
    if (!actions->is_array() || actions->empty() || actions->size() > kPlanActionsMax)
        return error(Code::InvalidArgument,
                     "actions must be a list of 1 to " + std::to_string(kPlanActionsMax) + " actions", {}, "/actions");
    for (std::size_t i = 0; i < actions->size(); ++i) {
        auto action = action_from_json((*actions)[i], "/actions/" + std::to_string(i), false, reason);
        if (!action) return std::move(action).error();
        request.actions.push_back(*std::move(action));
    }
    return request;
}

json to_json(const Action& action) {
    json result = {{"verb", gate::to_string(action.verb)}, {"object", object_ref_json(action.object)}};
    if (!action.reason.empty()) result["reason"] = action.reason;
    if (action.replicas) result["replicas"] = *action.replicas;
    if (!action.container.empty()) result["container"] = action.container;
    if (!action.image.empty()) result["image"] = action.image;
    if (action.grace_period_s) result["grace_period_seconds"] = *action.grace_period_s;
    entries_to_json(action, result);
    if (action.body.empty()) return result;
    if (action.verb == Verb::Create || action.verb == Verb::Apply) result["manifest"] = shown_body(action);
    if (action.verb == Verb::Patch) result["patch"] = shown_body(action);
    if (action.verb == Verb::SetResources) result["resources"] = shown_body(action);
    return result;
}

}  // namespace helix::wire
