#pragma once

#include <cstdlib>
#include <sstream>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "tests/oracle/scenario.hpp"

namespace helix::oracle {

/// Cases of one property: `quick` unless HELIX_PROPERTY_CASES asks for more (or fewer).
inline int property_cases(int quick) {
    const char* wanted = std::getenv("HELIX_PROPERTY_CASES");
    return wanted == nullptr ? quick : std::max(1, std::atoi(wanted));
}

/// A number from [low, high]; shrinks towards `low`.
inline int draw_number(int low, int high) {
    return *rc::gen::resize(100, rc::gen::inRange(low, high + 1));
}

/// Checks `property` on seeded cases; a failing one is shrunk and shown. HELIX_PROPERTY_SEED repeats or varies a run.
template <class Property>
void check_property(int quick_cases, Property&& property) {
    const char* seed = std::getenv("HELIX_PROPERTY_SEED");
    rc::detail::TestMetadata metadata;
    metadata.id = metadata.description = ::testing::UnitTest::GetInstance()->current_test_info()->name();
    rc::detail::TestParams params;
    params.seed = seed == nullptr ? 14'134'725 : std::strtoull(seed, nullptr, 10);
    params.maxSuccess = property_cases(quick_cases);
    params.maxDiscardRatio = 200;
    const auto result = rc::detail::checkTestable(std::forward<Property>(property), metadata, params);
    if (result.template is<rc::detail::SuccessResult>()) return;
    std::ostringstream text;
    rc::detail::printResultMessage(result, text);
    FAIL() << text.str();
}

}  // namespace helix::oracle
