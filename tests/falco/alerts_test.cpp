#include "adapters/falco/alerts.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <rapidcheck/gtest.h>

namespace helix::falco {
namespace {

using trial::FalcoAlert;
using trial::FalcoPriority;

constexpr trial::Micros kNow = 1'795'000'000'000'000;

/// As Falco prints it and falcosidekick passes it on, with its uuid.
const std::string kAlert = R"({"uuid":"d1c9fd2f-7a2c-4b4e-8f0a-6a4dd7b2b8b1","hostname":"falco-x7k2p",
  "output":"03:04:05.123456789: Notice A shell was spawned in a container","priority":"Notice","source":"syscall",
  "rule":"Terminal shell in container","tags":["container","shell"],"time":"2026-01-02T03:04:05.123456789Z",
  "output_fields":{"container.id":"3f0a2b4c5d6e","container.image.repository":"docker.io/library/nginx",
    "container.name":"web","evt.time":1767323045123456789,"k8s.ns.name":"shop","k8s.pod.name":"web-5df8b9455b-9txjh",
    "k8s.pod.uid":"2eeb8620-c7d6-4b94-97cd-caad161ba7aa","proc.cmdline":"sh","proc.pname":null,"user.uid":0}})";

Batch read(const std::string& body) {
    auto batch = read_alerts(body, kNow);
    EXPECT_TRUE(batch.ok()) << batch.error().message;
    return batch.ok() ? std::move(*batch) : Batch{};
}

FalcoAlert one(const std::string& body) {
    const Batch batch = read(body);
    EXPECT_EQ(batch.alerts.size(), 1U) << (batch.refused.empty() ? "" : batch.refused[0].message);
    return batch.alerts.empty() ? FalcoAlert{} : batch.alerts[0];
}

/// An alert with that and nothing else.
std::string with(const std::string& members) {
    return R"({"rule":"r","priority":"Error",)" + members + "}";
}

TEST(FalcoAlerts, AreReadAsFalcosidekickSendsThem) {
    const FalcoAlert alert = one(kAlert);
    EXPECT_EQ(alert.at, 1'767'323'045'123'456);
    EXPECT_EQ(alert.received_at, kNow);
    EXPECT_EQ(alert.rule, "Terminal shell in container");
    EXPECT_EQ(alert.priority, FalcoPriority::Notice);
    EXPECT_EQ(alert.source, "syscall");
    EXPECT_EQ(alert.hostname, "falco-x7k2p");
    EXPECT_EQ(alert.uuid, "d1c9fd2f-7a2c-4b4e-8f0a-6a4dd7b2b8b1");
    EXPECT_EQ(alert.ns, "shop");
    EXPECT_EQ(alert.pod, "web-5df8b9455b-9txjh");
    EXPECT_EQ(alert.pod_uid, "2eeb8620-c7d6-4b94-97cd-caad161ba7aa");
    EXPECT_EQ(alert.container_id, "3f0a2b4c5d6e");
    EXPECT_EQ(alert.container_name, "web");
    EXPECT_EQ(alert.image, "docker.io/library/nginx");
    EXPECT_EQ(alert.count, 1);
}

TEST(FalcoAlerts, NeedNoMoreThanRuleAndPriority) {
    const FalcoAlert bare = one(R"({"rule":"r","priority":"Critical"})");
    EXPECT_EQ(bare.priority, FalcoPriority::Critical);
    EXPECT_EQ(bare.at, 0);
    EXPECT_EQ(bare.ns, "");
    const FalcoAlert nulls = one(with(R"("time":null,"source":null,"hostname":null,"output":null,"message":"m",
        "output_fields":{"k8s.ns.name":null,"k8s.pod.name":"<NA>","container.id":"host"},"tags":null,"uuid":null)"));
    EXPECT_EQ(nulls.output, "m");
    EXPECT_EQ(nulls.pod, "");
    EXPECT_EQ(nulls.container_id, "host");
    EXPECT_EQ(one(with(R"("output_fields":null)")).rule, "r");
}

TEST(FalcoAlerts, PrioritiesInAnyCase) {
    const std::pair<const char*, FalcoPriority> cases[] = {{"Emergency", FalcoPriority::Emergency},
                                                           {"ALERT", FalcoPriority::Alert},
                                                           {"critical", FalcoPriority::Critical},
                                                           {"Error", FalcoPriority::Error},
                                                           {"Warning", FalcoPriority::Warning},
                                                           {"Notice", FalcoPriority::Notice},
                                                           {"Informational", FalcoPriority::Informational},
                                                           {"info", FalcoPriority::Informational},
                                                           {"Debug", FalcoPriority::Debug}};
    for (const auto& [text, priority] : cases)
        EXPECT_EQ(one(std::string(R"({"rule":"r","priority":")") + text + "\"}").priority, priority) << text;
}

TEST(FalcoAlerts, WithoutATimeTakeTheEvents) {
    EXPECT_EQ(one(with(R"("output_fields":{"evt.time":1767323045123456789})")).at, 1'767'323'045'123'456);
    EXPECT_EQ(one(with(R"("output_fields":{"evt.time":"1767323045123456789"})")).at, 1'767'323'045'123'456);
    EXPECT_EQ(one(with(R"("output_fields":{"evt.time":"2026-01-02T03:04:05.5Z"})")).at, 1'767'323'045'500'000);
    EXPECT_EQ(one(with(R"("output_fields":{"evt.time":"03:04:05.5"})")).at, 0);
    EXPECT_EQ(one(with(R"("output_fields":{"evt.time":-5})")).at, 0);
    EXPECT_NEAR(static_cast<double>(one(with(R"("output_fields":{"evt.time":1.7673230451234568e18})")).at),
                1.7673230451234568e15, 1e3);
    EXPECT_EQ(one(with(R"("time":"2026-01-02T04:04:05+01:00","output_fields":{"evt.time":5000})")).at,
              1'767'323'045'000'000);
}

TEST(FalcoAlerts, AuditEventsNameTheirTarget) {
    const FalcoAlert exec = one(with(R"("source":"k8s_audit","output_fields":{"ka.target.namespace":"shop",
        "ka.target.resource":"pods","ka.target.name":"web-1"})"));
    EXPECT_EQ(exec.ns, "shop");
    EXPECT_EQ(exec.pod, "web-1");
    const FalcoAlert other = one(with(R"("source":"k8s_audit","output_fields":{"ka.target.namespace":"shop",
        "ka.target.resource":"secrets","ka.target.name":"key"})"));
    EXPECT_EQ(other.pod, "");
}

TEST(FalcoAlerts, ASandboxIsNoPod) {
    EXPECT_EQ(one(with(R"("output_fields":{"k8s.pod.id":"3f0a2b4c5d6e"})")).pod_uid, "");
    EXPECT_EQ(one(with(R"("output_fields":{"k8s.pod.id":"2eeb8620-c7d6-4b94-97cd-caad161ba7aa"})")).pod_uid,
              "2eeb8620-c7d6-4b94-97cd-caad161ba7aa");
}

TEST(FalcoAlerts, WrongOnesNameTheField) {
    const struct {
        std::string body;
        const char* where;
    } cases[] = {
        {R"({"priority":"Error"})", "/rule"},
        {R"({"rule":null,"priority":"Error"})", "/rule"},
        {R"({"rule":7,"priority":"Error"})", "/rule"},
        {R"({"rule":"r"})", "/priority"},
        {R"({"rule":"r","priority":"Dreadful"})", "/priority"},
        {R"({"rule":"r","priority":3})", "/priority"},
        {with(R"("time":"yesterday")"), "/time"},
        {with(R"("time":1767323045)"), "/time"},
        {with(R"("source":["syscall"])"), "/source"},
        {with(R"("output":{})"), "/output"},
        {with(R"("output_fields":[])"), "/output_fields"},
        {with(R"("output_fields":{"k8s.ns.name":["shop"]})"), "/output_fields/k8s.ns.name"},
        {with(R"("output_fields":{"evt.time":{}})"), "/output_fields/evt.time"},
        {R"({"rule":"a","rule":"b","priority":"Error"})", "/rule"},  // two readers might take either
        {with(R"("output_fields":{"k8s.ns.name":"shop","k8s.ns.name":"other"})"), "/output_fields/k8s.ns.name"},
        {"7", ""},
        {"null", ""},
    };
    for (const auto& [body, where] : cases) {
        const Batch batch = read(body);
        EXPECT_TRUE(batch.alerts.empty()) << body;
        ASSERT_EQ(batch.refused.size(), 1U) << body;
        EXPECT_EQ(batch.refused[0].code, Code::InvalidArgument);
        EXPECT_EQ(batch.refused[0].where, where) << body;
    }
    EXPECT_EQ(read_alerts("", kNow).error().code, Code::InvalidArgument);
    EXPECT_EQ(read_alerts("{", kNow).error().code, Code::InvalidArgument);
    const auto endless = read_alerts(with(R"("output_fields":{"evt.time":123456789012345678901234567890})"), kNow);
    EXPECT_EQ(endless.error().code, Code::InvalidArgument) << "a number that no 64 bits hold";
    EXPECT_EQ(read_alerts(R"({"rule":"\ud800","priority":"Error"})", kNow).error().code, Code::InvalidArgument);
    EXPECT_EQ(read_alerts("{\"rule\":\"a\",\n \"priority\":}", kNow).error().where, "line 2, column 13");
}

TEST(FalcoAlerts, OneBadOneTakesNothingFromTheOthers) {
    const Batch array = read(R"([{"rule":"a","priority":"Error"},{"rule":"b"},{"rule":"c","priority":"Alert"}])");
    ASSERT_EQ(array.alerts.size(), 2U);
    ASSERT_EQ(array.refused.size(), 1U);
    EXPECT_EQ(array.refused[0].where, "/1/priority");
    const Batch lines = read(
        "{\"rule\":\"a\",\"priority\":\"Error\"}\n\n{\"rule\" \"b\"}\r\n{\"rule\":\"c\",\"priority\":\"Alert\"}\n");
    ASSERT_EQ(lines.alerts.size(), 2U);
    EXPECT_EQ(lines.alerts[1].rule, "c");
    ASSERT_EQ(lines.refused.size(), 1U);
    EXPECT_EQ(lines.refused[0].where.substr(0, 2), "/1");
    EXPECT_TRUE(read("[]").alerts.empty());
    EXPECT_EQ(read(kAlert + "\n").alerts.size(), 1U) << "one alert over several lines";
}

TEST(FalcoAlerts, AreBounded) {
    EXPECT_EQ(read_alerts(std::string(kBodyBytesMax + 1, ' '), kNow).error().code, Code::ResourceExhausted);
    std::string many = "[1";
    for (std::size_t n = 0; n < kAlertsMax; ++n) many += ",1";
    EXPECT_EQ(read_alerts(many + "]", kNow).error().code, Code::ResourceExhausted);
    EXPECT_FALSE(read_alerts(std::string(100'000, '['), kNow).ok());
    const FalcoAlert wide = one(with(R"("output":")" + std::string(511, 'x') + "\u00e9\u00e9" + "\""));
    EXPECT_EQ(wide.output, std::string(511, 'x')) << "never half a character";
}

RC_GTEST_PROP(FalcoFuzz, ChangedBytesAreAnswered, (const std::vector<std::pair<std::uint16_t, char>>& changes)) {
    std::string body = *rc::gen::elementOf(std::vector<std::string>{kAlert, "[" + kAlert + "," + kAlert + "]"});
    for (const auto& [at, byte] : changes) body[at % body.size()] = byte;
    const auto batch = read_alerts(body, kNow);
    if (!batch) RC_ASSERT(!batch.error().message.empty());
    if (batch)
        for (const FalcoAlert& alert : batch->alerts) RC_ASSERT(!alert.rule.empty() && alert.output.size() <= 512U);
}

RC_GTEST_PROP(FalcoFuzz, AnyPrefixIsAnswered, ()) {
    const auto length = *rc::gen::inRange<std::size_t>(0, kAlert.size());
    const auto batch = read_alerts(kAlert.substr(0, length), kNow);
    RC_ASSERT(!batch.ok());
}

RC_GTEST_PROP(FalcoFuzz, AnyValueInAnyFieldIsAnswered, ()) {
    auto alert = nlohmann::json::parse(kAlert);
    const auto values = std::vector<nlohmann::json>{
        nullptr, true, 7, -1.5, "", "text", nlohmann::json::array({1}), nlohmann::json::object(), 18446744073709551615U,
        "\u0000"};
    for (auto* members : {&alert, &alert["output_fields"]})
        for (auto& [name, value] : members->items())
            if (name != "output_fields" && *rc::gen::inRange(0, 6) == 0) value = *rc::gen::elementOf(values);
    const auto read = read_alerts(alert.dump(), kNow);
    RC_ASSERT(read.ok());
    for (const Error& refused : read->refused) RC_ASSERT(refused.where.starts_with('/'));
}

}  // namespace
}  // namespace helix::falco
