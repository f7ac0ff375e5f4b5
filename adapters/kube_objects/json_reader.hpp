#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <utility>

#include <simdjson.h>

namespace helix::kube_objects {

using Value = simdjson::ondemand::value;

/// A field that is not what it should be. Thrown inside this room alone; Decoder turns it into an Error.
class Malformed : public std::exception {
public:
    Malformed(std::string path, std::string why) : path_(std::move(path)), why_(std::move(why)) {}

    [[nodiscard]] const char* what() const noexcept override { return why_.c_str(); }
    [[nodiscard]] const std::string& path() const { return path_; }
    /// The same, seen from one level up.
    [[nodiscard]] Malformed under(std::string_view parent) const;

private:
    std::string path_;
    std::string why_;
};

/// Calls `take(key, value)` for every field of the object that is not null, in the order of the text.
template <class F>
void each_field(simdjson::ondemand::object& object, F&& take) {
    for (auto field : object) {
        const std::string_view key = field.unescaped_key();
        try {
            Value value = field.value();
            if (!value.is_null()) take(key, value);
        } catch (const Malformed& inner) {
            throw inner.under(key);
        } catch (const simdjson::simdjson_error& problem) {
            throw Malformed(std::string(key), problem.what());
        }
    }
}

/// The same for a value or a document that must be an object.
template <class Source, class F>
void each_field(Source& source, F&& take) {
    simdjson::ondemand::object object = source.get_object();
    each_field(object, take);
}

/// Calls `take(value)` for every element of the array.
template <class F>
void each_item(Value& source, F&& take) {
    simdjson::ondemand::array array = source.get_array();
    std::size_t index = 0;
    for (auto item : array) {
        try {
            Value value = item.value();
            take(value);
        } catch (const Malformed& inner) {
            throw inner.under("[" + std::to_string(index) + "]");
        } catch (const simdjson::simdjson_error& problem) {
            throw Malformed("[" + std::to_string(index) + "]", problem.what());
        }
        ++index;
    }
}

std::string text_of(Value& value);
std::string_view view_of(Value& value);
std::int64_t integer_of(Value& value);
bool truth_of(Value& value);

/// A quantity written as a string or a number, in whole units, at most 2^50.
std::int64_t quantity_of(Value& value);
/// The same in thousandths.
std::int64_t milli_quantity_of(Value& value);

/// An RFC 3339 time in microseconds since 1970. Throws Malformed("", ...) when it is none.
std::int64_t micros_of(Value& value);

/// A 64-bit digest of JSON text, blind to white space between tokens.
std::uint64_t digest_of(std::string_view json);

/// The digest of an object's text; the object can be read afterwards.
std::uint64_t digest_of(simdjson::ondemand::object& object);

}  // namespace helix::kube_objects
