#include "adapters/kube_objects/evidence_projections.hpp"

namespace helix::kube_objects {
namespace {

using simdjson::ondemand::json_type;

constexpr std::uint64_t kPrime = 0x100000001b3U;

std::uint64_t hash(char kind, std::string_view text) {
    std::uint64_t digest = (0xcbf29ce484222325U ^ static_cast<unsigned char>(kind)) * kPrime;  // FNV-1a
    for (const char c : text) digest = (digest ^ static_cast<unsigned char>(c)) * kPrime;
    return digest;
}

/// Spreads every bit over all of them. Source: the finalizer of SplitMix64 (Steele, Lea, Flood 2014).
std::uint64_t spread(std::uint64_t x) {
    x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
    x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
    return x ^ (x >> 31U);
}

std::uint64_t digest_value(Value& value);

/// A sum, so that the order of the fields does not matter.
std::uint64_t digest_fields(Value& value) {
    std::uint64_t sum = 1;
    each_field(value, [&](std::string_view key, Value& field) {
        const std::uint64_t name = hash('k', key);  // before the value is read
        sum += spread(name * kPrime + digest_value(field));
    });
    return spread(sum);
}

std::uint64_t digest_items(Value& value) {
    std::uint64_t digest = 2;
    each_item(value, [&](Value& one) { digest = spread(digest * kPrime + digest_value(one)); });
    return digest;
}

std::uint64_t digest_value(Value& value) {
    switch (value.type()) {
        case json_type::object:
            return digest_fields(value);
        case json_type::array:
            return digest_items(value);
        case json_type::string:
            return hash('s', view_of(value));
        default: {
            std::string_view token = value.raw_json_token();
            const auto end = token.find_last_not_of(" \t\r\n");
            token = token.substr(0, end == std::string_view::npos ? 0 : end + 1);
            return hash('t', token);
        }
    }
}

}  // namespace

std::uint64_t meaning_digest(Value& value) {
    const std::uint64_t digest = digest_value(value);
    return digest == 0 ? 1 : digest;
}

}  // namespace helix::kube_objects
