#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <rapidcheck/gtest.h>

#include "service/wire/canonical_json.hpp"
#include "service/wire/parse_json.hpp"

namespace helix::wire {
namespace {

using nlohmann::json;

/// Texts of code points from every length of UTF-8, surrogates left out.
std::string any_text() {
    std::string out;
    for (const auto raw : *rc::gen::container<std::vector<std::uint32_t>>(rc::gen::oneOf(
             rc::gen::inRange<std::uint32_t>(0, 0x80), rc::gen::inRange<std::uint32_t>(0x80, 0x800),
             rc::gen::inRange<std::uint32_t>(0xE000, 0x10000), rc::gen::inRange<std::uint32_t>(0x10000, 0x110000)))) {
        const auto put = [&](std::uint32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
        if (raw < 0x80) {
            put(raw);
        } else if (raw < 0x800) {
            put(0xC0U | raw >> 6U), put(0x80U | (raw & 0x3FU));
        } else if (raw < 0x10000) {
            put(0xE0U | raw >> 12U), put(0x80U | (raw >> 6U & 0x3FU)), put(0x80U | (raw & 0x3FU));
        } else {
            put(0xF0U | raw >> 18U), put(0x80U | (raw >> 12U & 0x3FU)), put(0x80U | (raw >> 6U & 0x3FU)),
                put(0x80U | (raw & 0x3FU));
        }
    }
    return out;
}

double any_finite_double() {
    const auto bits = *rc::gen::arbitrary<std::uint64_t>();
    double value = 0;
    std::memcpy(&value, &bits, sizeof value);
    return std::isfinite(value) ? value : 0.1;
}

json any_json(int depth) {
    switch (*rc::gen::inRange(0, depth > 0 ? 10 : 5)) {
        case 0:
            return nullptr;
        case 1:
            return *rc::gen::arbitrary<bool>();
        case 2:
            return *rc::gen::inRange<std::int64_t>(-kExactIntegerMax, kExactIntegerMax + 1);
        case 3:
            return any_finite_double();
        case 4:
            return any_text();
        case 5:
        case 6: {
            json items = json::array();
            for (int i = *rc::gen::inRange(0, 4); i > 0; --i) items.push_back(any_json(depth - 1));
            return items;
        }
        default: {
            json object = json::object();
            for (int i = *rc::gen::inRange(0, 4); i > 0; --i) object[any_text()] = any_json(depth - 1);
            return object;
        }
    }
}

// Nothing is lost, and writing what was read changes nothing: the bytes stand for the value.
RC_GTEST_PROP(CanonicalJsonLaw, ReadsBackEqualAndIsIdempotent, ()) {
    const json value = any_json(4);
    const auto text = canonical_json(value);
    RC_ASSERT(text.ok());
    const auto back = parse_json(*text);
    if (!back) RC_FAIL(back.error().message + " in " + *text);
    RC_ASSERT(*back == value);
    RC_ASSERT(*canonical_json(*back) == *text);
}

RC_GTEST_PROP(CanonicalJsonLaw, NumbersReadBackBitForBit, ()) {
    const double value = any_finite_double();
    const double back = std::strtod(es6_number(value).c_str(), nullptr);
    RC_ASSERT(back == value);
}

// Spaces and the order of members in the source do not reach the bytes.
RC_GTEST_PROP(CanonicalJsonLaw, DoesNotDependOnSpacing, ()) {
    const json value = any_json(4);
    const auto spaced = parse_json(value.dump(4), {.depth = 64, .bytes = 1U << 30U, .inexact_integers = true});
    RC_ASSERT(spaced.ok());
    const auto from_spaced = canonical_json(*spaced);
    if (from_spaced) RC_ASSERT(*from_spaced == *canonical_json(value));
}

}  // namespace
}  // namespace helix::wire
