#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include "adapters/kubeconfig/exec_plugin.hpp"
#include "adapters/kubeconfig/resolve.hpp"
#include "tests/kubeconfig/folder.hpp"

namespace helix::kubeconfig::testing {
namespace {

using std::chrono::seconds;

/// A clock that the test moves.
struct HandClock {
    std::atomic<WallClock::rep> ticks{WallClock::from_time_t(1'700'000'000).time_since_epoch().count()};
    void advance(seconds by) { ticks += std::chrono::duration_cast<WallClock::duration>(by).count(); }
    std::function<WallClock::time_point()> read() {
        return [this] { return WallClock::time_point(WallClock::duration(ticks.load())); };
    }
};

/// A folder with a plugin script, and what resolving it gives.
struct Plugin {
    Folder folder;
    HandClock clock;
    ResolveOptions options;

    Plugin() {
        options.allow_exec = true;
        options.now = clock.read();
        options.exec_environment = {"PATH=/usr/bin:/bin"};
    }

    Access resolved(const std::string& script, const std::string& more = "") {
        folder.write("bin/plugin", "#!/bin/sh\necho run >> " + (folder / "runs") + "\n" + script, 0700);
        const std::string file = folder.write(
            "config",
            config_of("{server: 'https://h', certificate-authority-data: " + kPemBase64 + "}",
                      "{exec: {apiVersion: client.authentication.k8s.io/v1, command: bin/plugin, args: ['a b', "
                      "'$(id)'], interactiveMode: Never, provideClusterInfo: true, env: [{name: MINE, value: "
                      "'x y'}]" +
                          more + "}}"));
        auto access = resolve(*load({file}), "", options);
        EXPECT_TRUE(access.ok());
        return *std::move(access);
    }

    [[nodiscard]] std::size_t runs() const {
        std::ifstream file(folder / "runs");
        std::size_t lines = 0;
        for (std::string line; std::getline(file, line);) ++lines;
        return lines;
    }
};

std::string credential(const std::string& status) {
    return R"({"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":)" + status + "}";
}

TEST(ExecPlugin, IsRunWithoutAShellAndKeptUntilItExpires) {
    Plugin plugin;
    const Access access = plugin.resolved(
        "printf '%s|' \"$@\" \"$MINE\" > " + (plugin.folder / "seen") + "\nprintf '%s' \"$KUBERNETES_EXEC_INFO\" > " +
        (plugin.folder / "info") + "\necho '" +
        credential(R"({"token":"t","expirationTimestamp":"2023-11-14T22:23:20Z"})") + "'\n");  // 600 s from now
    EXPECT_FALSE(access.credentials->ready().has_value());
    EXPECT_EQ(access.credentials->fetch({})->bearer_token, "t");
    EXPECT_EQ(access.credentials->fetch({})->bearer_token, "t");
    plugin.clock.advance(seconds{599});
    EXPECT_TRUE(access.credentials->ready().has_value());
    EXPECT_EQ(plugin.runs(), 1U);
    plugin.clock.advance(seconds{1});
    EXPECT_FALSE(access.credentials->ready().has_value());
    EXPECT_TRUE(access.credentials->fetch({}).ok());
    EXPECT_EQ(plugin.runs(), 2U);
    std::string seen, info;
    std::getline(std::ifstream(plugin.folder / "seen"), seen);
    std::getline(std::ifstream(plugin.folder / "info"), info);
    EXPECT_EQ(seen, "a b|$(id)|x y|");
    EXPECT_NE(info.find(R"("server":"https://h")"), std::string::npos) << info;
    EXPECT_NE(info.find(kPemBase64), std::string::npos) << info;
}

TEST(ExecPlugin, ARefusedCredentialIsObtainedAnew) {
    Plugin plugin;
    const Access access = plugin.resolved("echo '" + credential(R"({"token":"t"})") + "'\n");
    const auto first = access.credentials->fetch({});
    access.credentials->rejected({"another"});
    EXPECT_TRUE(access.credentials->ready().has_value());
    access.credentials->rejected(*first);
    EXPECT_FALSE(access.credentials->ready().has_value());
    EXPECT_TRUE(access.credentials->fetch({}).ok());
    EXPECT_EQ(plugin.runs(), 2U);
}

TEST(ExecPlugin, RunsOnceHoweverManyAsk) {
    Plugin plugin;
    const Access access = plugin.resolved("echo '" + credential(R"({"token":"t"})") + "'\n");
    std::atomic<int> good{0};
    {
        std::vector<std::jthread> threads;
        for (int n = 0; n < 8; ++n)
            threads.emplace_back(
                [&](const std::stop_token& stop) { good += access.credentials->fetch(stop).ok() ? 1 : 0; });
        for (auto& thread : threads) thread.join();
    }
    EXPECT_EQ(good, 8);
    EXPECT_EQ(plugin.runs(), 1U);
}

TEST(ExecPlugin, AHangingOneIsKilledWithAllItsGroup) {
    Plugin plugin;
    plugin.options.exec_timeout = seconds{3};  // it has to come as far as to its `wait`
    const Access access = plugin.resolved("sleep 600 &\necho $! > " + (plugin.folder / "pid") + "\nwait\n");
    const auto result = access.credentials->fetch({});
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().code, Code::Unauthenticated);
    EXPECT_NE(result.error().message.find("did not end within 3000 ms"), std::string::npos) << result.error().message;
    int pid = 0;
    std::ifstream(plugin.folder / "pid") >> pid;
    ASSERT_GT(pid, 0);
    const auto deadline = std::chrono::steady_clock::now() + seconds{10};
    const auto running = [&] {  // a killed process nobody has reaped yet shows as a zombie
        std::string stat;
        std::getline(std::ifstream("/proc/" + std::to_string(pid) + "/stat"), stat);
        return !stat.empty() && stat.find(") Z") == std::string::npos;
    };
    while (running() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    EXPECT_FALSE(running());
}

TEST(ExecPlugin, AStopEndsItAtOnce) {
    Plugin plugin;
    const Access access = plugin.resolved("sleep 600\n");
    std::stop_source stop;
    std::jthread stopper([&] {
        while (plugin.runs() == 0) std::this_thread::yield();
        stop.request_stop();
    });
    EXPECT_EQ(access.credentials->fetch(stop.get_token()).error().code, Code::Unavailable);
}

TEST(ExecPlugin, BadAnswersAreRefusedWithoutTheirWords) {
    for (const std::string& script :
         {std::string("echo canary\n"), std::string("echo canary >&2; exit 3\n"), std::string("kill -9 $$\n"),
          std::string("yes canary\n"), "echo '" + credential("{}") + "'\n", "echo '" + credential("[]") + "'\n",
          "echo '" + credential(R"({"clientCertificateData":"canary"})") + "'\n",
          "echo '" + credential(R"({"token":"canary","expirationTimestamp":"soon"})") + "'\n",
          std::string(R"(echo '{"apiVersion":"v0","kind":"ExecCredential","status":{"token":"canary"}}')") + "\n"}) {
        Plugin plugin;
        const auto result = plugin.resolved(script).credentials->fetch({});
        ASSERT_FALSE(result.ok()) << script;
        EXPECT_EQ(result.error().code, Code::Unauthenticated) << script;
        EXPECT_EQ(result.error().message.find("canary"), std::string::npos) << result.error().message;
        EXPECT_NE(result.error().message.find("users[0].user.exec"), std::string::npos) << result.error().message;
    }
}

TEST(ExecPlugin, ABareNameIsLookedUpInThePathGiven) {
    Plugin plugin;
    plugin.options.exec_environment = {"PATH=" + (plugin.folder / "bin") + ":/usr/bin:/bin"};
    plugin.resolved("echo '" + credential(R"({"token":"t"})") + "'\n");
    const auto config = [&](const std::string& command) {
        return *parse(config_of("{server: 'https://h'}",
                                "{exec: {apiVersion: client.authentication.k8s.io/v1, command: " + command + "}}"),
                      "config.yaml");
    };
    EXPECT_TRUE(resolve(config("plugin"), "", plugin.options)->credentials->fetch({}).ok());
    EXPECT_FALSE(resolve(config("no-such-plugin"), "", plugin.options)->credentials->fetch({}).ok());
}

TEST(ParseRfc3339, TakesZonesAndFractions) {
    const auto at = WallClock::from_time_t(1'700'000'000);
    EXPECT_EQ(parse_rfc3339("2023-11-14T22:13:20Z"), at);
    EXPECT_EQ(parse_rfc3339("2023-11-14T22:13:20.999Z"), at);
    EXPECT_EQ(parse_rfc3339("2023-11-15T00:13:20+02:00"), at);
    EXPECT_EQ(parse_rfc3339("2023-11-14T21:13:20-01:00"), at);
    for (const char* text : {"", "2023-11-14", "2023-11-14T22:13:20", "2023-13-14T22:13:20Z", "2023-11-14T22:13:20+2"})
        EXPECT_EQ(parse_rfc3339(text), std::nullopt) << text;
}

TEST(TokenFile, IsReadAgainAfterAMinute) {
    const Folder folder;
    HandClock clock;
    ResolveOptions options;
    options.now = clock.read();
    folder.write("ca.crt", kPem);
    folder.write("token", "one\n");
    folder.write("namespace", "shop");
    const auto access = in_cluster(folder / "", "10.0.0.1", "443", options);
    ASSERT_TRUE(access.ok()) << access.error().message;
    EXPECT_EQ(access->endpoint.server_url, "https://10.0.0.1:443");
    EXPECT_EQ(access->default_namespace, "shop");
    EXPECT_EQ(access->credentials->fetch({})->bearer_token, "one");
    folder.write("token", "two\n");
    clock.advance(seconds{59});
    EXPECT_EQ(access->credentials->ready()->bearer_token, "one");
    clock.advance(seconds{1});
    EXPECT_FALSE(access->credentials->ready().has_value());
    EXPECT_EQ(access->credentials->fetch({})->bearer_token, "two");
    clock.advance(seconds{60});
    std::filesystem::remove(folder / "token");
    EXPECT_EQ(access->credentials->fetch({}).error().code, Code::Unauthenticated);
}

TEST(InCluster, OutsideOfAPodIsNotFound) {
    const Folder folder;
    EXPECT_EQ(in_cluster(folder / "", "", "").error().code, Code::NotFound);
    EXPECT_EQ(in_cluster(folder / "", "fd00::1", "443").error().code, Code::NotFound);
    folder.write("ca.crt", kPem);
    folder.write("token", "t");
    EXPECT_EQ(in_cluster(folder / "", "fd00::1", "443")->endpoint.server_url, "https://[fd00::1]:443");
}

}  // namespace
}  // namespace helix::kubeconfig::testing
