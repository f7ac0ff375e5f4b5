#include "adapters/postgres/text.hpp"

#include <algorithm>

namespace helix::postgres {
namespace {

constexpr char kDigits[] = "0123456789abcdef";

std::span<const std::uint8_t> as_bytes(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

void append_hex(std::string& text, std::span<const std::uint8_t> bytes) {
    for (const std::uint8_t byte : bytes) {
        text += kDigits[byte >> 4U];
        text += kDigits[byte & 0xFU];
    }
}

int digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

}  // namespace

std::string hex(std::span<const std::uint8_t> bytes) {
    std::string text = "\\x";
    text.reserve(2 + 2 * bytes.size());
    append_hex(text, bytes);
    return text;
}

std::string hex(std::string_view bytes) {
    return hex(as_bytes(bytes));
}

void read_hex(std::string_view text, std::span<std::uint8_t> out) {
    bool good = text.size() == 2 + 2 * out.size() && text.starts_with("\\x");
    for (std::size_t i = 0; good && i < out.size(); ++i) {
        const int high = digit(text[2 + 2 * i]);
        const int low = digit(text[3 + 2 * i]);
        good = high >= 0 && low >= 0;
        if (good) out[i] = static_cast<std::uint8_t>(high * 16 + low);
    }
    if (!good) std::fill(out.begin(), out.end(), std::uint8_t{0});
}

void ArrayText::separate() {
    if (text_.size() > 1) text_ += ',';
}

void ArrayText::add(std::int64_t number) {
    separate();
    text_ += std::to_string(number);
}

void ArrayText::add(std::string_view text) {
    separate();
    text_ += '"';
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t special = std::min(text.find_first_of("\"\\", begin), text.size());
        text_.append(text, begin, special - begin);
        if (special < text.size()) {
            text_ += '\\';
            text_ += text[special];
        }
        begin = special + 1;
    }
    text_ += '"';
}

void ArrayText::add_bytes(std::span<const std::uint8_t> bytes) {
    separate();
    text_ += "\"\\\\x";  // the array's own escape of a backslash
    append_hex(text_, bytes);
    text_ += '"';
}

void ArrayText::add_bytes(std::string_view bytes) {
    add_bytes(as_bytes(bytes));
}

void ArrayText::add_null() {
    separate();
    text_ += "NULL";
}

}  // namespace helix::postgres
