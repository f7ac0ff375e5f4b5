#include <fstream>
#include <set>

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/serve_cluster/event_counter.hpp"
#include "tests/support/kernel_sockets.hpp"
#include "tests/support/relay.hpp"
#include "tests/support/serve_process.hpp"
#include "tests/support/test_cluster.hpp"

// Sixty ticks of the running service open no connection towards the API server. The same cluster is two targets: one
// directly, where the kernel's table is looked at, and one through a relay that counts what it accepts.
namespace helix::serve_test {
namespace {

using namespace test_support;
using nlohmann::json;

constexpr const char* kTargets[] = {"direct", "relayed"};
constexpr int kTicks = 60;

class SixtyTicks : public testing::Test {
protected:
    void SetUp() override {
        if (!TestCluster::available()) GTEST_SKIP() << "build the target testcluster first";
        cluster_ = TestCluster::start();
        const std::vector<std::string> load{"load", "--nodes", "4", "--pods", "8", "--deployments", "2"};
        ASSERT_EQ(cluster_->run(load).exit_code, 0);
        ASSERT_EQ(cluster_->run({"wait-metrics"}).exit_code, 0);
        relay_ = std::make_unique<Relay>(*cluster_);
        write_kubeconfig();
        std::ofstream(path("helix.yaml"))
            << "tick_s: 1\nmetrics_every_s: 1\nlisten: 127.0.0.1:0\nledger: " << path("ledger.db") << "\nkubeconfig: ["
            << path("two.json") << "]\n"
            << "targets: [{name: direct, context: direct}, {name: relayed, context: "
               "relayed}]\nlog_level: error\n";
        service_ = std::make_unique<ServeProcess>(std::vector<std::string>{"--config", path("helix.yaml")});
        client_ = service_->client();
        ASSERT_TRUE(eventually(60, [&] { return client_->Get("/readyz")->status == 200; }));
    }

    [[nodiscard]] std::string path(const std::string& file) const { return (cluster_->dir() / file).string(); }

    /// One file with two contexts: the same user, the API server itself and the relay before it.
    void write_kubeconfig() const {
        const auto read = [](const std::string& file) { return json::parse(std::ifstream(file)); };
        json config = read(cluster_->kubeconfig().string());
        json cluster = config.at("clusters").at(0).at("cluster");
        json clusters = json::array({{{"name", "direct"}, {"cluster", cluster}}});
        cluster["server"] = relay_->url();
        clusters.push_back({{"name", "relayed"}, {"cluster", cluster}});
        json contexts = json::array();
        for (const char* name : kTargets)
            contexts.push_back({{"name", name}, {"context", {{"cluster", name}, {"user", "dev-admin"}}}});
        config["clusters"] = clusters;
        config["contexts"] = contexts;
        config["current-context"] = "direct";
        std::ofstream(path("two.json")) << config.dump();
    }

    /// One write and one question to the gate, both of which reach the API server.
    void write_and_ask(const std::string& target, int number) {
        const json object = {{"kind", "Deployment"}, {"namespace", "load"}, {"name", "load-000"}};
        const json label = {{"target", target},
                            {"verb", "label"},
                            {"object", object},
                            {"set", {{"tick-" + target, std::to_string(number)}}}};
        const auto written = client_->Post("/v1/actions", {{"Idempotency-Key", target + "-" + std::to_string(number)}},
                                           label.dump(), "application/json");
        ASSERT_TRUE(written);
        ASSERT_EQ(written->status, 201) << written->body;
        const json patch = {{"target", target},
                            {"verb", "patch"},
                            {"object", object},
                            {"patch", {{"spec", {{"minReadySeconds", number}}}}}};
        const auto asked = client_->Post("/v1/gate", patch.dump(), "application/json");
        ASSERT_TRUE(asked);
        ASSERT_EQ(asked->status, 200) << asked->body;
    }

    [[nodiscard]] double figure(const std::string& name, const std::string& target) const {
        return metric(client_->Get("/metrics")->body, name, "target=\"" + target + "\"");
    }

    /// Callers of `port` that are not in `known`; those that another living process holds are, from now on.
    static std::set<std::string> strangers(int port, std::set<std::string>& known, const std::set<std::uint64_t>& own) {
        std::set<std::string> found;
        for (const auto& [caller, inode] : connections_of_port(port)) {
            if (known.contains(caller)) continue;
            if (inode != 0 && !own.contains(inode)) {
                known.insert(caller);
            } else {
                found.insert(caller);
            }
        }
        return found;
    }

    static void connect_and_close(int port) {
        sockaddr_in there{};
        there.sin_family = AF_INET;
        there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        there.sin_port = htons(static_cast<std::uint16_t>(port));
        const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        EXPECT_EQ(::connect(fd, reinterpret_cast<const sockaddr*>(&there), sizeof there), 0);
        ::close(fd);
    }

    std::unique_ptr<TestCluster> cluster_;
    std::unique_ptr<Relay> relay_;
    std::unique_ptr<ServeProcess> service_;
    std::unique_ptr<httplib::Client> client_;
};

TEST_F(SixtyTicks, OpenNoConnectionByAnybodysCount) {
    const EventCounter ticks(service_->port(), "/v1/stream?types=pod.count&targets=direct&snapshot=0", "pod.count");
    for (int warm = 0; warm < 3; ++warm)
        for (const char* target : kTargets) ASSERT_NO_FATAL_FAILURE(write_and_ask(target, warm));
    const pid_t pid = service_->pid();
    std::size_t files = open_files(pid);
    const std::uint64_t warmed = ticks.count();
    ASSERT_TRUE(eventually(20, [&] {
        files = std::min(files, open_files(pid));  // without the one that the ledger's keeper has now and then
        return ticks.count() >= warmed + 3;
    }));

    const int port = port_of(api_server_url(*cluster_));
    const auto sockets = sockets_towards(port, pid);
    std::set<std::string> known;
    for (const auto& [caller, inode] : connections_of_port(port)) known.insert(caller);
    const auto accepted = relay_->stats().accepted_ms.size();
    double opened[2], requests[2];
    for (int i = 0; i < 2; ++i) {
        opened[i] = figure("helix_tcp_connections_opened_total", kTargets[i]);
        requests[i] = figure("helix_target_requests_total", kTargets[i]);
    }
    EXPECT_EQ(static_cast<double>(sockets.size()), opened[0]) << "what the kernel shows is what we count ourselves";
    EXPECT_EQ(static_cast<double>(accepted), opened[1]) << "what the server accepted is what we count ourselves";
    const std::size_t tasks = threads(pid);

    const std::uint64_t begun = ticks.count();
    int written = 0;
    std::set<std::uint64_t> held;
    std::set<std::string> unknown;
    std::size_t files_most = files, tasks_most = tasks;
    for (int tick = 1; tick <= kTicks; ++tick) {
        const std::uint64_t wanted = begun + static_cast<std::uint64_t>(tick);
        ASSERT_TRUE(eventually(30, [&] {  // looks at the kernel's table every 20 ms
            for (const std::uint64_t inode : sockets_towards(port, pid)) held.insert(inode);
            for (const std::string& caller : strangers(port, known, sockets)) unknown.insert(caller);
            return ticks.count() >= wanted;
        }));
        ASSERT_EQ(held, sockets) << "tick " << tick;
        ASSERT_EQ(unknown, std::set<std::string>{}) << "tick " << tick;
        files_most = std::max(files_most, open_files(pid));
        tasks_most = std::max(tasks_most, threads(pid));
        if (tick % 6 != 0) continue;
        for (const char* target : kTargets) ASSERT_NO_FATAL_FAILURE(write_and_ask(target, 100 + tick));
        ++written;
    }

    EXPECT_EQ(relay_->stats().accepted_ms.size(), accepted) << "counted by the server";
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(figure("helix_tcp_connections_opened_total", kTargets[i]), opened[i]) << kTargets[i];
        EXPECT_EQ(figure("helix_target_synced", kTargets[i]), 1) << kTargets[i];
        const double sent = figure("helix_target_requests_total", kTargets[i]) - requests[i];
        EXPECT_GE(sent, kTicks) << kTargets[i];
        RecordProperty(std::string("requests_") + kTargets[i], static_cast<int>(sent));
        std::cout << kTargets[i] << ": " << sent << " requests, " << opened[i] << " connections before and after\n";
    }
    std::cout << written << " writes and dry runs per target; open files " << files << ", at most " << files_most
              << "; threads " << tasks << ", at most " << tasks_most << "\n";
    EXPECT_LE(files_most, files + 1);
    EXPECT_TRUE(eventually(10, [&] { return open_files(pid) == files; })) << open_files(pid) << " of " << files;
    EXPECT_EQ(tasks_most, tasks);
    connect_and_close(port);
    EXPECT_EQ(strangers(port, known, sockets).size(), 1U) << "a connection that came and went is seen";
    client_.reset();
    EXPECT_EQ(service_->stop(), 0);
}

}  // namespace
}  // namespace helix::serve_test
