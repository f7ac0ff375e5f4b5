#include "adapters/silo/host_figures.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "adapters/docker/container.hpp"
#include "adapters/docker/manifest.hpp"

namespace helix::silo {
namespace {

using nlohmann::json;

TEST(Meminfo, IsTotalLessAvailable) {
    const auto figures =
        read_meminfo("MemTotal:       24689544 kB\nMemFree:  1 kB\nMemAvailable:   20000000 kB\nBuffers: 1 kB\n");
    ASSERT_TRUE(figures);
    EXPECT_EQ(figures->total, 24689544LL * 1024);
    EXPECT_EQ(figures->used, 4689544LL * 1024);
}

TEST(Meminfo, NothingTornOrAbsurdIsAFigure) {
    for (const char* text :
         {"", "garbage", "MemTotal: 100 kB\n", "MemTotal: 100 kB\nMemAvailable: 5",
          "MemTotal: 100 kB\nMemAvailable: 500 kB\n", "MemTotal: -1 kB\nMemAvailable: 5 kB\n",
          "MemTotal: 0 kB\nMemAvailable: 0 kB\n", "MemTotal: 1e9 kB\nMemAvailable: 5 kB\n",
          "MemTotal: 100 MB\nMemAvailable: 5 kB\n", "MemTotal: 99999999999999999999 kB\nMemAvailable: 5 kB\n"}) {
        const auto figures = read_meminfo(text);
        ASSERT_FALSE(figures) << text;
        EXPECT_EQ(figures.error().code, Code::DataLoss);
    }
}

TEST(NvidiaSmi, IsReadLineByLine) {
    const auto gpus =
        read_gpus("0, GPU-8f6b, NVIDIA A100-SXM4-40GB, 40960, 1234\n1, GPU-11aa, Tesla T4, 15360, [N/A]\n");
    ASSERT_TRUE(gpus);
    ASSERT_EQ(gpus->size(), 2U);
    EXPECT_EQ((*gpus)[0].total, 40960LL << 20);
    EXPECT_EQ((*gpus)[0].used, 1234LL << 20);
    EXPECT_EQ((*gpus)[1].uuid, "GPU-11aa");
    EXPECT_FALSE((*gpus)[1].used) << "what the driver does not say is no figure";
}

TEST(NvidiaSmi, HalfALineIsNoFigure) {
    for (const char* text : {"0, GPU-8f6b, NVIDIA A100, 40960", "0, GPU-8f6b, NVIDIA A100, 409",
                             "NVIDIA-SMI has failed\n", "0, GPU, A, x, 1\n", ", , , ,\n"})
        EXPECT_FALSE(read_gpus(text)) << text;
    EXPECT_TRUE(read_gpus("")->empty());
}

json inspected() {
    return json::parse(R"({"Id": "c0ffee", "Name": "/cart", "RestartCount": 2,
        "State": {"Status": "running", "Running": true, "StartedAt": "2026-11-21T10:00:00Z", "FinishedAt": "0001-01-01T00:00:00Z"},
        "Config": {"Image": "cart:1", "Labels": {"helix.eose.ca/vram": "1073741824"}},
        "HostConfig": {"Memory": 536870912, "DeviceRequests": [{"Driver": "", "Count": 0, "DeviceIDs": ["0"], "Capabilities": [["gpu"]]}]}})");
}

TEST(Inspection, TellsLimitStateAndGpus) {
    const auto container = docker::container_from_json(inspected());
    ASSERT_TRUE(container);
    EXPECT_EQ(container->name, "cart");
    EXPECT_EQ(container->memory_limit, 512LL << 20);
    EXPECT_EQ(container->gpus, std::vector<std::string>{"0"});
    EXPECT_EQ(container->version(), "running since 2026-11-21T10:00:00Z, memory 536870912");
    json between = inspected();
    between["State"]["Status"] = "restarting";
    between["State"]["Restarting"] = true;
    EXPECT_FALSE(docker::container_from_json(between)->running) << "docker says running between two tries as well";
}

TEST(Inspection, WhatLiesIsRefused) {
    for (const char* text : {"null", "[]", "{}", R"({"Id": "x", "Name": "/a;b", "State": {"Status": "running"}})",
                             R"({"Id": 5, "Name": "/ab", "State": {"Status": "running"}})"})
        EXPECT_FALSE(docker::container_from_json(json::parse(text))) << text;
}

TEST(Statistics, AreMemoryWithoutThePageCacheThatCanBeGivenBack) {
    EXPECT_EQ(*docker::memory_from_stats(
                  json::parse(R"({"memory_stats": {"usage": 1000, "stats": {"inactive_file": 300}}})")),
              700);
    EXPECT_EQ(*docker::memory_from_stats(json::parse(
                  R"({"memory_stats": {"usage": 1000, "stats": {"inactive_file": 300, "total_inactive_file": 400}}})")),
              600)
        << "cgroup v1 has both";
    EXPECT_EQ(
        *docker::memory_from_stats(json::parse(R"({"memory_stats": {"usage": 100, "stats": {"inactive_file": 300}}})")),
        100)
        << "more cache than use is not taken off";
    EXPECT_FALSE(docker::memory_from_stats(json::parse(R"({"memory_stats": {}})"))) << "a container that just ended";
}

std::string manifest(const std::string& spec) {
    return R"({"apiVersion": "eose.ca/v1", "kind": "Container", "metadata": {"name": "cart"}, "spec": )" + spec + "}";
}

TEST(Manifest, BecomesTheEnginesOwnWords) {
    const auto read = docker::read_manifest(manifest(
        R"({"image": "cart:2", "memory": "512Mi", "command": ["/cart"], "args": ["-v"], "env": {"A": "1"}, "network": "none",
            "restart": "always", "publish": ["127.0.0.1:8080:80"], "volumes": ["/d:/d:ro"], "gpus": ["0"], "vram": "1Gi"})"));
    ASSERT_TRUE(read) << read.error().message;
    const json body = json::parse(docker::create_body(*read, {{"helix.eose.ca/cycle", "m"}}));
    EXPECT_EQ(body, json::parse(R"({"Image": "cart:2", "Entrypoint": ["/cart"], "Cmd": ["-v"], "Env": ["A=1"],
        "ExposedPorts": {"80/tcp": {}},
        "Labels": {"helix.eose.ca/cycle": "m", "helix.eose.ca/vram": "1073741824"},
        "HostConfig": {"Memory": 536870912, "MemorySwap": 536870912, "NetworkMode": "none", "RestartPolicy": {"Name": "always"},
            "Binds": ["/d:/d:ro"], "PortBindings": {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8080"}]},
            "DeviceRequests": [{"DeviceIDs": ["0"], "Capabilities": [["gpu"]]}]}})"));
}

TEST(Manifest, NamesTheFieldThatIsWrong) {
    const std::pair<const char*, const char*> cases[] = {
        {R"({"memory": "1Gi"})", "/manifest/spec/image"},
        {R"({"image": "a", "memory": "512m"})", "/manifest/spec/memory"},
        {R"({"image": "a", "memory": "much"})", "/manifest/spec/memory"},
        {R"({"image": "a", "privileged": true})", "/manifest/spec/privileged"},
        {R"({"image": "a", "args": "x"})", "/manifest/spec/args"},
        {R"({"image": "a", "restart": "sometimes"})", "/manifest/spec/restart"},
        {R"({"image": "a", "gpus": ["all"]})", "/manifest/spec/gpus"},
        {R"({"image": "a", "env": {"A=B": "1"}})", "/manifest/spec/env"}};
    for (const auto& [spec, where] : cases) {
        const auto read = docker::read_manifest(manifest(spec));
        ASSERT_FALSE(read) << spec;
        EXPECT_EQ(read.error().where, where) << spec;
    }
}

}  // namespace
}  // namespace helix::silo
