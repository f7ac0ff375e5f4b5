#include "service/wire/canonical_json.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "service/wire/plain_bytes.hpp"

namespace helix::wire {
namespace {

using nlohmann::json;

constexpr int kNestingMax = 512;

unsigned char byte_at(std::string_view text, std::size_t i) {
    return static_cast<unsigned char>(text[i]);
}

/// The length of the valid UTF-8 sequence that starts at `i` with a byte >= 0x80, or 0.
/// The bounds of the second byte exclude overlong forms, surrogates and code points past U+10FFFF (Unicode, table 3-7).
std::size_t sequence_length(std::string_view text, std::size_t i) {
    const unsigned char lead = byte_at(text, i);
    const std::size_t length = lead >= 0xC2 && lead <= 0xDF   ? 2
                               : lead >= 0xE0 && lead <= 0xEF ? 3
                               : lead >= 0xF0 && lead <= 0xF4 ? 4
                                                              : 0;
    if (length == 0 || text.size() - i < length) return 0;
    const unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    const unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (byte_at(text, i + 1) < low || byte_at(text, i + 1) > high) return 0;
    for (std::size_t k = 2; k < length; ++k)
        if ((byte_at(text, i + k) & 0xC0U) != 0x80U) return 0;
    return length;
}

void append_escape(std::string& out, unsigned char c) {
    static constexpr std::string_view kHex = "0123456789abcdef";
    switch (c) {
        case '"':
            out += "\\\"";
            return;
        case '\\':
            out += "\\\\";
            return;
        case '\b':
            out += "\\b";
            return;
        case '\t':
            out += "\\t";
            return;
        case '\n':
            out += "\\n";
            return;
        case '\f':
            out += "\\f";
            return;
        case '\r':
            out += "\\r";
            return;
        default:
            out += "\\u00";
            out += kHex[c >> 4U];
            out += kHex[c & 0xFU];
    }
}

/// Order of UTF-16 code units, for two valid UTF-8 texts. It is the order of bytes, but for code points from U+10000
/// (lead bytes F0..F4): as surrogate pairs these come before U+E000..U+FFFF (lead bytes EE and EF).
bool utf16_less(std::string_view a, std::string_view b) {
    const auto [pa, pb] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
    if (pa == a.end() || pb == b.end()) return pa == a.end() && pb != b.end();
    const auto ca = static_cast<unsigned char>(*pa);
    const auto cb = static_cast<unsigned char>(*pb);
    if (ca >= 0xF0 && (cb == 0xEE || cb == 0xEF)) return true;
    if (cb >= 0xF0 && (ca == 0xEE || ca == 0xEF)) return false;
    return ca < cb;
}

Error refuse(std::string what, std::string mend = {}) {
    return error(Code::InvalidArgument, "not expressible as canonical JSON: " + std::move(what), std::move(mend));
}

Result<void> write(const json& value, int depth, std::string& out);

Result<void> write_string(const std::string& text, std::string& out) {
    if (!append_json_string(out, text)) return refuse("a string is not valid UTF-8");
    return {};
}

template <class Integer>
Result<void> write_integer(Integer value, std::string& out) {
    if (std::cmp_greater(value, kExactIntegerMax) || std::cmp_less(value, -kExactIntegerMax))
        return refuse("the integer " + std::to_string(value) + " is beyond 2^53", "write it as a string");
    out += std::to_string(value);
    return {};
}

Result<void> write_object(const json& value, int depth, std::string& out) {
    const auto& object = value.get_ref<const json::object_t&>();
    std::vector<const json::object_t::value_type*> members;
    members.reserve(object.size());
    for (const auto& member : object) members.push_back(&member);
    std::sort(members.begin(), members.end(),
              [](const auto* a, const auto* b) { return utf16_less(a->first, b->first); });
    out += '{';
    bool first = true;
    for (const auto* member : members) {
        if (!std::exchange(first, false)) out += ',';
        if (auto done = write_string(member->first, out); !done) return done;
        out += ':';
        if (auto done = write(member->second, depth + 1, out); !done) return done;
    }
    out += '}';
    return {};
}

Result<void> write_array(const json& value, int depth, std::string& out) {
    out += '[';
    bool first = true;
    for (const auto& item : value.get_ref<const json::array_t&>()) {
        if (!std::exchange(first, false)) out += ',';
        if (auto done = write(item, depth + 1, out); !done) return done;
    }
    out += ']';
    return {};
}

Result<void> write(const json& value, int depth, std::string& out) {
    if (depth > kNestingMax) return refuse("nested too deeply");
    switch (value.type()) {
        case json::value_t::null:
            out += "null";
            return {};
        case json::value_t::boolean:
            out += value.get<bool>() ? "true" : "false";
            return {};
        case json::value_t::number_integer:
            return write_integer(value.get<std::int64_t>(), out);
        case json::value_t::number_unsigned:
            return write_integer(value.get<std::uint64_t>(), out);
        case json::value_t::number_float: {
            const double number = value.get<double>();
            if (!std::isfinite(number)) return refuse("a number is not finite");
            out += es6_number(number);
            return {};
        }
        case json::value_t::string:
            return write_string(value.get_ref<const std::string&>(), out);
        case json::value_t::array:
            return write_array(value, depth, out);
        case json::value_t::object:
            return write_object(value, depth, out);
        case json::value_t::binary:
        case json::value_t::discarded:
            break;
    }
    return refuse("a value of no JSON type");
}

}  // namespace

bool append_json_string(std::string& out, std::string_view text) {
    out += '"';
    std::size_t plain_from = 0;  // everything in [plain_from, i) is copied as it is
    for (std::size_t i = 0; i < text.size();) {
        const unsigned char c = byte_at(text, i);
        if (kPlainBytes[c]) {
            ++i;
        } else if (c >= 0x80) {
            const std::size_t length = sequence_length(text, i);
            if (length == 0) return false;
            i += length;
        } else {
            out.append(text, plain_from, i - plain_from);
            append_escape(out, c);
            plain_from = ++i;
        }
    }
    out.append(text, plain_from, text.size() - plain_from);
    out += '"';
    return true;
}

std::string es6_number(double value) {
    if (value == 0.0) return "0";  // minus zero too
    // "d.ddde±xx" with the fewest digits that read back; ECMAScript asks for the same digits in its own layout.
    std::array<char, 40> buffer{};
    const auto end =
        std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::abs(value), std::chars_format::scientific);
    const std::string_view text(buffer.data(), static_cast<std::size_t>(end.ptr - buffer.data()));
    const std::size_t mark = text.find('e');
    std::string digits(1, text[0]);
    if (mark > 2) digits += text.substr(2, mark - 2);
    const bool negative_exponent = text[mark + 1] == '-';
    int exponent = 0;
    std::from_chars(text.data() + mark + 2, text.data() + text.size(), exponent);
    const int point = (negative_exponent ? -exponent : exponent) + 1;  // value = 0.digits * 10^point
    const int count = static_cast<int>(digits.size());

    std::string out = value < 0 ? "-" : "";
    if (point > 21 || point < -5) {
        out += digits[0];
        if (count > 1) out += "." + digits.substr(1);
        out += point > 0 ? "e+" : "e-";
        out += std::to_string(std::abs(point - 1));
    } else if (point <= 0) {
        out += "0." + std::string(static_cast<std::size_t>(-point), '0') + digits;
    } else if (point >= count) {
        out += digits + std::string(static_cast<std::size_t>(point - count), '0');
    } else {
        out += digits.substr(0, static_cast<std::size_t>(point)) + "." + digits.substr(static_cast<std::size_t>(point));
    }
    return out;
}

Result<std::string> canonical_json(const json& value) {
    std::string out;
    if (auto done = write(value, 0, out); !done) return done.error();
    return out;
}

}  // namespace helix::wire
