#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace helix::postgres {

/// Bytes as a bytea's text: "\x00ff".
std::string hex(std::span<const std::uint8_t> bytes);
std::string hex(std::string_view bytes);

/// Reads a bytea's text into `out`; anything of another length, or not hexadecimal, becomes zeros.
void read_hex(std::string_view text, std::span<std::uint8_t> out);

/// An array parameter, made element by element: {"a","\\x00",NULL}. One statement takes any number of rows so.
class ArrayText {
public:
    void add(std::int64_t number);
    void add(std::string_view text);
    void add_bytes(std::span<const std::uint8_t> bytes);
    void add_bytes(std::string_view bytes);
    void add_null();

    /// The array's text. It goes on growing afterwards.
    [[nodiscard]] std::string str() const { return text_ + "}"; }

private:
    void separate();

    std::string text_ = "{";
};

}  // namespace helix::postgres
