#include "service/wire/action_json.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

#include "service/wire/yaml_json.hpp"

namespace helix::wire {
namespace {

using gate::Action;
using gate::Verb;
using nlohmann::json;

constexpr std::int64_t kExactMax = 9'007'199'254'740'992;
constexpr std::size_t kActionsMax = 100;

/// Members beyond verb, object and reason that each verb has a use for.
std::vector<std::string_view> extras_of(Verb verb) {
    switch (verb) {
        case Verb::Create:
        case Verb::Apply:
            return {"manifest"};
        case Verb::Scale:
            return {"replicas"};
        case Verb::Label:
        case Verb::Annotate:
            return {"set", "remove"};
        case Verb::SetImage:
            return {"container", "image"};
        case Verb::SetResources:
            return {"container", "resources"};
        case Verb::Patch:
            return {"patch"};
        case Verb::Evict:
        case Verb::Drain:
        case Verb::Delete:
            return {"grace_period_seconds"};
        case Verb::Restart:
        case Verb::Cordon:
        case Verb::Uncordon:
            return {};
    }
    return {};
}

/// Reads members of one object; the first thing wrong is kept, the rest then reads as absent.
class Reader {
public:
    Reader(const json& object, std::string at) : object_(object), at_(std::move(at)) {
        if (!object.is_object()) fail("", "is not an object");
    }

    const json* member(std::string_view name) const {
        if (failure_ || !object_.is_object()) return nullptr;
        const auto found = object_.find(name);
        return found == object_.end() ? nullptr : &*found;
    }

    std::string text(std::string_view name, std::size_t bytes_max, bool required = false) {
        const json* value = member(name);
        if (value == nullptr) {
            if (required) fail(name, "is missing");
            return {};
        }
        if (!value->is_string()) return fail(name, "is not text"), std::string();
        const std::string& text = value->get_ref<const std::string&>();
        if (text.empty()) fail(name, "is empty");
        if (text.size() > bytes_max) fail(name, "is over " + std::to_string(bytes_max) + " bytes");
        return text;
    }

    std::optional<std::int64_t> number(std::string_view name, bool required = false) {
        const json* value = member(name);
        if (value == nullptr) {
            if (required) fail(name, "is missing");
            return std::nullopt;
        }
        if (!value->is_number_integer()) return fail(name, "is not a whole number"), std::nullopt;
        const auto number = value->get<std::int64_t>();
        if (number > kExactMax || number < -kExactMax) return fail(name, "is out of range"), std::nullopt;
        return number;
    }

    void only(const std::vector<std::string_view>& known, std::string_view why) {
        if (failure_ || !object_.is_object()) return;
        for (const auto& [name, value] : object_.items())
            if (std::find(known.begin(), known.end(), name) == known.end()) return fail_unknown(name, why);
    }

    void fail(std::string_view name, const std::string& what) {
        if (failure_) return;
        const std::string subject = name.empty() ? (at_.empty() ? "the request" : at_.substr(1)) : std::string(name);
        failure_ =
            error(Code::InvalidArgument, subject + " " + what, "see openapi.yaml, schema ActionRequest", pointer(name));
    }

    void keep(Error failure) {
        if (!failure_) failure_ = std::move(failure);
    }

    [[nodiscard]] std::string pointer(std::string_view name) const {
        return name.empty() ? at_ : at_ + "/" + std::string(name);
    }
    [[nodiscard]] const std::optional<Error>& failure() const { return failure_; }

private:
    void fail_unknown(const std::string& name, std::string_view why) {
        failure_ = error(Code::InvalidArgument, "unknown field \"" + name.substr(0, 80) + "\"" + std::string(why),
                         "leave it out, or mend its spelling", pointer(name.substr(0, 80)));
    }

    const json& object_;
    const std::string at_;
    std::optional<Error> failure_;
};

void read_object(Reader& reader, bool required, Action& action) {
    const json* value = reader.member("object");
    if (value == nullptr) {
        if (required) reader.fail("object", "is missing");
        return;
    }
    Reader object(*value, reader.pointer("object"));
    action.object.api_version = object.text("api_version", 317);
    action.object.kind = object.text("kind", 63, true);
    action.object.ns = object.text("namespace", 63);
    action.object.name = object.text("name", 253, true);
    object.only({"api_version", "kind", "namespace", "name"}, " of an object");
    if (object.failure()) reader.keep(*object.failure());
}

void read_entries(Reader& reader, Action& action) {
    if (const json* set = reader.member("set"); set != nullptr) {
        if (!set->is_object() || set->empty()) return reader.fail("set", "is not an object of texts");
        for (const auto& [key, value] : set->items()) {
            if (!value.is_string()) return reader.fail("set/" + key, "is not text");
            action.entries.emplace_back(key, value.get<std::string>());
        }
    }
    if (const json* remove = reader.member("remove"); remove != nullptr) {
        if (!remove->is_array() || remove->empty()) return reader.fail("remove", "is not a list of keys");
        for (const json& key : *remove) {
            if (!key.is_string()) return reader.fail("remove", "is not a list of keys");
            action.entries.emplace_back(key.get<std::string>(), std::nullopt);
        }
    }
    if (action.entries.empty()) reader.fail("set", "and remove are both missing");
}

/// What the manifest names must be what the object names, where both are given.
void agree(Reader& reader, const char* what, std::string& of_object, const std::string& of_manifest) {
    if (of_object.empty()) {
        of_object = of_manifest;
    } else if (of_object != of_manifest) {
        reader.fail("object", std::string("and manifest name another ") + what);
    }
}

std::string text_in(const json& object, const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

void read_manifest(Reader& reader, Action& action) {
    const json* value = reader.member("manifest");
    if (value == nullptr) return reader.fail("manifest", "is missing");
    json manifest = *value;
    if (value->is_string()) {
        auto parsed = yaml_to_json(value->get_ref<const std::string&>());
        if (!parsed) {
            Error failure = std::move(parsed).error();
            failure.message =
                "manifest: " + failure.message + (failure.where.empty() ? "" : " (" + failure.where + ")");
            failure.where = reader.pointer("manifest");
            return reader.keep(std::move(failure));
        }
        manifest = *std::move(parsed);
    }
    const json none = json::object();
    const json& metadata = manifest.is_object() && manifest.contains("metadata") ? manifest.at("metadata") : none;
    if (!metadata.is_object() || text_in(metadata, "name").empty() || text_in(manifest, "kind").empty() ||
        text_in(manifest, "apiVersion").empty())
        return reader.fail("manifest", "lacks apiVersion, kind or metadata.name");
    const bool named = !action.object.kind.empty();
    agree(reader, "kind", action.object.kind, text_in(manifest, "kind"));
    agree(reader, "name", action.object.name, text_in(metadata, "name"));
    const std::string ns = text_in(metadata, "namespace");
    if (!named || !ns.empty()) agree(reader, "namespace", action.object.ns, ns);
    agree(reader, "apiVersion", action.object.api_version, text_in(manifest, "apiVersion"));
    action.body = manifest.dump();
}

void read_structured(Reader& reader, const char* name, Action& action) {
    const json* value = reader.member(name);
    if (value == nullptr) return reader.fail(name, "is missing");
    if (!value->is_object() || value->empty()) return reader.fail(name, "is not an object with members");
    action.body = value->dump();
}

void read_extras(Reader& reader, Action& action) {
    switch (action.verb) {
        case Verb::Create:
        case Verb::Apply:
            return read_manifest(reader, action);
        case Verb::Scale:
            action.replicas = reader.number("replicas", true);
            return;
        case Verb::Label:
        case Verb::Annotate:
            return read_entries(reader, action);
        case Verb::SetImage:
            action.container = reader.text("container", 253, true);
            action.image = reader.text("image", 1024, true);
            return;
        case Verb::SetResources:
            action.container = reader.text("container", 253, true);
            return read_structured(reader, "resources", action);
        case Verb::Patch:
            return read_structured(reader, "patch", action);
        case Verb::Evict:
        case Verb::Drain:
        case Verb::Delete:
            action.grace_period_s = reader.number("grace_period_seconds");
            if (action.grace_period_s && (*action.grace_period_s < 0 || *action.grace_period_s > 86'400))
                reader.fail("grace_period_seconds", "is outside 0..86400");
            return;
        case Verb::Restart:
        case Verb::Cordon:
        case Verb::Uncordon:
            return;
    }
}

Result<Action> read_action(const json& value, const std::string& at, const std::string& reason, bool with_target) {
    Reader reader(value, at);
    Action action;
    const std::string name = reader.text("verb", 40, true);
    const auto verb = gate::parse_verb(name);
    if (!verb && !reader.failure()) reader.fail("verb", "\"" + name + "\" is not known");
    action.verb = verb.value_or(Verb::Scale);
    const bool manifest = action.verb == Verb::Create || action.verb == Verb::Apply;
    read_object(reader, !manifest, action);
    action.reason = reader.text("reason", 2000);
    if (action.reason.empty()) action.reason = reason;
    read_extras(reader, action);
    std::vector<std::string_view> known = {"verb", "object", "reason"};
    if (with_target) known.emplace_back("target");
    for (const std::string_view extra : extras_of(action.verb)) known.push_back(extra);
    reader.only(known, " of the verb " + name);
    if (reader.failure()) return *reader.failure();
    return action;
}

}  // namespace

Result<ActionsRequest> action_request_from_json(const json& value) {
    Reader reader(value, "");
    ActionsRequest request;
    request.target = reader.text("target", 253);
    if (reader.failure()) return *reader.failure();
    auto action = read_action(value, "", "", true);
    if (!action) return std::move(action).error();
    request.actions.push_back(*std::move(action));
    return request;
}

Result<ActionsRequest> plan_from_json(const json& value) {
    Reader reader(value, "");
    ActionsRequest request;
    request.target = reader.text("target", 253);
    const std::string reason = reader.text("reason", 2000);
    reader.only({"target", "reason", "actions"}, " of a plan");
    const json* actions = reader.member("actions");
    if (actions == nullptr) {
        reader.fail("actions", "is missing");
    } else if (!actions->is_array() || actions->empty() || actions->size() > kActionsMax) {
        reader.fail("actions", "is not a list of 1 to " + std::to_string(kActionsMax) + " actions");
    }
    if (reader.failure()) return *reader.failure();
    for (std::size_t i = 0; i < actions->size(); ++i) {
        auto action = read_action((*actions)[i], "/actions/" + std::to_string(i), reason, false);
        if (!action) return std::move(action).error();
        request.actions.push_back(*std::move(action));
    }
    return request;
}

json to_json(const Action& action) {
    json object = {{"kind", action.object.kind}, {"name", action.object.name}};
    if (!action.object.api_version.empty()) object["api_version"] = action.object.api_version;
    if (!action.object.ns.empty()) object["namespace"] = action.object.ns;
    json result = {{"verb", gate::to_string(action.verb)}, {"object", std::move(object)}};
    const auto text = [&](const char* name, const std::string& value) {
        if (!value.empty()) result[name] = value;
    };
    text("reason", action.reason);
    text("container", action.container);
    text("image", action.image);
    if (action.replicas) result["replicas"] = *action.replicas;
    if (action.grace_period_s) result["grace_period_seconds"] = *action.grace_period_s;
    for (const auto& [key, value] : action.entries) {
        if (value) {
            result["set"][key] = *value;
        } else {
            result["remove"].push_back(key);
        }
    }
    if (action.body.empty()) return result;
    const char* member = action.verb == Verb::Patch          ? "patch"
                         : action.verb == Verb::SetResources ? "resources"
                                                             : "manifest";
    json body = json::parse(action.body, nullptr, false);
    if (!body.is_discarded()) result[member] = std::move(body);
    // A Secret's content has no place in the ledger: its keys are kept, its values are not.
    if (action.object.kind == "Secret" && result.contains(member))
        for (const char* part : {"data", "stringData"})
            if (result[member].contains(part) && result[member][part].is_object())
                for (auto& [key, value] : result[member][part].items()) value = "(withheld)";
    return result;
}

}  // namespace helix::wire
