#include "adapters/silo/mirror.hpp"

#include <limits>

#include <gtest/gtest.h>

// What the gate is shown of a Docker host.
namespace helix::silo {
namespace {

constexpr std::int64_t kGi = std::int64_t{1} << 30U;

class Mirror : public testing::Test {
protected:
    void SetUp() override {
        show_host("forge", 64 * kGi, 8, state_);
        show_gpus("forge", gpus_, state_);
    }
    static docker::Container running(const std::string& name, std::int64_t limit) {
        docker::Container container;
        container.id = "id-" + name;
        container.name = name;
        container.status = "running";
        container.running = true;
        container.started_at = "2026-11-21T10:00:00Z";
        container.memory_limit = limit;
        return container;
    }
    [[nodiscard]] const cluster::Workload* part(const std::string& unit, const std::string& name) const {
        const auto id = state_.find_workload(cluster::WorkloadKind::Container, unit, name);
        return id == cluster::kNone ? nullptr : &state_.workload(id).workload;
    }
    [[nodiscard]] std::int64_t used(const std::string& unit) const {
        return state_.rows()[state_.find_node(unit)].used;
    }

    std::vector<GpuFigures> gpus_ = {{"0", "GPU-aa", "a GPU", 24 * kGi, 1 * kGi}};
    cluster::State state_;
};

TEST_F(Mirror, AContainerHasAPartOnEachOfItsGpus) {
    docker::Container trainer = running("trainer", 4 * kGi);
    trainer.gpus = {"GPU-aa"};
    trainer.labels[docker::kVramLabel] = std::to_string(8 * kGi);
    show_containers("forge", {trainer, running("cart", kGi)}, gpus_, state_);
    ASSERT_NE(part("", "trainer"), nullptr);
    ASSERT_NE(part("forge/gpu0", "trainer"), nullptr);
    EXPECT_EQ(part("forge/gpu0", "trainer")->shape->memory_limit, 8 * kGi);
    EXPECT_EQ(part("forge/gpu0", "cart"), nullptr);
}

TEST_F(Mirror, AGpuThatIsNotKnownIsShownAsAUnitThatIsNot) {
    docker::Container odd = running("odd", kGi);
    odd.gpus = {"GPU-a", "nvidia.com/gpu=0"};  // part of a UUID, and a name of CDI
    show_containers("forge", {odd}, gpus_, state_);
    for (const char* unit : {"forge/gpuGPU-a", "forge/gpunvidia.com/gpu=0"}) {
        EXPECT_NE(part(unit, "odd"), nullptr) << unit;
        EXPECT_EQ(state_.find_node(unit), cluster::kNone) << unit;
    }
    odd.gpus.clear();
    odd.all_gpus = true;
    show_containers("forge", {odd}, {}, state_);
    EXPECT_NE(part("forge/gpus", "odd"), nullptr) << "the driver's figures have not come";
}

TEST_F(Mirror, VramThatIsStatedCountsBeforeItIsLoaded) {
    docker::Container trainer = running("trainer", 4 * kGi);
    trainer.gpus = {"0"};
    trainer.labels[docker::kVramLabel] = std::to_string(8 * kGi);
    show_containers("forge", {trainer}, gpus_, state_);
    show_gpu_use("forge", gpus_, 1'000'000, state_);
    EXPECT_EQ(used("forge/gpu0"), 8 * kGi) << "loading, the driver shows one";
    gpus_[0].used = 11 * kGi;
    show_gpu_use("forge", gpus_, 2'000'000, state_);
    EXPECT_EQ(used("forge/gpu0"), 11 * kGi) << "the driver knows of more";
}

TEST_F(Mirror, ABoundThatNoMachineReachesIsNone) {
    docker::Container huge = running("huge", std::numeric_limits<std::int64_t>::max() - 4096);
    huge.gpus = {"0"};
    huge.labels[docker::kVramLabel] = "9223372036854771712";
    show_containers("forge", {huge}, gpus_, state_);
    EXPECT_FALSE(part("", "huge")->shape->memory_limit);
    EXPECT_FALSE(part("forge/gpu0", "huge")->shape->memory_limit);
}

}  // namespace
}  // namespace helix::silo
