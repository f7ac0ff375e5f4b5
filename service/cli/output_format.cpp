#include <yaml-cpp/yaml.h>

#include "service/cli/json_view.hpp"
#include "service/cli/printable.hpp"
#include "service/cli/render.hpp"

namespace helix::cli {
namespace {

/// Whether every YAML reader takes `text` for text without quotes.
bool is_plain(const std::string& text) {
    if (text.empty() || text.size() > 100) return false;
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    const auto inside = [&](char c) {
        return letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '/' || c == '.';
    };
    if (!letter(text.front())) return false;
    for (const char c : text)
        if (!inside(c)) return false;
    std::string lower = text;
    for (char& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    for (const char* word : {"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"})
        if (lower == word) return false;
    return true;
}

void emit_text(YAML::Emitter& out, const std::string& text) {
    if (is_plain(text))
        out << text;
    else
        out << YAML::DoubleQuoted << text;
}

void emit(YAML::Emitter& out, const Json& value) {
    switch (value.type()) {
        case Json::value_t::object:
            if (value.empty()) out << YAML::Flow;
            out << YAML::BeginMap;
            for (const auto& [key, one] : value.items()) {
                out << YAML::Key;
                emit_text(out, key);
                out << YAML::Value;
                emit(out, one);
            }
            out << YAML::EndMap;
            return;
        case Json::value_t::array:
            if (value.empty()) out << YAML::Flow;
            out << YAML::BeginSeq;
            for (const Json& one : value) emit(out, one);
            out << YAML::EndSeq;
            return;
        case Json::value_t::string:
            return emit_text(out, value.get_ref<const std::string&>());
        case Json::value_t::null:
            out << YAML::Null;
            return;
        default:
            out << value.dump();
            return;  // numbers and booleans: JSON's are YAML's
    }
}

}  // namespace

std::string to_json_text(const Json& value, bool one_line) {
    return escaped(value.dump(one_line ? -1 : 2, ' ', false, Json::error_handler_t::replace));
}

std::string to_yaml_text(const Json& value) {
    YAML::Emitter out;
    emit(out, value);
    return escaped(std::string_view(out.c_str(), out.size())) + "\n";
}

}  // namespace helix::cli
