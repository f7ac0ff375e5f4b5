#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

/// Reads of JSON that may lack anything: an answer from outside never throws here.
namespace helix::cli {

using Json = nlohmann::json;

/// The member `key`; null when there is none.
const Json& member(const Json& object, const char* key);
/// Text as it is, numbers and booleans in digits and words; empty for everything else.
std::string text(const Json& value);
std::string text(const Json& object, const char* key);
/// A number, or its decimal digits as a string (ExactInteger).
std::optional<std::int64_t> integer(const Json& value);
std::optional<double> number(const Json& value);
bool flag(const Json& object, const char* key);
/// "Deployment shop/cart" of an ObjectRef.
std::string describe_object(const Json& object);

}  // namespace helix::cli
