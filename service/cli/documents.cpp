#include "service/cli/documents.hpp"

#include <algorithm>

#include "service/cli/json_view.hpp"
#include "service/wire/parse_json.hpp"
#include "service/wire/yaml_json.hpp"

namespace helix::cli {
namespace {

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
    const bool json = first != std::string::npos && text[first] == '{';
    auto read = json ? wire::parse_json(text) : wire::yaml_to_json(text);
    if (read) return read;
    Error failure = std::move(read).error();
    failure.code = Code::InvalidArgument;
    failure.where = failure.where.empty() ? file : file + ": " + failure.where;
    return failure;
}

}  // namespace helix::cli
