#include <set>

#include "tests/simulated/cluster.hpp"

namespace helix::simulated::test {
namespace {

constexpr std::array kFaults = {"event_late",      "event_duplicated", "event_reordered",  "watch_lost",
                                "scrape_missed",   "scrape_stale",     "scrape_partial",   "write_conflict",
                                "write_throttled", "write_unsent",     "answer_lost_done", "answer_lost_undone",
                                "answer_late",     "read_back_lost"};

/// One seeded operation on a small cluster; any of them may be refused.
gate::Action random_action(Random& random) {
    const std::string name = random.per_mille(500) ? "a" : "b";
    const std::string node_name = "n" + std::to_string(random.between(1, 3));
    switch (random.between(0, 8)) {
        case 0:
            return action(gate::Verb::Restart, "Deployment", name);
        case 1:
            return action(gate::Verb::Cordon, "Node", node_name);
        case 2:
            return action(gate::Verb::Uncordon, "Node", node_name);
        case 3:
            return action(gate::Verb::Drain, "Node", node_name);
        case 4:
            return action(gate::Verb::Delete, "Deployment", name);
        case 5:
            return scale("StatefulSet", "db", random.between(0, 3));
        case 6:
            return apply(workload("Deployment", name, static_cast<int>(random.between(0, 4)), "256Mi"));
        default:
            return scale("Deployment", name, random.between(0, 5));
    }
}

struct Mix {
    std::uint64_t trace = 0;
    std::string difference;
    FaultCounts faults;
};

Mix run_mix(std::uint64_t seed) {
    SimOptions options;
    options.seed = seed;
    options.faults = Faults::storm();
    options.policy = static_cast<Policy>(seed % 4);
    Cluster cluster(options);
    cluster.add(workload("Deployment", "a", 2, "512Mi"));
    cluster.add(workload("StatefulSet", "db", 1, "256Mi"));
    Random random(seed);
    for (int step = 0; step < 8; ++step) {
        const gate::Action next = random_action(random);
        const auto result = cluster.write(next);
        EXPECT_EQ(result.failure.has_value(), result.outcome != ports::Outcome::Applied);
        cluster.clock.advance(random.between(0, 4 * kSecond));
    }
    cluster.target->set_faults(Faults{});
    for (int wait = 0; wait < 40 && !cluster.target->quiescent(); ++wait) cluster.run(1);
    EXPECT_TRUE(cluster.target->quiescent());
    return Mix{cluster.target->trace_hash(), difference(*cluster.target), cluster.target->fault_counts()};
}

TEST(Faults, TheMirrorEqualsTheWorldAfterQuiescence) {
    FaultCounts reached;
    for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
        const Mix mix = run_mix(seed);
        ASSERT_EQ(mix.difference, "") << "seed " << seed;
        for (const auto& [fault, count] : mix.faults) reached[fault] += count;
    }
    for (const char* fault : kFaults) EXPECT_GT(reached[fault], 0U) << fault;
}

TEST(Faults, TheSameSeedGivesTheSameTrace) {
    std::set<std::uint64_t> traces;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        const std::uint64_t trace = run_mix(seed).trace;
        EXPECT_EQ(run_mix(seed).trace, trace) << "seed " << seed;
        traces.insert(trace);
    }
    EXPECT_EQ(traces.size(), 20U);
}

Faults always(int Faults::*fault) {
    Faults faults;
    faults.*fault = 1000;
    return faults;
}

std::int64_t replicas_of(Cluster& cluster, const std::string& name) {
    std::int64_t replicas = -1;
    cluster.target->with_world([&](World& world) {
        replicas = world.find(Key{"Deployment", "shop", name})->workload->replicas_asked;
    });
    return replicas;
}

TEST(LostAnswer, IsReadBackAndNeverSentAgain) {
    Cluster cluster;
    cluster.add(workload("Deployment", "cart", 2, "64Mi"));
    cluster.run(10);

    cluster.target->set_faults(always(&Faults::answer_lost_done));
    const auto done = cluster.write(scale("Deployment", "cart", 3));
    EXPECT_EQ(done.outcome, ports::Outcome::Applied);
    EXPECT_NE(done.resource_version_before, done.resource_version_after);
    EXPECT_EQ(replicas_of(cluster, "cart"), 3);

    cluster.target->set_faults(always(&Faults::answer_lost_undone));
    const auto undone = cluster.write(scale("Deployment", "cart", 4));
    EXPECT_EQ(undone.outcome, ports::Outcome::NotApplied);
    EXPECT_EQ(undone.failure.value_or(Error{}).code, Code::Unavailable);
    EXPECT_EQ(replicas_of(cluster, "cart"), 3);

    Faults blind = always(&Faults::answer_lost_done);
    blind.read_back_lost = 1000;
    cluster.target->set_faults(blind);
    const auto unknown = cluster.write(scale("Deployment", "cart", 5));
    EXPECT_EQ(unknown.outcome, ports::Outcome::Unknown);
    EXPECT_EQ(unknown.failure.value_or(Error{}).code, Code::UnknownOutcome);
    EXPECT_EQ(replicas_of(cluster, "cart"), 5);
}

TEST(LostAnswer, OfEveryVerbIsToldRight) {
    for (const bool happened : {true, false}) {
        Cluster cluster;
        cluster.add(workload("Deployment", "cart", 2, "64Mi"));
        cluster.run(10);
        cluster.target->set_faults(always(happened ? &Faults::answer_lost_done : &Faults::answer_lost_undone));
        gate::Action label = action(gate::Verb::Label, "Deployment", "cart");
        label.entries = {{"tier", "web"}};
        gate::Action create = apply(workload("Deployment", "web", 1, "64Mi"));
        create.verb = gate::Verb::Create;
        const std::string pod = cluster.pods("cart").front().seen.name;
        for (const gate::Action& one :
             {label, create, action(gate::Verb::Restart, "Deployment", "cart"),
              action(gate::Verb::Cordon, "Node", "n1"), action(gate::Verb::Evict, "Pod", pod),
              action(gate::Verb::Drain, "Node", "n1"), action(gate::Verb::Delete, "Deployment", "cart")}) {
            EXPECT_EQ(cluster.write(one).outcome == ports::Outcome::Applied, happened) << to_string(one.verb);
        }
    }
}

TEST(Refusals, WriteNothing) {
    Cluster cluster;
    cluster.add(workload("Deployment", "cart", 2, "64Mi"));
    cluster.run(10);
    const auto code_of = [&](int Faults::*fault) {
        cluster.target->set_faults(always(fault));
        const auto result = cluster.write(scale("Deployment", "cart", 5));
        EXPECT_EQ(result.outcome, ports::Outcome::NotApplied);
        return result.failure.value_or(Error{});
    };
    EXPECT_EQ(code_of(&Faults::write_conflict).code, Code::Conflict);
    EXPECT_EQ(code_of(&Faults::write_throttled).code, Code::ResourceExhausted);
    EXPECT_EQ(code_of(&Faults::write_throttled).retry_after_s, 1);
    EXPECT_EQ(code_of(&Faults::write_unsent).code, Code::Unavailable);
    EXPECT_EQ(replicas_of(cluster, "cart"), 2);
}

TEST(Watch, ALateOneIsNotSyncedUntilItIsListedAgain) {
    Cluster cluster;
    cluster.add(workload("Deployment", "cart", 2, "64Mi"));
    cluster.run(10);
    cluster.target->set_faults(always(&Faults::watch_lost));
    const gate::Action up = scale("Deployment", "cart", 3);
    const auto result = cluster.write(up);
    EXPECT_FALSE(cluster.target->freshness().synced);
    EXPECT_NE(cluster.target->freshness().problem, "");
    cluster.target->set_faults(Faults{});
    EXPECT_TRUE(cluster.target->await_visible(up, result, 5000));
    cluster.run(10);
    EXPECT_TRUE(cluster.target->freshness().synced);
    EXPECT_EQ(difference(*cluster.target), "");
}

TEST(Metrics, MissingScrapesAge) {
    Cluster cluster;
    cluster.run(60);
    const auto age = [&] { return cluster.clock.now() - cluster.target->freshness().last_metrics_us; };
    EXPECT_LE(age(), 15 * kSecond);
    cluster.target->set_faults(always(&Faults::scrape_missed));
    cluster.run(120);
    EXPECT_GE(age(), 120 * kSecond);
    cluster.target->read([&](const cluster::State& mirror) {
        for (const auto& row : mirror.rows()) EXPECT_GE(cluster.clock.now() - row.scraped_at, 120 * kSecond);
    });
}

TEST(AwaitVisible, GivesUpAtItsDeadline) {
    Cluster cluster;
    cluster.add(workload("Deployment", "cart", 2, "64Mi"));
    cluster.run(10);
    Faults slow = always(&Faults::event_late);
    slow.late_max = 3600 * kSecond;
    cluster.target->set_faults(slow);
    const gate::Action up = scale("Deployment", "cart", 3);
    const auto result = cluster.write(up);
    const Micros before = cluster.clock.now();
    EXPECT_FALSE(cluster.target->await_visible(up, result, 500));
    EXPECT_EQ(cluster.clock.now() - before, 500 * kMillisecond);
}

}  // namespace
}  // namespace helix::simulated::test
