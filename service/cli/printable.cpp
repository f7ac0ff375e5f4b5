#include "service/cli/printable.hpp"

#include <array>
#include <cstdint>
#include <cstdio>

namespace helix::cli {
namespace {

/// One code point of UTF-8 at the start of `text`; size 0 when it is not well-formed.
struct Decoded {
    std::uint32_t point = 0;
    std::size_t size = 0;
};

Decoded decode(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])); };
    const std::uint32_t lead = byte(0);
    if (lead < 0x80) return {lead, 1};
    const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || text.size() < size) return {};
    std::uint32_t point = lead & (0xFFU >> (size + 1));
    for (std::size_t i = 1; i < size; ++i) {
        if ((byte(i) & 0xC0U) != 0x80) return {};
        point = (point << 6U) | (byte(i) & 0x3FU);
    }
    constexpr std::array<std::uint32_t, 5> kLeast{0, 0, 0x80, 0x800, 0x10000};
    if (point < kLeast[size] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) return {};
    return {point, size};
}

bool steers(std::uint32_t point) {
    return point < 0x20 || (point >= 0x7F && point <= 0x9F) || point == 0x200E || point == 0x200F ||
           (point >= 0x2028 && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069) || point == 0xFEFF;
}

}  // namespace

std::string printable(std::string_view text) {
    std::string result;
    result.reserve(text.size());
    while (!text.empty()) {
        const Decoded one = decode(text);
        if (one.size == 0) {
            result += "\xEF\xBF\xBD";
        } else if (steers(one.point)) {
            result += ' ';
        } else {
            result += text.substr(0, one.size);
        }
        text.remove_prefix(one.size == 0 ? 1 : one.size);
    }
    return result;
}

std::string escaped(std::string_view document) {
    std::string result;
    result.reserve(document.size());
    while (!document.empty()) {
        const Decoded one = decode(document);
        if (one.size == 0) {
            result += "\xEF\xBF\xBD";
        } else if (one.point != '\n' && steers(one.point)) {
            std::array<char, 8> digits{};
            std::snprintf(digits.data(), digits.size(), "\\u%04x", one.point);
            result += digits.data();
        } else {
            result += document.substr(0, one.size);
        }
        document.remove_prefix(one.size == 0 ? 1 : one.size);
    }
    return result;
}

std::size_t width(std::string_view text) {
    std::size_t columns = 0;
    for (const char c : text)
        if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80) ++columns;
    return columns;
}

}  // namespace helix::cli
