#include "service/wire/action_json.hpp"

#include <gtest/gtest.h>

namespace helix::wire {
namespace {

using gate::Verb;
using nlohmann::json;

json scale() {
    return json::parse(
        R"({"target":"demo","verb":"scale","object":{"kind":"Deployment","namespace":"shop","name":"cart"},
                           "replicas":5,"reason":"evening peak"})");
}

gate::Action read(const json& value) {
    const auto request = action_request_from_json(value);
    if (request) return request->actions.at(0);
    ADD_FAILURE() << request.error().message << " at " << request.error().where;
    return {};
}

/// What is wrong with `value`: "where: message".
std::string refusal(const json& value) {
    const auto request = action_request_from_json(value);
    return request ? "taken" : request.error().where + ": " + request.error().message;
}

json with(json value, const std::string& key, const json& member) {
    value[key] = member;
    return value;
}

json without(json value, const std::string& key) {
    value.erase(key);
    return value;
}

json of_verb(const std::string& verb, json members = json::object()) {
    json value = {{"target", "demo"},
                  {"verb", verb},
                  {"object", {{"kind", "Deployment"}, {"namespace", "shop"}, {"name", "cart"}}}};
    value.update(members);
    return value;
}

TEST(ActionJson, ReadsAScale) {
    const auto request = action_request_from_json(scale());
    ASSERT_TRUE(request);
    EXPECT_EQ(request->target, "demo");
    const gate::Action& action = request->actions.at(0);
    EXPECT_EQ(action.verb, Verb::Scale);
    EXPECT_EQ(action.object, (gate::ObjectRef{"", "Deployment", "shop", "cart"}));
    EXPECT_EQ(action.replicas, 5);
    EXPECT_EQ(action.reason, "evening peak");
}

TEST(ActionJson, ReadsEveryVerb) {
    EXPECT_EQ(read(of_verb("label", {{"set", {{"team", "checkout"}}}, {"remove", {"owner"}}})).entries.size(), 2U);
    EXPECT_EQ(read(of_verb("annotate", {{"remove", {"example.com/owner"}}})).entries.at(0).second, std::nullopt);
    EXPECT_EQ(read(of_verb("set-image", {{"container", "web"}, {"image", "r.example/web:2"}})).image,
              "r.example/web:2");
    EXPECT_EQ(
        read(of_verb("set-resources", {{"container", "web"}, {"resources", {{"requests", {{"memory", "256Mi"}}}}}}))
            .body,
        R"({"requests":{"memory":"256Mi"}})");
    EXPECT_EQ(read(of_verb("patch", {{"patch", {{"spec", {{"paused", true}}}}}})).body, R"({"spec":{"paused":true}})");
    for (const char* verb : {"restart", "cordon", "uncordon"})
        EXPECT_EQ(gate::to_string(read(of_verb(verb)).verb), verb);
    for (const char* verb : {"evict", "drain", "delete"})
        EXPECT_EQ(read(of_verb(verb, {{"grace_period_seconds", 30}})).grace_period_s, 30) << verb;
}

TEST(ActionJson, ReadsAManifestAsJsonOrYaml) {
    const json object = {
        {"apiVersion", "v1"}, {"kind", "ConfigMap"}, {"metadata", {{"name", "flags"}, {"namespace", "shop"}}}};
    const std::string yaml = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: flags\n  namespace: shop\n";
    const gate::Action from_json = read({{"target", "demo"}, {"verb", "create"}, {"manifest", object}});
    const gate::Action from_yaml = read({{"target", "demo"}, {"verb", "apply"}, {"manifest", yaml}});
    EXPECT_EQ(from_json.object, (gate::ObjectRef{"v1", "ConfigMap", "shop", "flags"}));
    EXPECT_EQ(from_json.object, from_yaml.object);
    EXPECT_EQ(from_json.body, from_yaml.body);
}

TEST(ActionJson, AnObjectBesideAManifestMustAgreeAndMayNameTheNamespace) {
    const json manifest = {{"apiVersion", "v1"}, {"kind", "ConfigMap"}, {"metadata", {{"name", "flags"}}}};
    const json object = {{"kind", "ConfigMap"}, {"namespace", "shop"}, {"name", "flags"}};
    const gate::Action action =
        read({{"target", "demo"}, {"verb", "apply"}, {"object", object}, {"manifest", manifest}});
    EXPECT_EQ(action.object.ns, "shop");
    EXPECT_EQ(json::parse(action.body).at("metadata").at("namespace"), "shop");
    EXPECT_EQ(
        refusal(
            {{"target", "demo"}, {"verb", "apply"}, {"object", with(object, "name", "other")}, {"manifest", manifest}}),
        "/manifest: manifest: it is not ConfigMap shop/other");
}

TEST(ActionJson, RefusesWithThePlace) {
    EXPECT_EQ(refusal(with(scale(), "replica", 5)), "/replica: unknown field \"replica\"");
    EXPECT_EQ(refusal(with(scale(), "image", "web:1")), "/image: unknown field \"image\"");
    EXPECT_EQ(refusal(with(scale(), "a/b~c", 1)), "/a~1b~0c: unknown field \"a/b~c\"");
    for (const json& replicas : {json(-1), json(100'001), json(5.5), json("5"), json(nullptr), json(1e300)})
        EXPECT_EQ(refusal(with(scale(), "replicas", replicas)),
                  "/replicas: replicas must be a whole number from 0 to 100000");
    EXPECT_EQ(refusal(without(scale(), "replicas")), "/replicas: scale needs \"replicas\"");
    EXPECT_EQ(refusal(without(scale(), "object")), "/object: scale needs \"object\"");
    EXPECT_EQ(refusal(without(scale(), "target")), "/target: \"target\" is missing");
    EXPECT_EQ(refusal(with(scale(), "verb", "explode")), "/verb: there is no verb \"explode\"");
    EXPECT_EQ(refusal(with(scale(), "reason", 5)), "/reason: reason must be a string");
    EXPECT_EQ(refusal(json::array()), "/: must be a JSON object");
    EXPECT_EQ(refusal(of_verb("label")), "/set: name from 1 to 256 keys to set or remove");
    EXPECT_EQ(refusal(of_verb("label", {{"set", {{"a", 5}}}})), "/set/a: the value of \"a\" must be a string");
    EXPECT_EQ(
        refusal(of_verb("set-resources", {{"container", "web"}, {"resources", {{"limits", {{"memory", "-1Gi"}}}}}})),
        "/resources/limits/memory: quantity \"-1Gi\" is negative");
    EXPECT_EQ(refusal({{"target", "demo"}, {"verb", "create"}, {"manifest", "a: *b"}})
                  .rfind("/manifest: manifest: not valid YAML", 0),
              0U);
}

TEST(ActionJson, RefusesNamesThatCouldBePathsOrOptions) {
    for (const char* name : {"", "../cart", "a/b", "-rf", "a b", "$(x)", "cart;", "a\nb", ".", "cart."}) {
        const json object = {{"kind", "Deployment"}, {"namespace", "shop"}, {"name", name}};
        EXPECT_EQ(refusal(with(scale(), "object", object)).rfind("/object/name: ", 0), 0U) << name;
    }
    EXPECT_NE(refusal(with(scale(), "target", "../etc")), "taken");
    const json long_name = {{"kind", "Deployment"}, {"namespace", "shop"}, {"name", std::string(254, 'a')}};
    EXPECT_NE(refusal(with(scale(), "object", long_name)), "taken");
    const json rbac = {{"kind", "ClusterRole"}, {"name", "system:node"}};
    EXPECT_EQ(read({{"target", "demo"}, {"verb", "delete"}, {"object", rbac}}).object.name, "system:node");
}

TEST(ActionJson, APlansReasonStandsInForItsActions) {
    const auto plan = plan_from_json(json::parse(
        R"({"target":"demo","reason":"peak","actions":[{"verb":"cordon","object":{"kind":"Node","name":"n2"}},
            {"verb":"restart","object":{"kind":"Deployment","namespace":"shop","name":"cart"},"reason":"leak"}]})"));
    ASSERT_TRUE(plan);
    EXPECT_EQ(plan->actions.at(0).reason, "peak");
    EXPECT_EQ(plan->actions.at(1).reason, "leak");
}

TEST(ActionJson, RefusesBadPlans) {
    const json cordon = {{"verb", "cordon"}, {"object", {{"kind", "Node"}, {"name", "n2"}}}};
    const auto where = [](const json& value) {
        const auto plan = plan_from_json(value);
        return plan ? std::string("taken") : plan.error().where;
    };
    EXPECT_EQ(where({{"target", "demo"}, {"actions", json::array()}}), "/actions");
    EXPECT_EQ(where({{"target", "demo"}, {"actions", json::array({cordon, with(cordon, "target", "x")})}}),
              "/actions/1/target");
    EXPECT_EQ(where({{"target", "demo"}, {"actions", json::array({cordon})}, {"verb", "scale"}}), "/verb");
    EXPECT_EQ(where({{"target", "demo"}, {"actions", json(101, cordon)}}), "/actions");
}

TEST(ActionJson, GoesThereAndBack) {
    for (json value : {scale(), of_verb("label", {{"set", {{"team", "checkout"}}}, {"remove", {"owner"}}}),
                       of_verb("patch", {{"patch", {{"spec", {{"paused", true}}}}}}),
                       of_verb("set-image", {{"container", "web"}, {"image", "web:2"}}),
                       of_verb("set-resources", {{"container", "web"}, {"resources", {{"limits", {{"cpu", "1"}}}}}}),
                       of_verb("delete", {{"grace_period_seconds", 0}})})
        EXPECT_EQ(to_json(read(value)), without(value, "target"));
}

TEST(ActionJson, KeepsWhatASecretHoldsOutOfReceipts) {
    const json manifest = {{"apiVersion", "v1"},
                           {"kind", "Secret"},
                           {"metadata", {{"name", "key"}, {"namespace", "shop"}}},
                           {"data", {{"password", "Y2FuYXJ5"}}},
                           {"stringData", {{"token", "canary"}}}};
    const gate::Action action = read({{"target", "demo"}, {"verb", "apply"}, {"manifest", manifest}});
    EXPECT_NE(action.body.find("canary"), std::string::npos);
    const std::string shown = to_json(action).dump();
    EXPECT_EQ(shown.find("canary"), std::string::npos);
    EXPECT_EQ(shown.find("Y2FuYXJ5"), std::string::npos);
    EXPECT_NE(shown.find("password"), std::string::npos);
}

}  // namespace
}  // namespace helix::wire
