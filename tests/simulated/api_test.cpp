#include "adapters/simulated/api.hpp"

#include "tests/simulated/cluster.hpp"

namespace helix::simulated::test {
namespace {

using gate::Verb;

Error failure_of(const ports::WriteResult& result) {
    EXPECT_EQ(result.outcome, ports::Outcome::NotApplied) << result.detail;
    return result.failure.value_or(Error{});
}

TEST(Api, AnswersAsARealServerDoes) {
    Cluster cluster;
    cluster.add(workload("Deployment", "cart", 2, "256Mi"));
    EXPECT_EQ(failure_of(cluster.write(scale("Deployment", "nosuch", 1))),
              error(Code::NotFound, "deployments.apps \"nosuch\" not found"));

    gate::Action create = apply(workload("Deployment", "cart", 2, "256Mi"));
    create.verb = Verb::Create;
    EXPECT_EQ(failure_of(cluster.write(create)).code, Code::AlreadyExists);
    EXPECT_EQ(failure_of(cluster.write(create)).message, "deployments.apps \"cart\" already exists");

    const Error negative = failure_of(cluster.write(scale("Deployment", "cart", -1)));
    EXPECT_EQ(negative.code, Code::InvalidArgument);
    EXPECT_EQ(
        negative.message,
        "Deployment.apps \"cart\" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0");

    gate::Action elsewhere = apply(workload("Deployment", "cart", 2, "256Mi"));
    elsewhere.object.ns = "nowhere";
    Json moved = workload("Deployment", "cart", 2, "256Mi");
    moved["metadata"]["namespace"] = "nowhere";
    elsewhere.body = moved.dump();
    EXPECT_EQ(failure_of(cluster.write(elsewhere)), error(Code::NotFound, "namespaces \"nowhere\" not found"));

    gate::Action unknown = action(Verb::Delete, "Widget", "w");
    unknown.object.api_version = "example.com/v1";
    EXPECT_EQ(failure_of(cluster.write(unknown)).message,
              "no matches for kind \"Widget\" in version \"example.com/v1\"");
    EXPECT_EQ(failure_of(cluster.write(scale("DaemonSet", "x", 1))).code, Code::NotFound);
}

TEST(Api, RefusesBadManifests) {
    Cluster cluster;
    const auto refused = [&](const Json& manifest) {
        const auto result = cluster.write(apply(manifest));
        EXPECT_EQ(result.outcome, ports::Outcome::NotApplied) << manifest.dump();
        EXPECT_EQ(result.failure.value_or(Error{}).code, Code::InvalidArgument) << manifest.dump();
        return result.failure.value_or(Error{}).where;
    };
    Json manifest = workload("Deployment", "cart", 1, "64Mi");
    manifest["spec"]["template"]["metadata"]["labels"]["app"] = "other";
    EXPECT_EQ(refused(manifest), "spec.template.metadata.labels");
    manifest = workload("Deployment", "cart", 1, "64Mi");
    manifest["spec"].erase("selector");
    EXPECT_EQ(refused(manifest), "spec.selector");
    manifest = workload("Deployment", "cart", 1, "64Mi");
    manifest["spec"]["template"]["spec"]["containers"] = Json::array();
    EXPECT_EQ(refused(manifest), "spec.template.spec.containers");
    manifest = workload("Deployment", "cart", 1, "64Mi");
    manifest["spec"]["replicas"] = "three";
    EXPECT_EQ(refused(manifest), "spec.replicas");
    manifest = workload("Deployment", "Cart_1", 1, "64Mi");
    EXPECT_EQ(refused(manifest), "metadata.name");
    refused(workload("Deployment", "cart", 1, "a lot"));
    for (const Json& odd : {Json(5), Json("x"), Json::array({1}), Json(nullptr)}) {
        for (const char* path :
             {"/spec", "/metadata/labels", "/spec/template", "/spec/template/metadata", "/spec/template/spec"}) {
            manifest = workload("Deployment", "cart", 1, "64Mi");
            manifest[Json::json_pointer(path)] = odd;
            gate::Action bad = apply(manifest);
            const auto result = cluster.write(bad);
            const bool harmless = odd.is_null() && std::string_view(path) == "/metadata/labels";
            if (!harmless) {
                EXPECT_NE(result.outcome, ports::Outcome::Applied) << path << " = " << odd.dump();
            }
        }
    }
    gate::Action text = apply(manifest);
    text.body = "{";
    EXPECT_EQ(failure_of(cluster.write(text)).code, Code::InvalidArgument);
    EXPECT_TRUE(cluster.pods().empty());
}

TEST(Api, StoresOtherKindsAsTheyAre) {
    Cluster cluster;
    const Json config{{"apiVersion", "v1"},
                      {"kind", "ConfigMap"},
                      {"metadata", {{"name", "settings"}, {"namespace", "shop"}}},
                      {"data", {{"a", "1"}, {"b", "2"}}}};
    const gate::Action first = apply(config);
    const auto created = cluster.write(first);
    ASSERT_EQ(created.outcome, ports::Outcome::Applied);
    EXPECT_EQ(created.resource_version_before, "");
    EXPECT_TRUE(cluster.target->await_visible(first, created, 0));

    Json changed = config;
    changed["data"].erase("b");
    ASSERT_EQ(cluster.write(apply(changed)).outcome, ports::Outcome::Applied);
    gate::Action label = action(Verb::Label, "ConfigMap", "settings");
    label.entries = {{"tier", "web"}};
    ASSERT_EQ(cluster.write(label).outcome, ports::Outcome::Applied);
    cluster.target->with_world([](World& world) {
        const Object* stored = world.find(Key{"ConfigMap", "shop", "settings"});
        ASSERT_NE(stored, nullptr);
        EXPECT_EQ(stored->manifest.at("data"), (Json{{"a", "1"}}));  // what apply owned and left out is gone
        EXPECT_EQ(stored->manifest.at("metadata").at("labels"), (Json{{"tier", "web"}}));
        EXPECT_EQ(stored->manifest.at("metadata").at("annotations").at("helix.eose.ca/cycle"), "cycle-1");
    });
    ASSERT_EQ(cluster.write(action(Verb::Delete, "ConfigMap", "settings")).outcome, ports::Outcome::Applied);
    EXPECT_EQ(failure_of(cluster.write(action(Verb::Delete, "ConfigMap", "settings"))).message,
              "configmaps \"settings\" not found");
}

TEST(Api, EditsTheTemplateAndRollsIt) {
    Cluster cluster;
    cluster.add(workload("Deployment", "cart", 2, "256Mi"));
    cluster.run(10);
    gate::Action image = action(Verb::SetImage, "Deployment", "cart");
    image.container = "main";
    image.image = "cart:2";
    ASSERT_EQ(cluster.write(image).outcome, ports::Outcome::Applied);
    gate::Action resources = action(Verb::SetResources, "Deployment", "cart");
    resources.container = "main";
    resources.body = R"({"requests":{"memory":"300Mi"}})";
    ASSERT_EQ(cluster.write(resources).outcome, ports::Outcome::Applied);
    cluster.run(60);
    ASSERT_EQ(cluster.running("cart"), 2);
    for (const PodTruth& pod : cluster.pods("cart")) EXPECT_EQ(pod.seen.shape->request.memory, 300 * kMi);
    image.container = "nosuch";
    EXPECT_EQ(failure_of(cluster.write(image)).message, "unable to find container named \"nosuch\"");
}

TEST(Api, PreviewsWithoutWriting) {
    Cluster cluster;
    cluster.add(workload("Deployment", "cart", 2, "256Mi"));
    const std::uint64_t trace = cluster.target->trace_hash();
    const auto present = cluster.target->preview(apply(workload("Deployment", "cart", 7, "512Mi")));
    ASSERT_TRUE(present.ok());
    EXPECT_TRUE(present->exists);
    ASSERT_TRUE(present->workload);
    EXPECT_EQ(present->workload->desired, 7);
    EXPECT_EQ(present->workload->shape->request.memory, 512 * kMi);

    const auto fresh = cluster.target->preview(apply(workload("StatefulSet", "db", 3, "1Gi")));
    ASSERT_TRUE(fresh.ok());
    EXPECT_FALSE(fresh->exists);
    EXPECT_EQ(fresh->workload->desired, 3);

    gate::Action taint = action(Verb::Patch, "Node", "n1");
    taint.body = R"({"spec":{"taints":[{"key":"full","effect":"NoExecute"}]}})";
    const auto tainted = cluster.target->preview(taint);
    ASSERT_TRUE(tainted.ok());
    ASSERT_TRUE(tainted->node);
    EXPECT_EQ(tainted->node->taints.size(), 1U);

    const Json scaler{{"apiVersion", "autoscaling/v2"},
                      {"kind", "HorizontalPodAutoscaler"},
                      {"metadata", {{"name", "cart"}, {"namespace", "shop"}}},
                      {"spec", {{"maxReplicas", 9}, {"scaleTargetRef", {{"kind", "Deployment"}, {"name", "cart"}}}}}};
    const auto scaled = cluster.target->preview(apply(scaler));
    ASSERT_TRUE(scaled.ok());
    EXPECT_EQ(scaled->max_replicas, 9);
    EXPECT_EQ(scaled->scale_target_name, "cart");

    EXPECT_EQ(cluster.target->preview(scale("Deployment", "nosuch", 1)).error().code, Code::NotFound);
    EXPECT_EQ(cluster.target->trace_hash(), trace);
}

TEST(Api, AnUnchangedWriteChangesNoVersion) {
    Cluster cluster;
    cluster.add(workload("Deployment", "cart", 2, "256Mi"));
    ASSERT_EQ(cluster.write(scale("Deployment", "cart", 3)).outcome, ports::Outcome::Applied);
    cluster.run(20);
    const auto again = cluster.write(scale("Deployment", "cart", 3));
    EXPECT_EQ(again.outcome, ports::Outcome::Applied);
    EXPECT_EQ(again.resource_version_before, again.resource_version_after);
}

TEST(Api, ANoExecuteTaintDrivesPodsOut) {
    Cluster cluster;
    cluster.add(workload("Deployment", "cart", 3, "256Mi"));
    cluster.run(10);
    gate::Action taint = action(Verb::Patch, "Node", "n1");
    taint.body = R"({"spec":{"taints":[{"key":"full","effect":"NoExecute"}]}})";
    ASSERT_EQ(cluster.write(taint).outcome, ports::Outcome::Applied);
    cluster.run(20);
    EXPECT_EQ(cluster.running("cart"), 3);
    for (const PodTruth& pod : cluster.pods("cart")) EXPECT_NE(pod.seen.node, "n1");
}

}  // namespace
}  // namespace helix::simulated::test
