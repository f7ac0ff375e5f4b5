#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace helix::cli {

enum class Paint { None, Red, Green, Yellow, Dim, Bold };

/// How output may look.
struct Style {
    bool colour = false;

    /// `text` in that paint; as it is when colours are off.
    [[nodiscard]] std::string paint(Paint paint, std::string_view text) const;
};

struct Column {
    std::string title;
    bool right = false;  ///< numbers
};

/// Text is made printable when the cell is made.
struct Cell {
    Cell(std::string_view content, Paint how = Paint::None);               // NOLINT(google-explicit-constructor)
    Cell(const char* content) : Cell(std::string_view(content)) {}         // NOLINT(google-explicit-constructor)
    Cell(const std::string& content) : Cell(std::string_view(content)) {}  // NOLINT(google-explicit-constructor)

    std::string text;
    Paint paint;
};

/// Aligned columns, two blanks apart, no trailing blanks.
class Table {
public:
    explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

    /// As many cells as there are columns.
    void add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
    [[nodiscard]] bool empty() const { return rows_.empty(); }

    [[nodiscard]] std::string render(const Style& style, std::size_t indent = 0) const;

private:
    std::vector<Column> columns_;
    std::vector<std::vector<Cell>> rows_;
};

}  // namespace helix::cli
