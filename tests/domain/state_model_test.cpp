#include <gtest/gtest.h>

#include "domain/cluster/state.hpp"
#include "tests/domain/cluster_builder.hpp"
#include "tests/oracle/property.hpp"

namespace helix::cluster {
namespace {

using namespace helix::testing;
using oracle::draw_number;

std::string numbered(const char* prefix, int number) {
    return prefix + std::to_string(number);
}

Node a_node(int number) {
    Node node;
    node.name = numbered("n", number);
    node.ready = draw_number(0, 3) > 0;
    node.unschedulable = draw_number(0, 3) == 0;
    node.allocatable = {draw_number(1'000, 9'000), draw_number(100, 900), draw_number(1, 9)};
    return node;
}

Workload a_deployment(int number) {
    Workload made;
    made.kind = WorkloadKind::Deployment;
    made.ns = "shop";
    made.name = numbered("w", number);
    made.uid = made.name + "-" + std::to_string(draw_number(0, 1));
    made.generation = 1;
    made.observed_generation = draw_number(0, 1);
    made.desired = draw_number(0, 3);
    made.updated = draw_number(0, 3);
    made.template_digest = static_cast<std::uint64_t>(draw_number(1, 2));
    made.shape = shape_of(draw_number(1, 3), made.name);
    return made;
}

Pod a_pod(int number) {
    Pod pod;
    pod.ns = "shop";
    pod.name = numbered("p", number);
    pod.uid = pod.name + "-" + std::to_string(draw_number(0, 1));
    if (draw_number(0, 3) > 0) pod.node = numbered("n", draw_number(0, 2));
    pod.phase = static_cast<PodPhase>(draw_number(0, 4));
    pod.terminating = draw_number(0, 3) == 0;
    const int owner = draw_number(0, 2);
    if (owner < 2) pod.controller = OwnerRef{"Deployment", numbered("w", owner), numbered("w", owner) + "-0"};
    pod.shape = shape_of(draw_number(0, 3), "app");
    return pod;
}

void random_event(State& state) {
    static constexpr Micros kStep = 1'000'000;
    const int number = draw_number(0, 2);
    switch (draw_number(0, 9)) {
        case 0:
            return state.erase_node(numbered("n", number));
        case 1:
        case 2:
            return state.upsert(a_node(number));
        case 3:
            return state.erase_pod("shop", numbered("p", draw_number(0, 5)));
        case 4:
            return state.upsert(a_deployment(draw_number(0, 1)));
        case 5:
            return state.erase_workload(WorkloadKind::Deployment, "shop", numbered("w", draw_number(0, 1)));
        case 6:
            return state.set_node_usage(numbered("n", number), {draw_number(0, 900), kStep * draw_number(1, 9)});
        case 7:
            return state.set_pod_usage("shop", numbered("p", draw_number(0, 5)),
                                       {draw_number(0, 900), kStep * draw_number(1, 9)});
        default:
            return state.upsert(a_pod(draw_number(0, 5)));
    }
}

/// Every row and index, counted again from the pods and workloads themselves.
void require_consistent(const State& state) {
    std::vector<Amounts> free(state.rows().size());
    for (NodeId id = 0; id < state.rows().size(); ++id)
        if (state.rows()[id].live) free[id] = state.node(id).allocatable;
    std::size_t pending = 0;
    std::size_t terminating = 0;
    std::size_t unseen = 0;
    std::size_t live = 0;
    std::vector<std::int64_t> counted(state.workload_slots(), 0);
    for (PodId id = 0; id < state.pod_slots(); ++id) {
        const PodSlot& pod = state.pod(id);
        if (!pod.live) continue;
        ++live;
        const bool placed = pod.node != kNone;
        if (placed) RC_ASSERT(state.rows()[pod.node].live);
        if (placed && pod.active()) free[pod.node] -= pod.shape->request;
        pending += pod.active() && !pod.bound && !pod.terminating ? 1U : 0U;
        terminating += pod.active() && pod.bound && pod.terminating ? 1U : 0U;
        const bool seen =
            pod.first_sample_at != 0 && placed && state.rows()[pod.node].scraped_at + 1'000'000 >= pod.first_sample_at;
        unseen += pod.active() && placed && !seen ? 1U : 0U;
        if (pod.owner != kNone && pod.counted()) ++counted[pod.owner];
    }
    for (NodeId id = 0; id < state.rows().size(); ++id)
        if (state.rows()[id].live) RC_ASSERT(state.rows()[id].free == free[id]);
    RC_ASSERT(state.pod_count() == live);
    RC_ASSERT(state.pending().size() == pending);
    RC_ASSERT(state.terminating().size() == terminating);
    RC_ASSERT(state.unseen().size() == unseen);
    for (const PodId id : state.unseen()) RC_ASSERT(state.pod(id).node != kNone);
    for (WorkloadId id = 0; id < state.workload_slots(); ++id) {
        const WorkloadSlot& slot = state.workload(id);
        std::optional<Bytes> highest;
        for (const PodId pod : slot.live ? state.pods_under(id) : std::vector<PodId>())
            if (state.pod(pod).active() && state.pod(pod).first_sample_at != 0)
                highest = std::max(highest.value_or(0), state.pod(pod).peak);
        RC_ASSERT(state.highest_use(id) == highest);
        RC_ASSERT(slot.counted == counted[id]);
        const bool moves = slot.live && slot.known && !slot.workload.deleting && state.root_of_workload(id) == id &&
                           (slot.rolling() || state.counted_under(id) != slot.workload.desired);
        RC_ASSERT(state.in_flux().contains(id) == moves);
    }
}

TEST(StateModel, EveryIndexEqualsARecountAfterAnyEvents) {
    oracle::check_property(800, [] {
        State state;
        const int events = draw_number(1, 40);
        for (int i = 0; i < events; ++i) {
            random_event(state);
            require_consistent(state);
        }
    });
}

TEST(StateModel, ARelistForgetsWhatItDoesNotName) {
    oracle::check_property(200, [] {
        State state;
        const int events = draw_number(1, 40);
        for (int i = 0; i < events; ++i) random_event(state);
        const auto pods_mark = state.begin_relist();
        state.upsert(a_pod(0));
        state.finish_relist_pods(pods_mark);
        RC_ASSERT(state.pod_count() == 1U);
        require_consistent(state);
        const auto nodes_mark = state.begin_relist();
        state.finish_relist_nodes(nodes_mark);
        RC_ASSERT(state.node_count() == 0U);
        require_consistent(state);
    });
}

TEST(StateModel, ANodeThatGoesTakesItsUnseenPodsOutOfTheSums) {
    ClusterBuilder cluster;
    cluster.node("n1", kGi, 0).node("n2", kGi, 0).deployment("cart", shape_of(1, "cart"), 1);
    cluster.pod("cart", "cart-1", "n1", 0);
    cluster.state.erase_node("n1");
    EXPECT_TRUE(cluster.state.unseen().empty());
    EXPECT_TRUE(gate::judge(cluster.state, {}, scale("cart", 2), settings())->passed);
}

TEST(StateModel, GoingBackHalfWayIsARolloutToo) {
    ClusterBuilder cluster;
    cluster.deployment("cart", shape_of(1, "cart"), 0);
    Workload rolling = cluster.state.workload(cluster.find("cart")).workload;
    rolling.desired = 2;
    rolling.updated = 1;
    rolling.template_digest = 2;
    cluster.state.upsert(rolling);
    rolling.template_digest = 1;
    cluster.state.upsert(rolling);
    EXPECT_TRUE(cluster.state.workload(cluster.find("cart")).rolling());
}

}  // namespace
}  // namespace helix::cluster
