// The whole helix against a scheduler that means harm, in virtual time: whatever the gate passed, no node may fall
// below its floor, at any moment, whatever is delayed, lost or refused on the way.
#include <cstdlib>
#include <random>

#include <gtest/gtest.h>

#include "service/usecases/verify_ledger.hpp"
#include "tests/usecases/workbench.hpp"

namespace helix::usecases {
namespace {

using testing::Workbench;

constexpr cluster::Bytes kMi = 1024 * 1024;

int seeds() {
    const char* asked = std::getenv("HELIX_SIM_SEEDS");  // NOLINT(concurrency-mt-unsafe): before any thread
    return asked == nullptr ? 100 : std::atoi(asked);
}

class Storm {
public:
    explicit Storm(std::uint64_t seed, bool faults) : random_(seed), bench_(options(seed, faults)) {
        build();
        bench_.pass(60);
    }

    void run() {
        for (int i = 0; i < 12 && !::testing::Test::HasFatalFailure(); ++i) {
            CycleRequest request;
            request.actor = "storm";
            const int count = pick(1, 3);
            for (int n = 0; n < count; ++n) request.actions.push_back(random_action());
            const auto cycle = bench_.helix->run(request);
            note(cycle, request);
            if (cycle && cycle->outcome() == StepState::Done) ++done;
            if (cycle && cycle->outcome() == StepState::Blocked) ++blocked;
            for (int s = pick(0, 40); s > 0; --s) {
                bench_.pass(1);
                check(i);
            }
        }
        for (int s = 0; s < 90; ++s) {
            bench_.pass(1);
            check(-1);
        }
        const auto report = verify_ledger(bench_.store, openssl_digest::sha256);
        ASSERT_TRUE(report.ok() && report->whole());
    }

    int done = 0;
    int blocked = 0;

private:
    static simulated::SimOptions options(std::uint64_t seed, bool faults) {
        simulated::SimOptions options;
        options.seed = seed;
        options.demo = false;
        options.policy = simulated::Policy::Adversarial;
        options.memory = {100, 100, 100, 0};  // a pod's growth after its start is outside the gate's promise
        if (faults) options.faults = simulated::Faults::storm();
        return options;
    }

    int pick(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }

    void build() {
        bench_.target->with_world([&](simulated::World& world) {
            const auto make = [&world](const std::string& manifest) {
                const auto made = world.create(manifest);
                ASSERT_TRUE(made.ok()) << made.error().message << "\n" << manifest;
            };
            nodes_ = pick(2, 4);
            for (int n = 0; n < nodes_; ++n)
                make(R"({"apiVersion":"v1","kind":"Node","metadata":{"name":"n)" + std::to_string(n) +
                     R"(","labels":{"kubernetes.io/hostname":"n)" + std::to_string(n) +
                     R"("}},"status":{"allocatable":{"memory":")" + std::to_string(pick(4, 10)) +
                     R"(Gi","cpu":"16","pods":"110"},"conditions":[{"type":"Ready","status":"True"}]}})");
            for (const std::string name : {"a", "b", "c"})
                make(R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":")" + name +
                     R"(","namespace":"default"},"spec":{"replicas":0,"strategy":{"type":")" +
                     (pick(0, 3) == 0 ? "Recreate" : "RollingUpdate") + R"("},"selector":{"matchLabels":{"app":")" +
                     name + R"("}},"template":{"metadata":{"labels":{"app":")" + name +
                     R"("}},"spec":{"containers":[{"name":"c","image":"x","resources":{"requests":{"memory":")" +
                     std::to_string(pick(2, 9) * 100) + R"(Mi","cpu":"10m"}}}]}}}})");
        });
    }

    gate::Action random_action() {
        gate::Action action;
        action.reason = "γ₁ floor test";
        action.object = {"apps/v1", "Deployment", "default", std::string(1, static_cast<char>('a' + pick(0, 2)))};
        switch (pick(0, 9)) {
            case 0:
                action.verb = gate::Verb::Restart;
                break;
            case 1:
            case 2:
                on_node(action, gate::Verb::Cordon);
                break;
            case 3:
                on_node(action, gate::Verb::Uncordon);
                break;
            case 4:
                on_node(action, gate::Verb::Drain);
                break;
            case 5:
                evict(action);
                break;
            default:
                action.verb = gate::Verb::Scale;
                action.replicas = pick(0, 12);
        }
        return action;
    }

    /// The story so far, shown when a floor breaks.
    void note(const Result<Cycle>& cycle, const CycleRequest& request) {
        for (std::size_t i = 0; i < request.actions.size(); ++i) {
            const gate::Action& action = request.actions[i];
            story_ += "\n" + std::string(gate::to_string(action.verb)) + " " + gate::describe(action.object);
            if (action.replicas) story_ += " to " + std::to_string(*action.replicas);
            story_ += ": " + (cycle ? std::string(to_string(cycle->steps[i].state)) : cycle.error().message);
        }
    }

    void on_node(gate::Action& action, gate::Verb verb) {
        action.verb = verb;
        action.object = {"v1", "Node", "", "n" + std::to_string(pick(0, nodes_ - 1))};
    }

    void evict(gate::Action& action) {
        action.verb = gate::Verb::Evict;
        action.object = {"v1", "Pod", "default", "none"};
        bench_.target->with_world([&](simulated::World& world) {
            const auto pods = world.all("Pod");
            if (!pods.empty())
                action.object.name =
                    pods[static_cast<std::size_t>(pick(0, static_cast<int>(pods.size()) - 1))]->key.name;
        });
    }

    void check(int step) {
        bench_.target->with_world([&](simulated::World& world) {
            for (const auto* node : world.all("Node")) {
                const cluster::Bytes capacity = node->node->allocatable.memory;
                const cluster::Bytes used = world.node_use(node->key.name);
                ASSERT_TRUE(cluster::keeps_floor(capacity, used, cluster::Floor{}))
                    << node->key.name << " holds " << used / kMi << " MiB of " << capacity / kMi << " MiB after step "
                    << step << story_;
            }
        });
    }

    std::mt19937_64 random_;
    Workbench bench_;
    int nodes_ = 0;
    std::string story_;
};

void storms(bool faults) {
    int done = 0;
    int blocked = 0;
    for (int seed = 1; seed <= seeds(); ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Storm storm(static_cast<std::uint64_t>(seed), faults);
        storm.run();
        if (::testing::Test::HasFatalFailure()) return;
        done += storm.done;
        blocked += storm.blocked;
    }
    ::testing::Test::RecordProperty("cycles_done", done);
    EXPECT_GT(done, seeds());  // the gate must also let things happen
    EXPECT_GT(blocked, seeds() / 4);
}

TEST(FloorsHold, AgainstAnAdversarialScheduler) {
    storms(false);
}

TEST(FloorsHold, WhenEventsComeLateAndAnswersAreLost) {
    storms(true);
}

}  // namespace
}  // namespace helix::usecases
