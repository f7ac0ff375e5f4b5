#include "tests/silos/silo_service.hpp"

// The service is killed (SIGKILL) while it makes a container; the next one ends the cycle by what the host shows.
namespace helix::silo_test {
namespace {

class Killed : public testing::Test {
protected:
    void SetUp() override {
        if (!DockerHost::available())
            GTEST_SKIP() << "needs root, openssh-server, docker.io (scripts/setup), and to be no container";
        host_ = std::make_unique<DockerHost>(DockerHost::Options{});
    }

    [[nodiscard]] std::unique_ptr<SiloService> start(const std::vector<std::string>& environment = {}) const {
        return std::make_unique<SiloService>(host_->folder(), std::vector<const DockerHost*>{host_.get()},
                                             "lease_s: 3\nrecovery_grace_s: 1\n", environment);
    }

    /// Makes the container `name` with a service that dies at `place`; the receipt that the next one writes.
    json killed_at(const std::string& place, const std::string& name) {
        service_.reset();
        {
            auto service = start({"HELIX_FAULT=" + place + ":1"});
            EXPECT_TRUE(service->ready());
            const json spec = {{"image", "eater:1"}, {"memory", "32Mi"}, {"network", "none"}, {"args", {"8"}}};
            SiloService::Answer answer;
            EXPECT_TRUE(eventually(20, [&] {  // not while it ends what the one before left
                answer = service->run("forge", name, spec);
                return answer.status != 503;
            }));
            EXPECT_EQ(answer.status, 0) << "nobody was told: " << answer.body.dump(1);
        }
        service_ = start();
        json receipt;
        EXPECT_TRUE(eventually(40, [&] {
            for (const json& record : service_->records("helix.cycle"))
                for (const json& step : record.at("body").at("actions"))
                    if (record.at("body").value("recovered", false) &&
                        step.at("action").at("object").at("name") == name)
                        receipt = step;
            return !receipt.is_null();
        }));
        return receipt;
    }

    std::unique_ptr<DockerHost> host_;
    std::unique_ptr<SiloService> service_;
};

TEST_F(Killed, AtEachStepOfMakingAContainer) {
    EXPECT_EQ(killed_at("write.before", "unsent").value("outcome", ""), "not-applied");
    EXPECT_EQ(host_->docker({"ps", "-aq", "--filter", "name=unsent"}), "");

    EXPECT_EQ(killed_at("write.after", "done").value("outcome", ""), "applied");
    EXPECT_NE(host_->docker({"ps", "-q", "--filter", "name=done"}), "");

    const json half = killed_at("silo.created", "half");
    EXPECT_EQ(half.value("outcome", ""), "unknown");
    EXPECT_NE(half.value("detail", "").find("made, not started"), std::string::npos) << half.dump(1);
    EXPECT_NE(host_->docker({"ps", "-aq", "--filter", "name=half"}), "");
    EXPECT_EQ(service_->act("forge", "start", "half").status, 201) << "writes go on";
}

}  // namespace
}  // namespace helix::silo_test
