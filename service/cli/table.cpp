#include "service/cli/table.hpp"

#include <algorithm>

#include "service/cli/printable.hpp"

namespace helix::cli {
namespace {

std::string_view code_of(Paint paint) {
    switch (paint) {
        case Paint::Red:
            return "\x1b[31;1m";
        case Paint::Green:
            return "\x1b[32;1m";
        case Paint::Yellow:
            return "\x1b[33m";
        case Paint::Dim:
            return "\x1b[2m";
        case Paint::Bold:
            return "\x1b[1m";
        case Paint::None:
            break;
    }
    return "";
}

}  // namespace

std::string Style::paint(Paint paint, std::string_view text) const {
    if (!colour || paint == Paint::None) return std::string(text);
    return std::string(code_of(paint)).append(text).append("\x1b[0m");
}

Cell::Cell(std::string_view content, Paint how) : text(printable(content)), paint(how) {}

std::string Table::render(const Style& style, std::size_t indent) const {
    std::vector<std::size_t> widths;
    for (std::size_t column = 0; column < columns_.size(); ++column) {
        std::size_t widest = width(columns_[column].title);
        for (const auto& row : rows_) widest = std::max(widest, width(row[column].text));
        widths.push_back(widest);
    }
    std::string result;
    const auto line = [&](const std::vector<Cell>& row) {
        std::string blanks(indent, ' ');
        for (std::size_t column = 0; column < row.size(); ++column) {
            const std::size_t padding = widths[column] - width(row[column].text);
            if (columns_[column].right) blanks.append(padding, ' ');
            if (!row[column].text.empty()) {
                result += blanks + style.paint(row[column].paint, row[column].text);
                blanks.clear();
            }
            if (!columns_[column].right) blanks.append(padding, ' ');
            blanks += "  ";
        }
        result += '\n';
    };
    std::vector<Cell> titles;
    for (const Column& column : columns_) titles.emplace_back(column.title, Paint::Dim);
    line(titles);
    for (const auto& row : rows_) line(row);
    return result;
}

}  // namespace helix::cli
