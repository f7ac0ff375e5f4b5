#include "service/wire/manifest_json.hpp"

#include <algorithm>

#include "domain/cluster/quantity.hpp"
#include "service/wire/fields.hpp"
#include "service/wire/yaml_json.hpp"

namespace helix::wire {
namespace {

using nlohmann::json;

bool lower_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool alphanumeric(char c) {
    return lower_or_digit(c) || (c >= 'A' && c <= 'Z');
}

/// Alphanumerics (`lower`: lower-case only) and, but at the ends, characters of `inner`.
bool is_word(std::string_view text, std::size_t bytes_max, bool lower, std::string_view inner) {
    const auto plain = [lower](char c) { return lower ? lower_or_digit(c) : alphanumeric(c); };
    if (text.empty() || text.size() > bytes_max || !plain(text.front()) || !plain(text.back())) return false;
    return std::all_of(text.begin(), text.end(),
                       [&](char c) { return plain(c) || inner.find(c) != std::string_view::npos; });
}

/// "prefix/word", or the word alone.
bool is_prefixed(std::string_view text, std::size_t word_max, bool lower, std::string_view inner) {
    const auto slash = text.find('/');
    if (slash == std::string_view::npos) return is_word(text, word_max, lower, inner);
    return is_word(text.substr(0, slash), 253, true, ".-") && is_word(text.substr(slash + 1), word_max, lower, inner);
}

void check_name(Fields& in, const char* member, const std::string& text, NameRule rule) {
    if (in.verdict() && !is_name(text, rule))
        in.complain(member, "\"" + text.substr(0, 64) + "\" is not a valid " + member);
}

Error not_manifest(const std::string& what, const std::string& where) {
    return error(Code::InvalidArgument, "manifest: " + what, "a manifest names apiVersion, kind and metadata.name",
                 where);
}

Result<gate::ObjectRef> object_of_manifest(const json& manifest, const std::string& pointer) {
    Fields in(manifest, pointer);
    gate::ObjectRef object;
    object.api_version = in.text("apiVersion", 317);
    check_name(in, "apiVersion", object.api_version, NameRule::ApiVersion);
    object.kind = in.text("kind", 63);
    check_name(in, "kind", object.kind, NameRule::Kind);
    const json* metadata = in.need("metadata");
    if (!in.verdict()) return in.verdict().error();
    Fields meta(*metadata, below(pointer, "metadata"));
    object.name = meta.text("name", 253);
    check_name(meta, "name", object.name, NameRule::Object);
    if (meta.has("namespace")) {
        object.ns = meta.text("namespace", 63);
        check_name(meta, "namespace", object.ns, NameRule::Label);
    }
    if (!meta.verdict()) return meta.verdict().error();
    return object;
}

/// Whether `named` and the manifest's own object are one; an empty field of `named` says nothing.
bool agree(const gate::ObjectRef& named, const gate::ObjectRef& own) {
    return named.kind == own.kind && named.name == own.name &&
           (named.api_version.empty() || named.api_version == own.api_version) &&
           (named.ns.empty() || own.ns.empty() || named.ns == own.ns);
}

}  // namespace

bool is_name(std::string_view text, NameRule rule) {
    switch (rule) {
        case NameRule::Label:
            return is_word(text, 63, true, "-");
        case NameRule::Object:
            return is_word(text, 253, false, ".:_-");
        case NameRule::Kind:
            return is_word(text, 63, false, "") && !(text.front() >= '0' && text.front() <= '9');
        case NameRule::ApiVersion:
            return is_prefixed(text, 63, true, "");
        case NameRule::Key:
            return is_prefixed(text, 63, false, "._-");
    }
    return false;
}

Result<gate::ObjectRef> object_ref_from_json(const json& value, const std::string& pointer) {
    Fields in(value, pointer);
    in.only({"api_version", "kind", "namespace", "name"}, "an object takes api_version, kind, namespace, name");
    gate::ObjectRef object;
    object.kind = in.text("kind");
    check_name(in, "kind", object.kind, NameRule::Kind);
    object.name = in.text("name");
    check_name(in, "name", object.name, NameRule::Object);
    if (in.has("namespace")) {
        object.ns = in.text("namespace");
        check_name(in, "namespace", object.ns, NameRule::Label);
    }
    if (in.has("api_version")) {
        object.api_version = in.text("api_version");
        check_name(in, "api_version", object.api_version, NameRule::ApiVersion);
    }
    if (!in.verdict()) return in.verdict().error();
    return object;
}

json object_ref_json(const gate::ObjectRef& object) {
    json result = {{"kind", object.kind}, {"name", object.name}};
    if (!object.ns.empty()) result["namespace"] = object.ns;
    if (!object.api_version.empty()) result["api_version"] = object.api_version;
    return result;
}

Result<Manifest> read_manifest(const json& value, const gate::ObjectRef* named, const std::string& pointer) {
    json manifest;
    if (value.is_string()) {
        auto parsed = yaml_to_json(value.get_ref<const std::string&>());
        if (!parsed) {
            Error failure = std::move(parsed).error();
            failure.message =
                "manifest: " + failure.message + (failure.where.empty() ? "" : " (" + failure.where + ")");
            failure.where = pointer;
            failure.code = Code::InvalidArgument;
            return failure;
        }
        manifest = *std::move(parsed);
    } else {
        manifest = value;
    }
    if (!manifest.is_object()) return not_manifest("it is no object", pointer);
    auto object = object_of_manifest(manifest, pointer);
    if (!object) return std::move(object).error();
    if (named != nullptr) {
        if (!agree(*named, *object)) return not_manifest("it is not " + describe(*named), pointer);
        if (object->ns.empty() && !named->ns.empty()) manifest["metadata"]["namespace"] = object->ns = named->ns;
    }
    return Manifest{*std::move(object), manifest.dump()};
}

Result<void> check_resources(const json& value, const std::string& pointer) {
    Fields in(value, pointer);
    in.only({"requests", "limits"}, "resources take requests and limits");
    for (const char* part : {"requests", "limits"}) {
        if (!in.has(part)) continue;
        const json& amounts = value.at(part);
        if (!amounts.is_object()) in.complain(part, std::string(part) + " must be an object");
        if (!in.verdict()) break;
        for (const auto& [name, amount] : amounts.items()) {
            if (!is_name(name, NameRule::Key)) in.complain(part, "\"" + name.substr(0, 64) + "\" is not a resource");
            if (amount.is_null()) continue;
            const auto quantity = amount.is_string()
                                      ? cluster::parse_milli_quantity(amount.get_ref<const std::string&>())
                                      : error(Code::InvalidArgument, "a quantity must be a string",
                                              "write it like \"128Mi\" or \"500m\"");
            // Bytes by the exabyte do not fit in thousandths; what counts is that one of the two readings does.
            if (quantity || (amount.is_string() && cluster::parse_quantity(amount.get_ref<const std::string&>())))
                continue;
            Error failure = quantity.error();
            failure.where = below(in.at(part), name);
            in.keep(std::move(failure));
        }
    }
    return in.verdict();
}

}  // namespace helix::wire
