#include "service/wire/parse_json.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "service/wire/canonical_json.hpp"

namespace helix::wire {
namespace {

using nlohmann::json;

/// Reads characters and leaves word of how far it came: the library tells its handlers no position.
struct Cursor {
    using iterator_category = std::forward_iterator_tag;
    using value_type = char;
    using difference_type = std::ptrdiff_t;
    using pointer = const char*;
    using reference = const char&;

    const char* at = nullptr;
    const char** seen = nullptr;

    reference operator*() const { return *at; }
    Cursor& operator++() {
        *seen = ++at;
        return *this;
    }
    Cursor operator++(int) {
        const Cursor before = *this;
        ++*this;
        return before;
    }
    friend bool operator==(const Cursor& a, const Cursor& b) { return a.at == b.at; }
    friend bool operator!=(const Cursor& a, const Cursor& b) { return a.at != b.at; }
};

/// Builds the value from the library's events and stops at the first thing we refuse.
class Builder {
public:
    using number_integer_t = json::number_integer_t;
    using number_unsigned_t = json::number_unsigned_t;
    using number_float_t = json::number_float_t;
    using string_t = json::string_t;
    using binary_t = json::binary_t;

    explicit Builder(const JsonLimits& limits) : limits_(limits) {}

    bool null() { return put(nullptr) != nullptr; }
    bool boolean(bool value) { return put(value) != nullptr; }
    bool number_integer(number_integer_t value) {
        return std::cmp_less(value, -kExactIntegerMax) ? big_integer(value) : put(value) != nullptr;
    }
    bool number_unsigned(number_unsigned_t value) {
        return std::cmp_greater(value, kExactIntegerMax) ? big_integer(value) : put(value) != nullptr;
    }
    bool number_float(number_float_t value, const string_t& token) {
        const bool integer = token.find_first_of(".eE") == string_t::npos;
        if (integer && !limits_.inexact_integers && es6_number(value) != token) return refuse_integer(token);
        return put(value) != nullptr;
    }
    bool string(string_t& value) { return put(std::move(value)) != nullptr; }
    bool binary(binary_t&) { return refuse("binary value"); }
    bool start_object(std::size_t) { return open(json::object()); }
    bool start_array(std::size_t) { return open(json::array()); }
    bool end_object() { return close(); }
    bool end_array() { return close(); }
    bool key(string_t& name) {
        if (open_.back()->contains(name)) return refuse("duplicate name \"" + name.substr(0, 64) + "\"");
        key_ = std::move(name);
        return true;
    }
    bool parse_error(std::size_t, const std::string&, const json::exception& cause) {
        // "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while ...": keep the end.
        std::string what = cause.what();
        if (const auto colon = what.find(": "); colon != std::string::npos) what.erase(0, colon + 2);
        if (const auto bracket = what.find("] "); what.starts_with("[json.") && bracket != std::string::npos)
            what.erase(0, bracket + 2);
        return refuse(what);
    }

    [[nodiscard]] const std::string& problem() const { return problem_; }
    json take() { return std::move(root_); }

private:
    bool refuse(std::string what) {
        problem_ = std::move(what);
        return false;
    }

    bool refuse_integer(const std::string& token) {
        return refuse("the integer " + token.substr(0, 40) +
                      " does not fit a double to the digit; write it as a string");
    }

    /// An integer beyond 2^53 that is exactly what a double prints may be that double; any other loses digits.
    template <class Integer>
    bool big_integer(Integer value) {
        if (limits_.inexact_integers) return put(value) != nullptr;
        const auto rounded = static_cast<double>(value);
        if (es6_number(rounded) != std::to_string(value)) return refuse_integer(std::to_string(value));
        return put(rounded) != nullptr;
    }

    json* put(json value) {
        if (open_.empty()) {
            root_ = std::move(value);
            return &root_;
        }
        json& parent = *open_.back();
        if (parent.is_array()) {
            auto& items = parent.get_ref<json::array_t&>();
            return &items.emplace_back(std::move(value));
        }
        return &(parent[key_] = std::move(value));
    }

    bool open(json container) {
        if (std::cmp_greater_equal(open_.size(), limits_.depth))
            return refuse("nested deeper than " + std::to_string(limits_.depth));
        open_.push_back(put(std::move(container)));
        return true;
    }

    bool close() {
        open_.pop_back();
        return true;
    }

    JsonLimits limits_;
    json root_;
    std::vector<json*> open_;  // the containers around the next value; a parent does not grow while a child is open
    std::string key_;
    std::string problem_;
};

/// Line and column, from 1, of the character at `index`.
std::string place(std::string_view text, std::size_t index) {
    const std::string_view before = text.substr(0, index);
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const auto newline = before.rfind('\n');
    const auto column = newline == std::string_view::npos ? before.size() + 1 : before.size() - newline;
    return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

}  // namespace

Result<json> parse_json(std::string_view text, const JsonLimits& limits) {
    if (text.size() > limits.bytes)
        return error(Code::ResourceExhausted, "JSON text of " + std::to_string(text.size()) +
                                                  " bytes is over the limit of " + std::to_string(limits.bytes));
    if (text.starts_with("\xEF\xBB\xBF"))
        return error(Code::InvalidArgument, "not valid JSON: it starts with a byte order mark", "remove it",
                     "line 1, column 1");
    // The library takes a NUL for the end of the text.
    if (const auto nul = text.find('\0'); nul != std::string_view::npos)
        return error(Code::InvalidArgument, "not valid JSON: it holds a NUL", {}, place(text, nul));
    const char* seen = text.data();
    Builder builder(limits);
    const Cursor begin{text.data(), &seen};
    const Cursor end{text.data() + text.size(), &seen};
    if (!json::sax_parse(begin, end, &builder)) {
        const auto read = static_cast<std::size_t>(seen - text.data());
        return error(Code::InvalidArgument, "not valid JSON: " + builder.problem(), {},
                     place(text, read > 0 ? read - 1 : 0));
    }
    return builder.take();
}

}  // namespace helix::wire
