#include "adapters/simulated/scheduler.hpp"

#include <algorithm>
#include <map>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "domain/cluster/floor.hpp"
#include "domain/cluster/placement.hpp"
#include "tests/simulated/cluster.hpp"

namespace helix::simulated::test {
namespace {

constexpr std::array kPolicies = {Policy::LeastAllocated, Policy::MostAllocated, Policy::Random, Policy::Adversarial};

Json random_node(int index) {
    Json made = node("n" + std::to_string(index), std::to_string(*rc::gen::inRange(1, 5)) + "Gi");
    made["metadata"]["labels"]["zone"] = *rc::gen::element<std::string>("a", "b");
    made["status"]["allocatable"]["pods"] = std::to_string(*rc::gen::inRange(1, 8));
    if (*rc::gen::inRange(0, 4) == 0) made["spec"]["unschedulable"] = true;
    if (*rc::gen::inRange(0, 4) == 0) made["status"]["conditions"][0]["status"] = "False";
    if (*rc::gen::inRange(0, 3) == 0)
        made["spec"]["taints"] =
            Json::array({{{"key", "gpu"},
                          {"effect", *rc::gen::element<std::string>("NoSchedule", "NoExecute", "PreferNoSchedule")}}});
    return made;
}

Json random_workload(int index) {
    Json made = workload("Deployment", "w" + std::to_string(index), *rc::gen::inRange(0, 7),
                         std::to_string(*rc::gen::inRange(64, 2000)) + "Mi");
    Json& spec = made["spec"]["template"]["spec"];
    if (*rc::gen::inRange(0, 3) == 0) spec["nodeSelector"] = {{"zone", "a"}};
    if (*rc::gen::inRange(0, 2) == 0) spec["tolerations"] = Json::array({{{"key", "gpu"}, {"operator", "Exists"}}});
    if (*rc::gen::inRange(0, 3) == 0)
        spec["topologySpreadConstraints"] =
            Json::array({{{"maxSkew", *rc::gen::inRange(1, 3)},
                          {"topologyKey", "kubernetes.io/hostname"},
                          {"whenUnsatisfiable", "DoNotSchedule"},
                          {"labelSelector", {{"matchLabels", {{"app", "w" + std::to_string(index)}}}}}}});
    return made;
}

// Whatever the policy, no pod stands where the filters, the requests or the spread forbid it.
RC_GTEST_PROP(Scheduler, NeverPlacesWhereTheFiltersForbid, ()) {
    SimOptions options;
    options.policy = kPolicies[*rc::gen::inRange<std::size_t>(0, kPolicies.size())];
    options.seed = *rc::gen::arbitrary<std::uint64_t>();
    Cluster cluster(options, 0);
    const int nodes = *rc::gen::inRange(1, 5);
    for (int i = 0; i < nodes; ++i) cluster.add(random_node(i));
    const int workloads = *rc::gen::inRange(1, 4);
    for (int i = 0; i < workloads; ++i) cluster.add(random_workload(i));
    cluster.run(20);

    cluster.target->with_world([&](World& world) {
        std::map<std::string, cluster::Amounts> asked;
        for (const Object* pod : world.all("Pod")) {
            const cluster::Pod& seen = pod->pod->seen;
            if (seen.node.empty()) {
                RC_ASSERT(feasible_nodes(world, *pod).empty());  // it waits because it must
                continue;
            }
            const Object* place = world.find(Key{"Node", "", seen.node});
            RC_ASSERT(place != nullptr);
            RC_ASSERT(cluster::excluded(*seen.shape, *place->node) == cluster::Exclusion::None);
            asked[seen.node] += seen.shape->request;
        }
        for (const auto& [name, sum] : asked) {
            const cluster::Amounts& whole = world.find(Key{"Node", "", name})->node->allocatable;
            RC_ASSERT(sum.memory <= whole.memory);
            RC_ASSERT(sum.cpu_milli <= whole.cpu_milli);
            RC_ASSERT(sum.pods <= whole.pods);
        }
    });
}

TEST(Scheduler, HostnameSpreadBoundsTheCount) {
    Cluster cluster;
    const Json spread{{"template",
                       {{"spec",
                         {{"topologySpreadConstraints",
                           Json::array({{{"maxSkew", 1},
                                         {"topologyKey", "kubernetes.io/hostname"},
                                         {"whenUnsatisfiable", "DoNotSchedule"},
                                         {"labelSelector", {{"matchLabels", {{"app", "cart"}}}}}}})}}}}}};
    cluster.add(workload("Deployment", "cart", 0, "64Mi", spread));
    ASSERT_EQ(cluster.write(action(gate::Verb::Cordon, "Node", "n3")).outcome, ports::Outcome::Applied);
    ASSERT_EQ(cluster.write(scale("Deployment", "cart", 6)).outcome, ports::Outcome::Applied);
    cluster.run(10);
    std::map<std::string, int> counts;
    for (const PodTruth& pod : cluster.pods("cart")) ++counts[pod.seen.node];
    EXPECT_EQ(counts["n1"], 1);  // the cordoned n3 counts as a domain with none
    EXPECT_EQ(counts["n2"], 1);
    EXPECT_EQ(counts[""], 4);
}

std::string where_the_third_lands(Policy policy) {
    SimOptions options;
    options.policy = policy;
    Cluster cluster(options, 0);
    Json full = node("n2", "8Gi");
    full["metadata"]["annotations"][std::string(kSystemUseAnnotation)] = "6Gi";
    cluster.add(node("n1", "8Gi"));
    cluster.add(full);
    cluster.add(node("n3", "8Gi"));
    Json first = workload("Deployment", "first", 1, "1Gi", Json{{"template", {{"spec", {{"nodeName", "n1"}}}}}});
    cluster.add(first);
    cluster.run(10);
    cluster.add(workload("Deployment", "second", 1, "512Mi"));
    cluster.run(10);
    return cluster.pods("second").front().seen.node;
}

TEST(Scheduler, EachPolicyHasItsTaste) {
    EXPECT_NE(where_the_third_lands(Policy::LeastAllocated), "n1");
    EXPECT_EQ(where_the_third_lands(Policy::MostAllocated), "n1");
    EXPECT_EQ(where_the_third_lands(Policy::Adversarial), "n2");
}

TEST(Scheduler, PreemptsLowerPriorityWhenNothingFits) {
    Cluster cluster(SimOptions{}, 1);
    cluster.add(workload("Deployment", "low", 2, "4Gi"));
    cluster.run(10);
    ASSERT_EQ(cluster.running("low"), 2);
    cluster.add(workload("Deployment", "high", 1, "3Gi", Json{{"template", {{"spec", {{"priority", 1000}}}}}}));
    cluster.run(30);
    EXPECT_EQ(cluster.running("high"), 1);
    EXPECT_EQ(cluster.running("low"), 1);
}

}  // namespace
}  // namespace helix::simulated::test
