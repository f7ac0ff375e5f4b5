#pragma once

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "domain/core/result.hpp"

namespace helix::wire {

/// How the message of an error about a member without meaning begins: problem_json gives it a type of its own.
inline constexpr std::string_view kUnknownField = "unknown field";

/// An integer that no reader loses a digit of: a number up to 2^53 in magnitude, beyond that its decimal digits as
/// text.
nlohmann::json exact_integer(std::int64_t value);
nlohmann::json exact_integer(std::uint64_t value);

/// Reads what exact_integer writes, in that one form; none otherwise.
std::optional<std::int64_t> read_exact_integer(const nlohmann::json& value);
std::optional<std::uint64_t> read_exact_unsigned(const nlohmann::json& value);

/// How many characters (code points) UTF-8 `text` has, as JSON Schema counts a string's length.
std::size_t characters(std::string_view text);

/// `pointer` with one more reference token, escaped by RFC 6901.
std::string below(const std::string& pointer, std::string_view token);

/// Reads the members of one JSON object strictly and keeps the first thing that was wrong; after that it gives empty
/// values. Pointers in `where` start at `pointer`.
class Fields {
public:
    /// Keeps a reference to `value`. Complains when it is not an object.
    Fields(const nlohmann::json& value, std::string pointer);

    [[nodiscard]] bool has(const char* name) const;
    /// The member, or nullptr after complaining that it is missing.
    const nlohmann::json* need(const char* name);
    std::string text(const char* name, std::size_t characters_max = std::numeric_limits<std::size_t>::max());
    bool flag(const char* name);
    /// A plain JSON integer in [low, high].
    std::int64_t integer(const char* name, std::int64_t low, std::int64_t high);
    /// What exact_integer writes.
    std::int64_t exact(const char* name);
    std::uint64_t exact_unsigned(const char* name);
    /// Complains of the first member that is not one of `names`; `mend` says what there is.
    void only(std::initializer_list<std::string_view> names, const std::string& mend = {});

    void complain(const char* name, const std::string& message, const std::string& mend = {});
    /// Keeps `failure` when nothing was wrong before.
    void keep(Error failure);
    [[nodiscard]] std::string at(std::string_view name) const { return below(pointer_, name); }
    [[nodiscard]] const Result<void>& verdict() const { return verdict_; }

private:
    const nlohmann::json& object_;
    std::string pointer_;
    Result<void> verdict_;
};

}  // namespace helix::wire
