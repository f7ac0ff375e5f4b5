#include "service/http/engine/event_ring.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace helix::http_engine {
namespace {

SharedEvent event(std::uint64_t id, std::size_t bytes = 10) {
    auto made = std::make_shared<RingEvent>();
    made->id = id;
    made->frame.assign(bytes, 'x');
    return made;
}

TEST(EventRing, ForgetsTheOldestByCount) {
    EventRing ring(3, 1'000'000, 100);
    EXPECT_EQ(ring.oldest_id(), 100U);
    for (std::uint64_t id = 100; id < 105; ++id) ring.push(event(id));
    EXPECT_EQ(ring.oldest_id(), 102U);
    EXPECT_EQ(ring.next_id(), 105U);
    std::vector<SharedEvent> got;
    ring.copy_from(0, 2, got);
    ASSERT_EQ(got.size(), 2U);
    EXPECT_EQ(got[0]->id, 102U);
    got.clear();
    ring.copy_from(105, 10, got);
    EXPECT_TRUE(got.empty());
}

// The ring holds the longest newest run that keeps both bounds, and hands out exactly what is asked.
RC_GTEST_PROP(EventRingLaw, HoldsANewestRunWithinItsBounds, ()) {
    const auto events_max = *rc::gen::inRange<std::size_t>(1, 20);
    const auto bytes_max = *rc::gen::inRange<std::size_t>(1, 4000);
    const auto sizes = *rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(0, 1000));
    EventRing ring(events_max, bytes_max, 1);
    for (const std::size_t size : sizes) ring.push(event(ring.next_id(), size));
    RC_ASSERT(ring.next_id() == sizes.size() + 1);
    RC_ASSERT(ring.size() <= events_max);
    RC_ASSERT(ring.bytes() <= bytes_max);
    const auto from = *rc::gen::inRange<std::uint64_t>(0, sizes.size() + 2);
    const auto count = *rc::gen::inRange<std::size_t>(0, 30);
    std::vector<SharedEvent> got;
    ring.copy_from(from, count, got);
    const std::uint64_t first = std::max(from, ring.oldest_id());
    const std::uint64_t left = ring.next_id() > first ? ring.next_id() - first : 0;
    RC_ASSERT(got.size() == std::min<std::uint64_t>(count, left));
    for (std::size_t i = 0; i < got.size(); ++i) RC_ASSERT(got[i]->id == first + i);
}

}  // namespace
}  // namespace helix::http_engine
