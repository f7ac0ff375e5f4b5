#include "adapters/kubernetes/patches.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "adapters/kubernetes/resource_map.hpp"

namespace helix::kubernetes {
namespace {

using gate::Action;
using gate::Verb;
using nlohmann::json;

Action action(Verb verb, const std::string& kind = "Deployment") {
    Action made;
    made.verb = verb;
    made.object = {"", kind, kind == "Node" ? "" : "shop", "cart"};
    return made;
}

json body_of(const Action& one) {
    const auto patch = patch_for(one, {"main"}, {"c1", "u1"}, 0);
    EXPECT_TRUE(patch.ok());
    return patch.ok() ? json::parse(patch->body) : json();
}

const json kMarks = json::parse(R"({"uid":"u1","annotations":{"helix.eose.ca/cycle":"c1"}})");

TEST(Patches, CarryTheChangeAndTheMarkInOneBody) {
    Action label = action(Verb::Label);
    label.entries = {{"tier", "gold"}, {"old", std::nullopt}};
    json wanted;
    wanted["metadata"] = kMarks;
    wanted["metadata"]["labels"] = json::parse(R"({"tier":"gold","old":null})");
    EXPECT_EQ(body_of(label), wanted);
    const json cordon = body_of(action(Verb::Cordon, "Node"));
    EXPECT_EQ(cordon["metadata"], kMarks);
    EXPECT_EQ(cordon["spec"], json::parse(R"({"unschedulable":true})"));
    EXPECT_EQ(body_of(action(Verb::Uncordon, "Node"))["spec"], json::parse(R"({"unschedulable":null})"));
    EXPECT_EQ(body_of(action(Verb::Restart))["spec"]["template"]["metadata"]["annotations"],
              json::parse(R"({"kubectl.kubernetes.io/restartedAt":"1970-01-01T00:00:00Z"})"));
}

TEST(Patches, FindTheContainer) {
    Action image = action(Verb::SetImage);
    image.image = "app:2";
    EXPECT_EQ(body_of(image)["spec"]["template"]["spec"]["containers"],
              json::parse(R"([{"name":"main","image":"app:2"}])"));
    EXPECT_FALSE(patch_for(image, {"a", "b"}, {}, 0).ok()) << "which one?";
    image.container = "none";
    EXPECT_FALSE(patch_for(image, {"main"}, {}, 0).ok()) << "a strategic merge would add a container";
    Action resources = action(Verb::SetResources, "CronJob");
    resources.body = R"({"limits":{"memory":"1Gi"}})";
    EXPECT_EQ(body_of(resources)["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]["resources"],
              json::parse(R"({"limits":{"memory":"1Gi"}})"));
    EXPECT_EQ(container_names(R"({"spec":{"template":{"spec":{"containers":[{"name":"x"},{"name":"y"}]}}}})"),
              (std::vector<std::string>{"x", "y"}));
}

TEST(Patches, RefuseWhatDoesNotFit) {
    EXPECT_FALSE(patch_for(action(Verb::Cordon), {}, {}, 0).ok());
    EXPECT_FALSE(patch_for(action(Verb::Restart, "Job"), {}, {}, 0).ok());
    EXPECT_FALSE(patch_for(action(Verb::Label), {}, {}, 0).ok());
    Action patch = action(Verb::Patch);
    for (const std::string& body :
         {std::string(), std::string("[]"), std::string("{"), std::string(R"({"metadata":7})"),
          std::string(R"({"metadata":{"annotations":null}})"), std::string(100'000, '[')}) {
        patch.body = body;
        EXPECT_FALSE(patch_for(patch, {}, {"c1", ""}, 0).ok()) << body.substr(0, 40);
    }
}

TEST(Patches, AManifestMustBeThatOfItsObject) {
    Action apply = action(Verb::Apply);
    apply.body = R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"cart","managedFields":[]}})";
    const auto patch = apply_for(apply, {"c1", ""});
    ASSERT_TRUE(patch.ok());
    EXPECT_EQ(json::parse(patch->body)["metadata"],
              json::parse(R"({"name":"cart","namespace":"shop","annotations":{"helix.eose.ca/cycle":"c1"}})"));
    apply.object.name = "other";
    EXPECT_FALSE(apply_for(apply, {}).ok());
}

TEST(Paths, NeverLeaveTheirPlace) {
    ResourceMap map([](const std::string&) -> Result<std::string> { return error(Code::NotFound, "none"); });
    EXPECT_EQ(*map.path_of({"", "Deployment", "shop", "cart"}), "/apis/apps/v1/namespaces/shop/deployments/cart");
    EXPECT_EQ(*map.path_of({"v1", "Node", "", "n1"}), "/api/v1/nodes/n1");
    for (const char* name : {"", ".", "..", "a/b", "a?b", "a%2e", "a b", "a\nb"}) {
        EXPECT_FALSE(map.path_of({"", "Deployment", "shop", name}).ok()) << name;
        EXPECT_FALSE(map.path_of({"", "Deployment", name, "cart"}).ok()) << name;
    }
    EXPECT_FALSE(map.path_of({"../v1", "Thing", "shop", "x"}).ok());
    EXPECT_FALSE(map.path_of({"v1", "Node", "shop", "n1"}).ok()) << "a node has no namespace";
    EXPECT_EQ(map.path_of({"", "Whim", "shop", "x"}).error().code, Code::NotFound);
}

TEST(Paths, AKindUnknownToUsIsAskedForOnce) {
    int asked = 0;
    ResourceMap map([&](const std::string& path) -> Result<std::string> {
        ++asked;
        EXPECT_EQ(path, "/apis/example.com/v1");
        return std::string(R"({"resources":[{"name":"widgets","kind":"Widget","namespaced":true}]})");
    });
    EXPECT_EQ(*map.path_of({"example.com/v1", "Widget", "s", "w"}), "/apis/example.com/v1/namespaces/s/widgets/w");
    EXPECT_EQ(*map.path_of({"example.com/v1", "Widget", "s", "v"}), "/apis/example.com/v1/namespaces/s/widgets/v");
    EXPECT_EQ(asked, 1);
}

}  // namespace
}  // namespace helix::kubernetes
