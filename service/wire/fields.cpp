#include "service/wire/fields.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include <nlohmann/json.hpp>

#include "service/wire/canonical_json.hpp"

namespace helix::wire {
namespace {

using nlohmann::json;

/// Decimal digits in their one spelling, as exact_integer writes what a double cannot hold.
template <class Integer>
std::optional<Integer> from_text(const std::string& text) {
    Integer value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc{} || end != text.data() + text.size() || std::to_string(value) != text) return {};
    const bool number_form =
        std::cmp_less_equal(value, kExactIntegerMax) && std::cmp_greater_equal(value, -kExactIntegerMax);
    if (number_form) return {};
    return value;
}

template <class Integer>
std::optional<Integer> read(const json& value) {
    if (value.is_string()) return from_text<Integer>(value.get_ref<const std::string&>());
    if (value.is_number_unsigned()) {
        const auto number = value.get<std::uint64_t>();
        return std::cmp_greater(number, kExactIntegerMax) ? std::nullopt : std::optional(static_cast<Integer>(number));
    }
    if (!value.is_number_integer()) return {};
    const auto number = value.get<std::int64_t>();
    const bool exact = number >= -kExactIntegerMax && number <= kExactIntegerMax;
    if (!exact || !std::in_range<Integer>(number)) return {};
    return static_cast<Integer>(number);
}

template <class Integer>
json write(Integer value) {
    if (std::cmp_greater(value, kExactIntegerMax) || std::cmp_less(value, -kExactIntegerMax))
        return std::to_string(value);
    return value;
}

}  // namespace

json exact_integer(std::int64_t value) {
    return write(value);
}

json exact_integer(std::uint64_t value) {
    return write(value);
}

std::optional<std::int64_t> read_exact_integer(const json& value) {
    return read<std::int64_t>(value);
}

std::optional<std::uint64_t> read_exact_unsigned(const json& value) {
    return read<std::uint64_t>(value);
}

std::size_t characters(std::string_view text) {
    const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; };
    return text.size() - static_cast<std::size_t>(std::count_if(text.begin(), text.end(), continues));
}

std::string below(const std::string& pointer, std::string_view token) {
    std::string result = pointer + "/";
    for (const char c : token.substr(0, 128)) {
        if (c == '~') {
            result += "~0";
        } else if (c == '/') {
            result += "~1";
        } else {
            result += c;
        }
    }
    return result;
}

Fields::Fields(const json& value, std::string pointer) : object_(value), pointer_(std::move(pointer)) {
    if (!value.is_object())
        keep(error(Code::InvalidArgument, "must be a JSON object", {}, pointer_.empty() ? "/" : pointer_));
}

bool Fields::has(const char* name) const {
    return object_.is_object() && object_.contains(name);
}

const json* Fields::need(const char* name) {
    if (!object_.is_object()) return nullptr;
    const auto found = object_.find(name);
    if (found != object_.end()) return &*found;
    complain(name, std::string("\"") + name + "\" is missing");
    return nullptr;
}

std::string Fields::text(const char* name, std::size_t characters_max) {
    const json* value = need(name);
    if (value == nullptr) return {};
    if (!value->is_string()) return complain(name, std::string(name) + " must be a string"), std::string();
    const auto& text = value->get_ref<const std::string&>();
    if (characters(text) > characters_max)
        return complain(name, std::string(name) + " is longer than " + std::to_string(characters_max) + " characters"),
               std::string();
    return text;
}

bool Fields::flag(const char* name) {
    const json* value = need(name);
    if (value == nullptr) return false;
    if (!value->is_boolean()) return complain(name, std::string(name) + " must be true or false"), false;
    return value->get<bool>();
}

std::int64_t Fields::integer(const char* name, std::int64_t low, std::int64_t high) {
    const json* value = need(name);
    if (value == nullptr) return low;
    const auto number = value->is_string() ? std::nullopt : read<std::int64_t>(*value);
    if (number && *number >= low && *number <= high) return *number;
    complain(name,
             std::string(name) + " must be a whole number from " + std::to_string(low) + " to " + std::to_string(high));
    return low;
}

std::int64_t Fields::exact(const char* name) {
    const json* value = need(name);
    if (value == nullptr) return 0;
    const auto number = read_exact_integer(*value);
    if (!number) complain(name, std::string(name) + " is not an integer in its one form");
    return number.value_or(0);
}

std::uint64_t Fields::exact_unsigned(const char* name) {
    const json* value = need(name);
    if (value == nullptr) return 0;
    const auto number = read_exact_unsigned(*value);
    if (!number) complain(name, std::string(name) + " is not an integer in its one form");
    return number.value_or(0);
}

void Fields::only(std::initializer_list<std::string_view> names, const std::string& mend) {
    if (!object_.is_object()) return;
    for (const auto& [key, value] : object_.items())
        if (std::find(names.begin(), names.end(), key) == names.end())
            return keep(error(Code::InvalidArgument, std::string(kUnknownField) + " \"" + key.substr(0, 128) + "\"",
                              mend, at(key)));
}

void Fields::complain(const char* name, const std::string& message, const std::string& mend) {
    keep(error(Code::InvalidArgument, message, mend, at(name)));
}

void Fields::keep(Error failure) {
    if (verdict_) verdict_ = std::move(failure);
}

}  // namespace helix::wire
