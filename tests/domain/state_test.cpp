#include "domain/cluster/state.hpp"

#include <gtest/gtest.h>

namespace helix::cluster {
namespace {

Node node(const std::string& name) {
    Node made;
    made.name = name;
    made.uid = name;
    return made;
}

Pod pod(const std::string& name) {
    Pod made;
    made.ns = "s";
    made.name = name;
    made.uid = name;
    return made;
}

TEST(StateRelist, ErasesWhatTheListDidNotName) {
    State state;
    state.upsert(node("old"));
    state.upsert(node("kept"));
    const auto mark = state.begin_relist();
    state.upsert(node("kept"));
    state.finish_relist_nodes(mark);
    EXPECT_EQ(state.find_node("old"), kNone);
    EXPECT_NE(state.find_node("kept"), kNone);
}

TEST(StateRelist, ListsOfSeveralKindsMayOverlap) {
    State state;
    const auto pods = state.begin_relist();
    state.upsert(pod("a"));
    const auto nodes = state.begin_relist();
    state.upsert(node("n"));
    state.upsert(pod("b"));
    state.finish_relist_pods(pods);
    state.finish_relist_nodes(nodes);
    EXPECT_EQ(state.pod_count(), 2U);
    EXPECT_EQ(state.node_count(), 1U);
}

}  // namespace
}  // namespace helix::cluster
