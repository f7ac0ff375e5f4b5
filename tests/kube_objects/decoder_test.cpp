#include "adapters/kube_objects/decoder.hpp"

#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

// The samples are what a real API server 1.36 with KWOK nodes and metrics-server answered.
namespace helix::kube_objects {
namespace {

using cluster::PodPhase;

std::string sample(const std::string& name) {
    const std::ifstream file(std::string(HELIX_SAMPLES) + "/" + name);
    EXPECT_TRUE(file.good()) << name;
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

TEST(DecodeNode, ReadsARealNode) {
    Decoder decoder;
    const auto node = decoder.decode_node(sample("node.json"));
    ASSERT_TRUE(node.ok()) << node.error().message;
    EXPECT_EQ(node->name, "node-0001");
    EXPECT_EQ(node->uid, "061ab27e-f71d-43e1-b180-92c8136688c6");
    EXPECT_EQ(node->allocatable, (cluster::Amounts{std::int64_t{32} << 30, 8000, 110}));
    EXPECT_TRUE(node->ready);
    EXPECT_FALSE(node->unschedulable);
    EXPECT_FALSE(node->floor_pct.has_value());
    ASSERT_NE(cluster::find_label(node->labels, "topology.kubernetes.io/zone"), nullptr);
    EXPECT_TRUE(std::is_sorted(node->labels.begin(), node->labels.end()));
}

TEST(DecodeNode, ReadsTaintsCordonAndFloor) {
    Decoder decoder;
    const auto node = decoder.decode_node(R"({"metadata":{"name":"n","labels":{"b":"1","a":"2"},
        "annotations":{"helix.eose.ca/floor-pct":"20.5"}},
        "spec":{"unschedulable":true,"taints":[{"key":"gpu","value":"yes","effect":"NoExecute"},
                {"key":"new","effect":"Someday"}]},
        "status":{"allocatable":{"memory":"1Gi","cpu":2,"pods":"5"},
                  "conditions":[{"status":"False","type":"Ready"},{"type":"DiskPressure","status":"True"}]}})");
    ASSERT_TRUE(node.ok()) << node.error().message;
    EXPECT_TRUE(node->unschedulable);
    EXPECT_FALSE(node->ready);
    EXPECT_EQ(node->floor_pct, "20.5");
    EXPECT_EQ(node->labels, (cluster::Labels{{"a", "2"}, {"b", "1"}}));
    ASSERT_EQ(node->taints.size(), 1U);
    EXPECT_EQ(node->taints[0], (cluster::Taint{"gpu", "yes", cluster::TaintEffect::NoExecute}));
    EXPECT_EQ(node->allocatable, (cluster::Amounts{std::int64_t{1} << 30, 2000, 5}));
}

TEST(DecodeList, ReadsARealPodList) {
    Decoder decoder;
    std::string page = sample("pods.json");
    std::vector<cluster::Pod> pods;
    const auto read =
        decoder.decode_list(page, Kind::Pod, [&](Object&& one) { pods.push_back(std::get<cluster::Pod>(one)); });
    ASSERT_TRUE(read.ok()) << read.error().message;
    ASSERT_EQ(read->items, pods.size());
    ASSERT_EQ(pods.size(), 3U);
    const cluster::Pod& pod = pods[0];
    EXPECT_EQ(pod.ns, "shop");
    EXPECT_EQ(pod.name, "web-5df8b9455b-9txjh");
    EXPECT_EQ(pod.node, "node-0001");
    EXPECT_EQ(pod.phase, PodPhase::Running);
    EXPECT_TRUE(pod.ready);
    EXPECT_EQ(pod.template_hash, "5df8b9455b");
    EXPECT_EQ(pod.controller,
              (cluster::OwnerRef{"ReplicaSet", "web-5df8b9455b", "4efaf599-84e0-43e0-befa-07b99905a963"}));
    EXPECT_EQ(pod.shape->request, (cluster::Amounts{32 << 20, 50, 1}));
    EXPECT_FALSE(pod.shape->memory_requested) << "one of the containers asks for nothing";
    EXPECT_FALSE(pod.shape->memory_limit.has_value());
    EXPECT_EQ(pod.shape->labels, (cluster::Labels{{"app", "web"}}));
    EXPECT_EQ(*pods[0].shape, *pods[1].shape);
}

TEST(DecodeList, TellsHowToGoOn) {
    Decoder decoder;
    std::string page = R"({"kind":"NamespaceList","items":[{"metadata":{"name":"a"}},{"metadata":{"name":"b"}}],
                           "metadata":{"continue":"xyz","resourceVersion":"42","remainingItemCount":7}})";
    std::vector<std::string> names;
    const auto read = decoder.decode_list(page, Kind::Namespace,
                                          [&](Object&& one) { names.push_back(std::get<Namespace>(one).name); });
    ASSERT_TRUE(read.ok());
    EXPECT_EQ(read->continue_token, "xyz");
    EXPECT_EQ(read->resource_version, "42");
    EXPECT_EQ(names, (std::vector<std::string>{"a", "b"}));
}

TEST(DecodeList, NamesTheMalformedField) {
    Decoder decoder;
    std::string page = R"({"items":[{"metadata":{"name":"a"}},
        {"metadata":{"name":"b"},"status":{"allocatable":{"memory":"much"}}}]})";
    const auto read = decoder.decode_list(page, Kind::Node, [](Object&&) {});
    ASSERT_FALSE(read.ok());
    EXPECT_EQ(read.error().code, Code::InvalidArgument);
    EXPECT_EQ(read.error().where, "items[1].status.allocatable.memory");
}

TEST(DecodeWatch, ReadsARealStream) {
    Decoder decoder;
    std::stringstream lines(sample("watch-pods.jsonl"));
    std::vector<WatchEvent> events;
    for (std::string line; std::getline(lines, line);) {
        auto event = decoder.decode_watch_line(line, Kind::Pod);
        ASSERT_TRUE(event.ok()) << event.error().message;
        events.push_back(std::move(*event));
    }
    ASSERT_EQ(events.size(), 4U);
    EXPECT_EQ(events[0].type, WatchEvent::Type::Added);
    EXPECT_EQ(events[0].resource_version, "376");
    EXPECT_EQ(std::get<cluster::Pod>(*events[0].object).uid, "3fd2100f-7ede-44c3-b363-96fbbb6fab01");
    EXPECT_EQ(events[3].type, WatchEvent::Type::Bookmark);
    EXPECT_FALSE(events[3].resource_version.empty());
    EXPECT_FALSE(events[3].object.has_value());
}

TEST(DecodeWatch, ReadsAnErrorAndAnyOrderOfFields) {
    Decoder decoder;
    const auto gone = decoder.decode_watch_line(
        R"({"object":{"kind":"Status","status":"Failure","message":"too old","reason":"Expired","code":410},"type":"ERROR"})",
        Kind::Pod);
    ASSERT_TRUE(gone.ok()) << gone.error().message;
    EXPECT_EQ(gone->type, WatchEvent::Type::Error);
    EXPECT_EQ(gone->error_code, 410);
    EXPECT_EQ(gone->error_message, "too old");
}

TEST(DecodeWatch, RefusesWhatIsNoEvent) {
    Decoder decoder;
    for (const char* line :
         {"", " ", "null", "[]", "{}", "{\"type\":\"ADDED\"}", "{\"type\":7,\"object\":{}}",
          "{\"type\":\"WHIM\",\"object\":{}}", "{\"type\":\"ADDED\",\"object\":{\"metadata\":{}}}",
          "{\"type\":\"BOOKMARK\",\"object\":{}} x", "\xff\xfe", "{\"type\":\"ADDED\",\"object\":[[[["})
        EXPECT_FALSE(decoder.decode_watch_line(line, Kind::Pod).ok()) << line;
}

TEST(DecodeMetrics, ReadsRealFigures) {
    Decoder decoder;
    std::string nodes = sample("metrics-nodes.json");
    std::vector<UsageSample> samples;
    ASSERT_TRUE(decoder.decode_metrics(nodes, [&](UsageSample&& one) { samples.push_back(one); }).ok());
    ASSERT_FALSE(samples.empty());
    EXPECT_EQ(samples[0].name, "node-0001");
    EXPECT_EQ(samples[0].bytes, 192 << 20);
    EXPECT_EQ(samples[0].at, 1'795'226'701'000'000);  // 2026-11-21T02:05:01Z

    std::string pods = sample("metrics-pods.json");
    samples.clear();
    ASSERT_TRUE(decoder.decode_metrics(pods, [&](UsageSample&& one) { samples.push_back(one); }).ok());
    EXPECT_EQ(samples[0].ns, "shop");
    EXPECT_EQ(samples[0].bytes, 192 << 20) << "two containers of 96Mi";
}

TEST(DecodeMetrics, ReadsTimesOfAllForms) {
    Decoder decoder;
    const auto at = [&](const std::string& time) -> std::optional<std::int64_t> {
        std::string page = R"({"items":[{"timestamp":")" + time + R"("}]})";
        std::optional<std::int64_t> read;
        if (!decoder.decode_metrics(page, [&](UsageSample&& one) { read = one.at; }).ok()) return std::nullopt;
        return read;
    };
    EXPECT_EQ(at("1970-01-01T00:00:00Z"), 0);
    EXPECT_EQ(at("1970-01-01T00:00:01.25Z"), 1'250'000);
    EXPECT_EQ(at("1970-01-01T02:00:00.123456789+02:00"), 123'456);
    EXPECT_EQ(at("1969-12-31T23:00:00-01:00"), 0);
    for (const char* wrong : {"", "yesterday", "2026-02-30T00:00:00Z", "2026-01-01 00:00:00Z", "2026-01-01T00:00:00",
                              "2026-01-01T24:00:00Z", "2026-01-01T00:00:00Zx", "-026-01-01T00:00:00Z"})
        EXPECT_FALSE(at(wrong).has_value()) << wrong;
}

TEST(DecodeManifest, ReadsAnAutoscaler) {
    Decoder decoder;
    const auto manifest = decoder.decode_manifest(R"({"spec":{"maxReplicas":12,"minReplicas":1,
        "scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"cart"}},
        "metadata":{"name":"cart","namespace":"shop"},"kind":"HorizontalPodAutoscaler","apiVersion":"autoscaling/v2"})");
    ASSERT_TRUE(manifest.ok()) << manifest.error().message;
    EXPECT_EQ(manifest->max_replicas, 12);
    EXPECT_EQ(manifest->scale_target_kind, "Deployment");
    EXPECT_EQ(manifest->scale_target_name, "cart");
    EXPECT_EQ(manifest->ns, "shop");
}

TEST(DecodeManifest, KnowsAKindByItsGroup) {
    Decoder decoder;
    const auto foreign = decoder.decode_manifest(
        R"({"apiVersion":"widgets.example/v1","kind":"Deployment","metadata":{"name":"d"},"spec":{"replicas":"many"}})");
    ASSERT_TRUE(foreign.ok()) << foreign.error().message;
    EXPECT_FALSE(foreign->workload.has_value());
    const auto own = decoder.decode_manifest(
        R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d","annotations":{"helix.eose.ca/cycle":"c7"}},
            "spec":{"replicas":4,"template":{"spec":{"containers":[]}}}})");
    ASSERT_TRUE(own.ok()) << own.error().message;
    ASSERT_TRUE(own->workload.has_value());
    EXPECT_EQ(own->replicas, 4);
    EXPECT_EQ(own->cycle, "c7");
}

TEST(DecodeManifest, RefusesWhatIsNoObject) {
    Decoder decoder;
    for (const char* text :
         {"", "7", "[]", "{}", "{\"kind\":\"Pod\"}", "{\"apiVersion\":\"v1\"}",
          "{\"apiVersion\":\"v1\",\"kind\":\"Pod\"} {}", "{\"apiVersion\":1,\"kind\":\"Pod\"}",
          "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"spec\":{\"replicas\":1e999}}",
          "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"spec\":{\"replicas\":9223372036854775808}}"})
        EXPECT_FALSE(decoder.decode_manifest(text).ok()) << text;
}

TEST(DecodeManifest, BearsDepth) {
    Decoder decoder;
    std::string deep = R"({"apiVersion":"batch/v1","kind":"CronJob","spec":)";
    for (int i = 0; i < 100'000; ++i) deep += R"({"jobTemplate":{"spec":)";
    const auto manifest = decoder.decode_manifest(deep);
    ASSERT_FALSE(manifest.ok());
    EXPECT_EQ(manifest.error().code, Code::InvalidArgument);
}

TEST(DecodeDiscovery, ListsKindsAndVersions) {
    Decoder decoder;
    const auto resources = decoder.decode_api_resources(R"({"kind":"APIResourceList","groupVersion":"v1","resources":[
        {"name":"configmaps","singularName":"configmap","namespaced":true,"kind":"ConfigMap","verbs":["get"]},
        {"name":"namespaces","namespaced":false,"kind":"Namespace"},
        {"name":"pods/eviction","namespaced":true,"kind":"Eviction"}]})");
    ASSERT_TRUE(resources.ok());
    ASSERT_EQ(resources->size(), 2U);
    EXPECT_EQ((*resources)[0].name, "configmaps");
    EXPECT_TRUE((*resources)[0].namespaced);
    EXPECT_FALSE((*resources)[1].namespaced);

    const auto groups =
        decoder.decode_api_groups(R"({"groups":[{"name":"apps","versions":[{"groupVersion":"apps/v1beta1"},
        {"groupVersion":"apps/v1"}],"preferredVersion":{"groupVersion":"apps/v1","version":"v1"}}]})");
    ASSERT_TRUE(groups.ok());
    EXPECT_EQ(*groups, (std::vector<std::string>{"apps/v1", "apps/v1beta1"}));
}

TEST(DecodeWatermarks, ReadsSpecAndStatus) {
    Decoder decoder;
    std::string page = R"({"items":[{"metadata":{"name":"w","namespace":"shop"},
        "spec":{"scaleTargetRef":{"kind":"Deployment","name":"cart"},"metrics":[
            {"type":"External","external":{"metricName":"queue","highWatermark":"40","lowWatermark":"10500m"}},
            {"type":"Resource","resource":{"name":"cpu","highWatermark":"-3","lowWatermark":"1"}}]},
        "status":{"currentMetrics":[{"type":"External","external":{"metricName":"queue","currentValue":"99","currentAverageValue":"20"}}]}}]})";
    std::vector<WatermarkAutoscaler> read;
    ASSERT_TRUE(decoder
                    .decode_list(page, Kind::WatermarkPodAutoscaler,
                                 [&](Object&& one) { read.push_back(std::get<WatermarkAutoscaler>(one)); })
                    .ok());
    ASSERT_EQ(read.size(), 1U);
    ASSERT_EQ(read[0].watermarks.size(), 1U) << "a negative watermark tells nothing";
    EXPECT_EQ(read[0].watermarks[0], (Watermark{"queue", 10'500, 40'000, 20'000}));
}

}  // namespace
}  // namespace helix::kube_objects
