#include "service/cli/json_view.hpp"

#include <charconv>

namespace helix::cli {

const Json& member(const Json& object, const char* key) {
    static const Json kNull;
    if (!object.is_object()) return kNull;
    const auto found = object.find(key);
    return found == object.end() ? kNull : *found;
}

std::string text(const Json& value) {
    if (value.is_string()) return value.get<std::string>();
    if (value.is_number() || value.is_boolean()) return value.dump();
    return {};
}

std::string text(const Json& object, const char* key) {
    return text(member(object, key));
}

std::optional<std::int64_t> integer(const Json& value) {
    if (value.is_number_integer()) return value.get<std::int64_t>();
    if (!value.is_string()) return std::nullopt;
    const auto& digits = value.get_ref<const std::string&>();
    std::int64_t result = 0;
    const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), result);
    if (failure != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    return result;
}

std::optional<double> number(const Json& value) {
    return value.is_number() ? std::optional(value.get<double>()) : std::nullopt;
}

bool flag(const Json& object, const char* key) {
    const Json& value = member(object, key);
    return value.is_boolean() && value.get<bool>();
}

std::string describe_object(const Json& object) {
    const std::string ns = text(object, "namespace");
    return text(object, "kind") + " " + (ns.empty() ? "" : ns + "/") + text(object, "name");
}

}  // namespace helix::cli
