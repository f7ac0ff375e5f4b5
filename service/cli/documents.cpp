#include "service/cli/documents.hpp"

#include <regex>

#include <yaml-cpp/yaml.h>

#include "service/cli/json_view.hpp"
#include "service/wire/parse_json.hpp"

namespace helix::cli {
namespace {

constexpr int kDepthMax = 64;
constexpr int kNodesMax = 10'000;

bool holds_something(std::string_view document) {
    std::size_t begin = 0;
    while (begin < document.size()) {
        const std::size_t end = std::min(document.find('\n', begin), document.size());
        const std::string_view line = document.substr(begin, end - begin);
        const std::size_t first = line.find_first_not_of(" \t\r");
        if (first != std::string_view::npos && line[first] != '#') return true;
        begin = end + 1;
    }
    return false;
}

Json scalar(const YAML::Node& node) {
    const std::string& text = node.Scalar();
    if (node.Tag() == "!") return text;  // quoted
    static const std::regex kInteger("[-+]?(0|[1-9][0-9]{0,17})");
    static const std::regex kDecimal(R"([-+]?[0-9]+\.[0-9]+([eE][-+]?[0-9]+)?)");
    static const std::regex kTrue("y|Y|yes|Yes|YES|true|True|TRUE|on|On|ON");
    static const std::regex kFalse("n|N|no|No|NO|false|False|FALSE|off|Off|OFF");
    if (std::regex_match(text, kInteger)) return std::stoll(text);
    if (std::regex_match(text, kDecimal)) return Json::parse(text[0] == '+' ? text.substr(1) : text, nullptr, false);
    if (std::regex_match(text, kTrue)) return true;
    if (std::regex_match(text, kFalse)) return false;
    if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") return nullptr;
    return text;
}

Error bad(const YAML::Mark& mark, const std::string& what, const std::string& file) {
    return error(Code::InvalidArgument, what, "", file + ":" + std::to_string(mark.line + 1));
}

Result<Json> convert(const YAML::Node& node, int depth, int& nodes, const std::string& file) {
    if (depth > kDepthMax || ++nodes > kNodesMax)
        return bad(node.Mark(), "the document is nested or grown beyond bounds", file);
    if (node.IsSequence()) {
        Json result = Json::array();
        for (const YAML::Node& one : node) {
            auto value = convert(one, depth + 1, nodes, file);
            if (!value) return value;
            result.push_back(*std::move(value));
        }
        return result;
    }
    if (node.IsMap()) {
        Json result = Json::object();
        for (const auto& pair : node) {
            if (!pair.first.IsScalar()) return bad(pair.first.Mark(), "a key that is no text", file);
            const std::string& key = pair.first.Scalar();
            if (result.contains(key)) return bad(pair.first.Mark(), "the key \"" + key + "\" is there twice", file);
            auto value = convert(pair.second, depth + 1, nodes, file);
            if (!value) return value;
            result[key] = *std::move(value);
        }
        return result;
    }
    return node.IsScalar() ? scalar(node) : Json();
}

}  // namespace

std::vector<std::string> split_documents(std::string_view stream) {
    std::vector<std::string> documents;
    std::string current;
    const auto close = [&] {
        if (holds_something(current)) documents.push_back(current);
        current.clear();
    };
    for (std::size_t begin = 0; begin < stream.size();) {
        const std::size_t end = std::min(stream.find('\n', begin), stream.size() - 1) + 1;
        const std::string_view line = stream.substr(begin, end - begin);
        begin = end;
        // At the start of a line "---" and "..." are markers even inside scalars (YAML 1.1, 9.1).
        const bool marker = line.substr(0, 3) == "---" || line.substr(0, 3) == "...";
        if (marker && (line.size() == 3 || std::string_view(" \t\r\n").find(line[3]) != std::string_view::npos)) {
            close();
            if (line[0] == '-') current += line.substr(3);
        } else {
            current += line;
        }
    }
    close();
    return documents;
}

Result<Json> read_document(const std::string& text, const std::string& file) {
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    if (first != std::string::npos && text[first] == '{') {
        auto parsed = wire::parse_json(text);
        if (!parsed)
            return error(Code::InvalidArgument, parsed.error().message, parsed.error().mend,
                         file + ": " + parsed.error().where);
        return parsed;
    }
    try {
        const std::vector<YAML::Node> documents = YAML::LoadAll(text);
        if (documents.size() != 1)
            return error(Code::InvalidArgument, "a plan is one document", "see `helix cycle --help`", file);
        int nodes = 0;
        return convert(documents.front(), 0, nodes, file);
    } catch (const YAML::Exception& failure) {
        return bad(failure.mark, "not YAML: " + failure.msg, file);
    }
}

}  // namespace helix::cli
