#include <csignal>

#include <pwd.h>
#include <unistd.h>

#include "tests/silos/silo_service.hpp"

// One Docker host behind a real sshd, with a real engine, and the real service.
namespace helix::silo_test {
namespace {

class Silo : public testing::Test {
protected:
    static void SetUpTestSuite() {
        if (!DockerHost::available()) return;
        host_ = std::make_unique<DockerHost>(DockerHost::Options{});
        service_ = std::make_unique<SiloService>(host_->folder(), std::vector<const DockerHost*>{host_.get()});
        ASSERT_TRUE(service_->ready());
    }
    static void TearDownTestSuite() {
        service_.reset();
        host_.reset();
    }
    void SetUp() override {
        if (!DockerHost::available())
            GTEST_SKIP() << "needs root, openssh-server, docker.io (scripts/setup), and to be no container";
    }

    static std::string running() { return host_->docker({"ps", "--format", "{{.Names}}"}); }
    static json spec(const std::string& memory, const std::string& holds = "16") {
        return {{"image", "eater:1"}, {"memory", memory}, {"network", "none"}, {"args", {holds}}};
    }
    /// Waits until the service shows the memory of a container.
    static std::int64_t used_by(const std::string& name) {
        std::int64_t used = -1;
        EXPECT_TRUE(eventually(20, [&] {
            for (const json& one : service_->items("/v1/workloads?target=forge&kind=Container"))
                if (one.at("name") == name && one.contains("used")) used = one.at("used");
            return used > 0;
        }));
        return used;
    }

    static std::unique_ptr<DockerHost> host_;
    static std::unique_ptr<SiloService> service_;
};

std::unique_ptr<DockerHost> Silo::host_;
std::unique_ptr<SiloService> Silo::service_;

TEST_F(Silo, RefusesALimitThatWouldBreakTheFloorAndRunsTheSmallerOne) {
    const json unit = service_->unit("forge");
    ASSERT_FALSE(unit.is_null());
    const std::int64_t headroom = unit.at("headroom");
    const auto refused = service_->run("forge", "big", spec(std::to_string(headroom + (std::int64_t{1} << 30))));
    EXPECT_EQ(refused.status, 409);
    const json verdict = refused.body.at("verdict");
    EXPECT_EQ(verdict.at("why"), "floor-break");
    EXPECT_TRUE(verdict.contains("certificate")) << verdict.dump(1);
    EXPECT_TRUE(verdict.contains("counterexample"));
    EXPECT_EQ(host_->docker({"ps", "-aq", "--filter", "name=big"}), "");

    const auto made = service_->run("forge", "small", spec("64Mi"));
    ASSERT_EQ(made.status, 201) << made.body.dump(1);
    EXPECT_NE(running().find("small"), std::string::npos);
    EXPECT_EQ(host_->docker({"inspect", "-f", "{{.HostConfig.Memory}} {{index .Config.Labels \"helix.eose.ca/actor\"}}",
                             "small"}),
              "67108864 local\n");
    const json receipt = service_->get("/v1/ledger/" + made.body.at("ledger").at("receipt_seq").dump()).body;
    EXPECT_EQ(receipt.at("kind"), "helix.cycle");
    EXPECT_EQ(receipt.at("target"), "forge");
}

TEST_F(Silo, WithoutALimitTheMemoryIsUnknownAndNothingRuns) {
    const auto refused = service_->run("forge", "boundless", {{"image", "eater:1"}, {"network", "none"}});
    EXPECT_EQ(refused.status, 409);
    EXPECT_EQ(refused.body.at("verdict").at("why"), "unknown-memory");
    EXPECT_EQ(host_->docker({"ps", "-aq", "--filter", "name=boundless"}), "");
}

TEST_F(Silo, ShowsMemoryAsDockersOwnCommandLineDoes) {
    ASSERT_EQ(service_->run("forge", "counted", spec("128Mi", "50")).status, 201);
    std::int64_t used = 0;
    ASSERT_TRUE(eventually(20, [&] {
        for (const json& one : service_->items("/v1/workloads?target=forge&kind=Container"))
            if (one.at("name") == "counted") used = one.value("used", std::int64_t{0});
        return used > 50 << 20;
    }));
    const json line = json::parse(host_->docker({"stats", "--no-stream", "--format", "{{json .}}", "counted"}));
    const double mebi = std::stod(line.at("MemUsage").get<std::string>());
    EXPECT_NEAR(static_cast<double>(used) / (1 << 20), mebi, 1.0) << line.dump();
}

TEST_F(Silo, StopsAndRemovesWithAReasonOnly) {
    ASSERT_EQ(service_->run("forge", "goes", spec("32Mi")).status, 201);
    for (const char* verb : {"stop", "delete"}) {
        const auto mute = service_->act("forge", verb, "goes");
        EXPECT_EQ(mute.status, 422) << mute.body.dump(1);
        const auto idle = service_->act("forge", verb, "goes", {{"reason", "tidying up"}});
        EXPECT_EQ(idle.status, 422);
    }
    EXPECT_NE(running().find("goes"), std::string::npos);
    const auto stopped = service_->act("forge", "stop", "goes", {{"reason", kReason}});
    EXPECT_EQ(stopped.status, 201) << stopped.body.dump(1);
    EXPECT_EQ(running().find("goes"), std::string::npos);
    const auto removed = service_->act("forge", "delete", "goes", {{"reason", kReason}});
    EXPECT_EQ(removed.status, 201) << removed.body.dump(1);
    EXPECT_EQ(host_->docker({"ps", "-aq", "--filter", "name=goes"}), "");
}

TEST_F(Silo, StartsRestartsAndChangesLimits) {
    ASSERT_EQ(service_->run("forge", "lives", spec("64Mi")).status, 201);
    const auto began = [&] { return host_->docker({"inspect", "-f", "{{.State.StartedAt}}", "lives"}); };
    const std::string first = began();
    const auto restarted = service_->act("forge", "restart", "lives");
    EXPECT_EQ(restarted.status, 201) << restarted.body.dump(1);
    EXPECT_NE(began(), first);

    const auto grown =
        service_->act("forge", "set-resources", "lives", {{"resources", {{"limits", {{"memory", "96Mi"}}}}}});
    EXPECT_EQ(grown.status, 201) << grown.body.dump(1);
    EXPECT_EQ(host_->docker({"inspect", "-f", "{{.HostConfig.Memory}}", "lives"}), "100663296\n");
    const std::int64_t much = service_->unit("forge").at("capacity");
    const auto too_much = service_->act("forge", "set-resources", "lives",
                                        {{"resources", {{"limits", {{"memory", std::to_string(much)}}}}}});
    EXPECT_EQ(too_much.status, 409) << too_much.body.dump(1);
    EXPECT_EQ(host_->docker({"inspect", "-f", "{{.HostConfig.Memory}}", "lives"}), "100663296\n");

    ASSERT_EQ(service_->act("forge", "stop", "lives", {{"reason", kReason}}).status, 201);
    const auto started = service_->act("forge", "start", "lives");
    EXPECT_EQ(started.status, 201) << started.body.dump(1);
    EXPECT_NE(running().find("lives"), std::string::npos);
    const auto again = service_->act("forge", "start", "lives");
    EXPECT_EQ(again.status, 201) << "what runs is started already: " << again.body.dump(1);
}

TEST_F(Silo, IsWrittenToFromTheCommandLine) {
    const auto helix = [](std::vector<std::string> words) {
        words.insert(words.begin(),
                     {test_support::ServeProcess::program(), "--server",
                      "http://127.0.0.1:" + std::to_string(service_->process().port()), "--target", "forge"});
        return test_support::run_process(words);
    };
    EXPECT_EQ(helix({"act", "run", "typed", "--image", "eater:1", "--memory", "32Mi", "--network", "none", "-e", "A=b",
                     "--", "8", "--port", "80"})
                  .exit_code,
              0);
    EXPECT_EQ(host_->docker({"inspect", "-f", "{{.Config.Cmd}} {{.HostConfig.Memory}}", "typed"}),
              "[8 --port 80] 33554432\n");
    EXPECT_EQ(helix({"act", "set-resources", "container/typed", "--limits", "memory=48Mi"}).exit_code, 0);
    EXPECT_EQ(helix({"act", "restart", "container/typed"}).exit_code, 0);
    EXPECT_NE(helix({"act", "stop", "typed"}).exit_code, 0) << "without a reason";
    EXPECT_EQ(helix({"act", "stop", "typed", "--grace-period", "1", "--reason", kReason}).exit_code, 0);
    EXPECT_EQ(helix({"act", "start", "typed"}).exit_code, 0);
    EXPECT_EQ(helix({"act", "delete", "container/typed", "--reason", kReason}).exit_code, 0);
    EXPECT_EQ(host_->docker({"ps", "-aq", "--filter", "name=typed"}), "");
}

TEST_F(Silo, WhatCannotStartLeavesNothingBehind) {
    json broken = spec("32Mi");
    broken["command"] = {"/no-such-program"};
    const auto failed = service_->run("forge", "broken", broken);
    EXPECT_EQ(failed.status, 422) << failed.body.dump(1);
    EXPECT_EQ(failed.body.at("cycle").at("actions").at(0).at("outcome"), "not-applied");
    EXPECT_EQ(host_->docker({"ps", "-aq", "--filter", "name=broken"}), "");
    const auto no_image = service_->run("forge", "imageless", {{"image", "nobody:9"}, {"memory", "32Mi"}});
    EXPECT_EQ(no_image.status, 404);
    EXPECT_NE(no_image.body.dump().find("No such image"), std::string::npos) << no_image.body.dump(1);
}

TEST_F(Silo, ANameIsNeverAShellsWord) {
    const std::filesystem::path pwned = std::filesystem::current_path() / "pwned";
    for (const std::string name : {"x;touch pwned", "$(touch pwned)", "a b", "-rf", "../x", "x\ntouch pwned"}) {
        EXPECT_EQ(service_->run("forge", name, spec("32Mi")).status, 422) << name;
        EXPECT_EQ(service_->act("forge", "delete", name, {{"reason", kReason}}).status, 422) << name;
    }
    // What is data to the engine stays data: an argument may hold anything.
    json odd = spec("32Mi", "8;touch /pwned");
    odd["env"] = {{"X", "$(touch /pwned)"}};
    EXPECT_EQ(service_->run("forge", "odd", odd).status, 201);
    EXPECT_FALSE(std::filesystem::exists(pwned));
    EXPECT_FALSE(std::filesystem::exists("/pwned"));
    EXPECT_FALSE(std::filesystem::exists(std::filesystem::path(::getpwuid(::geteuid())->pw_dir) / "pwned"));
}

TEST_F(Silo, WhatClustersAloneHaveIsRefused) {
    const auto scaled = service_->act({{"target", "forge"},
                                       {"verb", "scale"},
                                       {"object", {{"kind", "Deployment"}, {"namespace", "x"}, {"name", "x"}}},
                                       {"replicas", 1}});
    EXPECT_EQ(scaled.status, 404) << scaled.body.dump(1);
    const auto evicted = service_->act("forge", "evict", "small", {{"reason", kReason}});
    EXPECT_EQ(evicted.status, 422) << evicted.body.dump(1);
}

TEST_F(Silo, SeesWhatOthersDoOnTheHostByItsEvents) {
    // One that looks by itself after two minutes only: what it sees before, events have told.
    const std::filesystem::path folder = host_->folder() / "seldom";
    std::filesystem::create_directory(folder);
    const SiloService seldom(folder, {host_.get()}, "", {}, 120);
    ASSERT_TRUE(seldom.ready());
    host_->docker({"run", "-d", "--name", "stranger", "--network", "none", "-m", "32m", "eater:1", "8"});
    EXPECT_TRUE(eventually(60, [&] {
        for (const json& one : seldom.items("/v1/workloads?target=forge&kind=Container"))
            if (one.at("name") == "stranger" && one.at("pods") == 1) return true;
        return false;
    }));
    host_->docker({"rm", "-f", "stranger"});
    EXPECT_TRUE(eventually(60, [&] {
        for (const json& one : seldom.items("/v1/workloads?target=forge&kind=Container"))
            if (one.at("name") == "stranger") return false;
        return true;
    }));
}

TEST_F(Silo, PublishesItsContainersOnTheBus) {
    std::string stream;
    httplib::Client client("127.0.0.1", service_->process().port());
    client.set_read_timeout(10);
    client.Get("/v1/stream?types=silo.stats", [&](const char* data, std::size_t size) {
        stream.append(data, size);
        return stream.find("\n\n") == std::string::npos || stream.find("silo.stats") == std::string::npos;
    });
    const std::size_t at = stream.find("data: ");
    ASSERT_NE(at, std::string::npos) << stream;
    const json event = json::parse(stream.substr(at + 6, stream.find('\n', at) - at - 6));
    EXPECT_EQ(event.at("data").at("target"), "forge");
    EXPECT_TRUE(event.at("data").at("containers").is_array());
}

TEST_F(Silo, ShowsItsUnitAndItsContainersOnThePage) {
    ASSERT_TRUE(std::filesystem::exists("/usr/bin/chromium")) << "scripts/setup installs it";
    ASSERT_EQ(service_->run("forge", "seen", spec("32Mi")).status, 201);
    const std::string url = "http://127.0.0.1:" + std::to_string(service_->process().port()) + "/";
    std::string page;
    EXPECT_TRUE(eventually(60, [&] {
        page = test_support::run_process({"/usr/bin/timeout", "30", "/usr/bin/chromium", "--headless", "--no-sandbox",
                                          "--disable-gpu", "--disable-dev-shm-usage", "--virtual-time-budget=5000",
                                          "--dump-dom", url})
                   .output;
        return page.find(">seen<") != std::string::npos;
    })) << page;
    const std::string containers = page.substr(std::min(page.find("id=\"containers\""), page.size()));
    EXPECT_NE(containers.find(">forge<"), std::string::npos) << containers;
    EXPECT_NE(containers.find("32.0 MiB"), std::string::npos) << containers;
    EXPECT_NE(page.find("14.134725141734693"), std::string::npos);
}

TEST_F(Silo, AHostKeyThatChangesIsRefusedWithinATickAndRecorded) {
    const auto before = service_->records("silo.host_key").size();
    host_->stop_sshd();
    host_->change_host_key();
    const std::size_t logged = host_->sshd_log().size();
    host_->start_sshd();
    ASSERT_TRUE(eventually(20, [&] { return service_->records("silo.host_key").size() > before; }));
    const std::string problem = service_->target("forge").value("problem", "");
    EXPECT_NE(problem.find("changed"), std::string::npos) << problem;
    EXPECT_NE(problem.find("SHA256:"), std::string::npos) << problem;
    EXPECT_EQ(host_->sshd_log().find("Accepted publickey", logged), std::string::npos)
        << "only the connections before the change logged in";
    const auto write = service_->run("forge", "untold", spec("16Mi"));
    EXPECT_NE(write.status, 201);
}

}  // namespace
}  // namespace helix::silo_test
