#include <csignal>
#include <thread>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/silos/silo_service.hpp"
#include "tests/support/kernel_sockets.hpp"

// The five silos of the seed: five real sshds and five real Docker engines, and the real service over them.
namespace helix::silo_test {
namespace {

using namespace test_support;

constexpr const char* kNames[] = {"forge", "msclo", "yone", "pcdev", "lounge"};
constexpr int kTicks = 60;

class Fleet : public testing::Test {
protected:
    static void SetUpTestSuite() {
        if (!DockerHost::available()) return;
        for (const char* name : kNames)
            hosts_.push_back(std::make_unique<DockerHost>(DockerHost::Options{.name = name}));
        // A recorded answer of nvidia-smi from a stand-in: these machines have no GPU.
        hosts_[0]->put_program("nvidia-smi", kGpu);
        std::vector<const DockerHost*> all;
        for (const auto& host : hosts_) all.push_back(host.get());
        service_ = std::make_unique<SiloService>(hosts_[0]->folder(), all, "metrics_age_max_s: 5\n");
        ASSERT_TRUE(service_->ready());
    }
    static void TearDownTestSuite() {
        service_.reset();
        hosts_.clear();
    }
    void SetUp() override {
        if (!DockerHost::available())
            GTEST_SKIP() << "needs root, openssh-server, docker.io (scripts/setup), and to be no container";
    }

    static void hang(const std::vector<pid_t>& stopped, const std::string& name);
    static double figure(const std::string& name, const std::string& target) {
        return metric(service_->metrics(), name, "target=\"" + target + "\"");
    }
    static bool stale(const std::string& unit) { return service_->unit(unit).at("stale"); }
    static std::string scraped(const std::string& unit) { return service_->unit(unit).value("scraped_at", ""); }
    /// Whether each of `units` gets new figures `times` times: so soon that none waits every time for what hangs, which
    /// would take 10 s.
    static bool go_on(const std::vector<std::string>& units, std::size_t times, int within_s) {
        std::map<std::string, std::set<std::string>> seen;
        return eventually(within_s, [&] {
            bool all = true;
            for (const std::string& unit : units) {
                seen[unit].insert(scraped(unit));
                all = all && seen[unit].size() > times && !stale(unit);
            }
            return all;
        });
    }

    static constexpr const char* kGpu =
        "echo '0, GPU-5b5d7a1e-8f6b-11ee-b9d1-0242ac120002, NVIDIA GeForce RTX 3090, 24576, 1234'";
    static std::vector<std::unique_ptr<DockerHost>> hosts_;
    static std::unique_ptr<SiloService> service_;
};

std::vector<std::unique_ptr<DockerHost>> Fleet::hosts_;
std::unique_ptr<SiloService> Fleet::service_;

json small(const std::string& memory = "32Mi") {
    return {{"image", "eater:1"}, {"memory", memory}, {"network", "none"}, {"args", {"8"}}};
}

TEST_F(Fleet, ShowsHostsAndGpusSideBySide) {
    for (const char* name : kNames) {
        const json unit = service_->unit(name);
        ASSERT_FALSE(unit.is_null()) << name;
        EXPECT_GT(unit.at("used"), 0);
    }
    ASSERT_TRUE(eventually(10, [] { return !service_->unit("forge/gpu0").is_null(); }));
    EXPECT_EQ(service_->unit("forge/gpu0").at("capacity"), 24576LL << 20);
    EXPECT_EQ(service_->unit("forge/gpu0").at("used"), 1234LL << 20);
    EXPECT_TRUE(service_->unit("yone/gpu0").is_null()) << "no nvidia-smi is no GPU, and no error";
    EXPECT_EQ(service_->target("yone").value("problem", ""), "");
}

TEST_F(Fleet, AGpuHasAFloorOfItsOwn) {
    json asks = small();
    asks["gpus"] = {"0"};
    asks["vram"] = "20Gi";
    const auto refused = service_->run("forge", "trainer", asks);
    EXPECT_EQ(refused.status, 409) << refused.body.dump(1);
    EXPECT_NE(refused.body.dump().find("forge/gpu0"), std::string::npos);
    asks.erase("vram");
    EXPECT_EQ(service_->run("forge", "trainer", asks).body.at("verdict").at("why"), "unknown-memory");
    asks["vram"] = "8Gi";
    asks["gpus"] = {"7"};
    EXPECT_EQ(service_->run("forge", "trainer", asks).status, 409) << "there is no such GPU";
    // The engine has no GPU here, so that what the gate lets pass ends there.
    asks["gpus"] = {"0"};
    const auto passed = service_->run("forge", "trainer", asks);
    EXPECT_EQ(passed.status, 502) << passed.body.dump(1);
    EXPECT_EQ(passed.body.at("cycle").at("actions").at(0).at("outcome"), "not-applied");
    EXPECT_EQ(hosts_[0]->docker({"ps", "-aq", "--filter", "name=trainer"}), "");
}

TEST_F(Fleet, SixtyTicksOpenNoConnection) {
    for (const char* name : kNames) ASSERT_EQ(service_->run(name, "warm", small()).status, 201);
    const pid_t pid = service_->process().pid();
    std::map<std::string, std::set<std::uint64_t>> sockets;
    std::map<std::string, double> requests;
    for (std::size_t i = 0; i < hosts_.size(); ++i) {
        sockets[kNames[i]] = sockets_towards(hosts_[i]->port(), pid);
        EXPECT_EQ(sockets[kNames[i]].size(), 1U) << kNames[i];
        EXPECT_EQ(figure("helix_tcp_connections_opened_total", kNames[i]), 1);
        requests[kNames[i]] = figure("helix_target_requests_total", kNames[i]);
    }
    const std::size_t files = open_files(pid);
    const std::size_t tasks = threads(pid);
    std::set<std::string> seen;
    ASSERT_TRUE(eventually(150, [&] {
        seen.insert(scraped("lounge"));
        return seen.size() > kTicks;
    }));
    for (std::size_t i = 0; i < hosts_.size(); ++i) {
        EXPECT_EQ(sockets_towards(hosts_[i]->port(), pid), sockets[kNames[i]]) << kNames[i];
        EXPECT_EQ(connections_of_port(hosts_[i]->port()).size(), 1U) << kNames[i];
        EXPECT_EQ(figure("helix_tcp_connections_opened_total", kNames[i]), 1);
        EXPECT_GE(figure("helix_target_requests_total", kNames[i]), requests[kNames[i]] + kTicks);
    }
    EXPECT_LE(open_files(pid), files + 2);
    EXPECT_EQ(threads(pid), tasks);
    std::printf("%d ticks, 5 silos: 5 TCP connections, 0 new; %zu open files before, %zu after\n", kTicks, files,
                open_files(pid));
}

/// Stops `stopped`, which yone lives by, for a while. Containers of that name show what can be written meanwhile.
void Fleet::hang(const std::vector<pid_t>& stopped, const std::string& name) {
    ASSERT_EQ(service_->run("yone", name, small()).status, 201);
    for (const pid_t pid : stopped) ::kill(pid, SIGSTOP);
    ASSERT_TRUE(eventually(30, [] { return stale("yone"); }));
    for (const char* other : {"forge", "msclo", "pcdev", "lounge"}) EXPECT_FALSE(stale(other)) << other;
    EXPECT_TRUE(go_on({"forge", "msclo", "pcdev", "lounge"}, 5, 30));
    EXPECT_EQ(service_->run("lounge", name, small()).status, 201);
    const auto begun = std::chrono::steady_clock::now();
    const auto write = service_->act("yone", "restart", name);
    EXPECT_EQ(write.status, 409) << write.body.dump(1);
    EXPECT_EQ(write.body.at("verdict").at("why"), "stale-metrics");
    EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(2));
    for (const pid_t pid : stopped) ::kill(pid, SIGCONT);
    EXPECT_TRUE(eventually(40, [] { return !stale("yone"); }));
    EXPECT_EQ(service_->act("yone", "restart", name).status, 201);
}

TEST_F(Fleet, OneThatHangsDelaysNobodyAndItsWritesAreBreak) {
    std::vector<pid_t> sshd = hosts_[2]->sshd_sessions();
    sshd.push_back(hosts_[2]->sshd());
    hang(sshd, "beside-ssh");
}

TEST_F(Fleet, AnEngineThatHangsBehindAHostThatAnswersIsTheSame) {
    hang({hosts_[2]->engine()}, "beside-engine");
}

TEST_F(Fleet, OneThatLiesKeepsItsOldFiguresAndTheyAge) {
    DockerHost& liar = *hosts_[3];  // pcdev
    for (const char* lie : {"echo garbage", "printf 'MemTotal: 100 kB\\nMemAvail'", "exit 3",
                            "printf 'MemTotal: 100 kB\\nMemAvailable: 900 kB\\n'", "head -c 3000000 /dev/zero"}) {
        const json before = service_->unit("pcdev");
        liar.put_program("cat", lie);
        ASSERT_TRUE(eventually(30, [] { return stale("pcdev"); })) << lie;
        EXPECT_EQ(service_->unit("pcdev").at("capacity"), before.at("capacity")) << lie;
        EXPECT_NE(service_->target("pcdev").value("problem", ""), "") << lie;
        EXPECT_FALSE(stale("forge")) << lie;
        std::filesystem::remove(liar.folder() / "bin" / "cat");
        ASSERT_TRUE(eventually(30, [] { return !stale("pcdev"); })) << lie;
    }
}

TEST_F(Fleet, ADriverThatHangsIsSaidAndLeavesItsHostFresh) {
    DockerHost& host = *hosts_[0];  // forge
    host.put_program("nvidia-smi", "sleep 600");
    const auto hangs = [] {
        return service_->target("forge").value("problem", "").find("nvidia-smi hangs") != std::string::npos;
    };
    ASSERT_TRUE(eventually(40, hangs)) << service_->target("forge").dump(1);
    ASSERT_TRUE(go_on({"forge"}, 12, 60)) << "more ticks than the host has sessions for";
    EXPECT_TRUE(stale("forge/gpu0"));
    EXPECT_TRUE(hangs()) << "it is said as long as it is so";
    host.put_program("nvidia-smi", kGpu);
    for (const pid_t session : host.sshd_sessions()) ::kill(session, SIGKILL);
    EXPECT_TRUE(eventually(40, [] { return !stale("forge/gpu0"); }));
}

TEST_F(Fleet, OneThatDiesComesBack) {
    DockerHost& dies = *hosts_[1];  // msclo
    dies.stop_sshd();
    ASSERT_TRUE(eventually(30, [] { return stale("msclo"); }));
    EXPECT_FALSE(stale("forge"));
    dies.start_sshd();
    EXPECT_TRUE(eventually(45, [] { return !stale("msclo"); }));
    EXPECT_EQ(figure("helix_tcp_connections_opened_total", "msclo"), 2);
    EXPECT_EQ(service_->run("msclo", "again", small()).status, 201);
}

}  // namespace
}  // namespace helix::silo_test
