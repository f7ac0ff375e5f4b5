#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "adapters/kubeconfig/resolve.hpp"
#include "adapters/kubernetes/writer.hpp"
#include "tests/support/relay.hpp"
#include "tests/support/test_cluster.hpp"

// Writes whose connection dies, against a real API server behind a relay that cuts it at a chosen moment: what the
// writer says became of each is held against the server's audit log.
namespace helix::kubernetes {
namespace {

using gate::Action;
using gate::Verb;
using http2_client::Channel;
using http2_client::Method;
using nlohmann::json;
using ports::Outcome;
using ports::WriteResult;
using test_support::eventually;
using test_support::Relay;
using test_support::TestCluster;

/// Looks at the object and writes, as a step of a cycle does.
WriteResult write(Writer& writer, const Action& action, const std::string& mark) {
    const auto before = writer.look(action);
    EXPECT_TRUE(before.ok()) << before.error().message;
    return writer.write(action, *before, {mark, "tester"});
}

constexpr const char* kNamespace = "lost";
constexpr const char* kUser = "dev-admin";
/// A write that never reached the server is looked for until this is over, any other until a look shows it: a busy
/// machine may take seconds over that.
constexpr std::chrono::milliseconds kReadBackNeverSent{500};
constexpr std::chrono::milliseconds kReadBack{10'000};

/// A writer over connections of its own towards `url`.
class Client {
public:
    Client(const kubeconfig::Access& access, const std::string& url, bool multiplex,
           std::chrono::milliseconds read_back = kReadBack)
        : shared_(open(access, url, multiplex, 4)),
          changes_(open(access, url, multiplex, 1)),
          api_(*shared_, *changes_, requests_),
          resources_([this](const std::string& path) -> Result<std::string> {
              auto answer = api_.get(path);
              if (!answer) return answer.error();
              return std::move(answer->body);
          }),
          writer_(api_, resources_, {std::chrono::seconds(20), read_back}, [] { return 1'700'000'000; }) {}

    Api& api() { return api_; }
    Writer& writer() { return writer_; }
    ResourceMap& resources() { return resources_; }

private:
    static std::unique_ptr<Channel> open(const kubeconfig::Access& access, const std::string& url, bool multiplex,
                                         std::size_t connections) {
        http2_client::ChannelOptions options;
        options.max_connections = connections;
        options.multiplex = multiplex;
        options.read_sends_max = 1;
        endpoint::Endpoint endpoint = access.endpoint;
        endpoint.server_url = url;
        auto channel = Channel::open(endpoint, access.credentials, options);
        if (!channel) throw std::runtime_error(channel.error().message);
        return *std::move(channel);
    }

    std::atomic<std::uint64_t> requests_{0};
    std::unique_ptr<Channel> shared_;
    std::unique_ptr<Channel> changes_;
    Api api_;
    ResourceMap resources_;
    Writer writer_;
};

/// One verb: what it is done to, and how.
struct Row {
    std::string name;
    Verb verb;
    std::string kind;
    const char* method;  ///< of the request that is to be cut
    std::function<void(Action&)> fill = [](Action&) {};
};

const std::vector<Row>& rows() {
    static const std::vector<Row> kRows = {
        {"create", Verb::Create, "ConfigMap", "PATCH",
         [](Action& one) { one.body = R"({"apiVersion":"v1","kind":"ConfigMap","data":{"a":"b"}})"; }},
        {"apply", Verb::Apply, "ConfigMap", "PATCH",
         [](Action& one) { one.body = R"({"apiVersion":"v1","kind":"ConfigMap","data":{"a":"c"}})"; }},
        {"scale", Verb::Scale, "Deployment", "PATCH", [](Action& one) { one.replicas = 1; }},
        {"label", Verb::Label, "Deployment", "PATCH",
         [](Action& one) {
             one.entries = {{"tier", "gold"}};
         }},
        {"annotate", Verb::Annotate, "Deployment", "PATCH",
         [](Action& one) {
             one.entries = {{"note", "new"}};
         }},
        {"restart", Verb::Restart, "Deployment", "PATCH"},
        {"set_image", Verb::SetImage, "Deployment", "PATCH", [](Action& one) { one.image = "example.test/web:2"; }},
        {"set_resources", Verb::SetResources, "Deployment", "PATCH",
         [](Action& one) { one.body = R"({"requests":{"memory":"65Mi"}})"; }},
        {"patch", Verb::Patch, "Deployment", "PATCH",
         [](Action& one) { one.body = R"({"spec":{"minReadySeconds":3}})"; }},
        {"cordon", Verb::Cordon, "Node", "PATCH"},
        {"uncordon", Verb::Uncordon, "Node", "PATCH"},
        {"evict", Verb::Evict, "Pod", "POST"},
        {"delete_pod", Verb::Delete, "Pod", "DELETE"},
        {"delete_configmap", Verb::Delete, "ConfigMap", "DELETE"},
    };
    return kRows;
}

json manifest(const Row& row, const std::string& name) {
    const json pod = {{"containers", {{{"name", "web"}, {"image", "example.test/web:1"}}}}};
    if (row.kind == "ConfigMap") return {{"apiVersion", "v1"}, {"kind", "ConfigMap"}, {"data", {{"a", "b"}}}};
    if (row.kind == "Node") {
        json node = {{"apiVersion", "v1"}, {"kind", "Node"}};
        if (row.verb == Verb::Uncordon) node["spec"] = {{"unschedulable", true}};
        return node;
    }
    if (row.kind == "Pod") return {{"apiVersion", "v1"}, {"kind", "Pod"}, {"spec", pod}};
    return {{"apiVersion", "apps/v1"},
            {"kind", "Deployment"},
            {"spec",
             {{"replicas", 0},
              {"selector", {{"matchLabels", {{"app", name}}}}},
              {"template", {{"metadata", {{"labels", {{"app", name}}}}}, {"spec", pod}}}}}};
}

/// Protocol, when the connection is cut, the verb.
using Cell = std::tuple<bool, std::string, std::size_t>;

class LostAnswer : public testing::TestWithParam<Cell> {
protected:
    static void SetUpTestSuite() {
        if (!TestCluster::available()) return;
        cluster_ = TestCluster::start();
        ASSERT_EQ(cluster_->run({"load", "--nodes", "3"}).exit_code, 0);
        ASSERT_EQ(cluster_->kubectl({"create", "namespace", kNamespace}).exit_code, 0);
        const auto config = kubeconfig::load({cluster_->kubeconfig().string()});
        ASSERT_TRUE(config.ok());
        const auto access = kubeconfig::resolve(*config, kUser);
        ASSERT_TRUE(access.ok());
        direct_ = std::make_unique<Client>(*access, test_support::api_server_url(*cluster_), true);
        for (const bool http2 : {false, true}) {
            relays_[http2] = std::make_unique<Relay>(*cluster_, !http2);
            clients_[http2] = std::make_unique<Client>(*access, relays_[http2]->url(), http2);
            hasty_[http2] = std::make_unique<Client>(*access, relays_[http2]->url(), http2, kReadBackNeverSent);
        }
        ASSERT_TRUE(eventually(20, [] {
            return direct_->api()
                .get("/api/v1/namespaces/" + std::string(kNamespace) + "/serviceaccounts/default")
                .ok();
        }));
    }
    static void TearDownTestSuite() {
        for (const bool http2 : {false, true}) {
            clients_[http2].reset();
            hasty_[http2].reset();
            relays_[http2].reset();
        }
        direct_.reset();
        cluster_.reset();
    }
    void SetUp() override {
        if (!cluster_) GTEST_SKIP() << "build the target testcluster first";
    }

    static Action action_of(const Row& row, const std::string& name) {
        Action one;
        one.verb = row.verb;
        one.object = {"", row.kind, row.kind == "Node" ? "" : kNamespace, name};
        one.reason = "a test";
        row.fill(one);
        return one;
    }

    /// Makes the object that `row` is about, as somebody else would.
    static void make_object(const Row& row, const std::string& name, const std::string& node = "node-0000") {
        json body = manifest(row, name);
        body["metadata"] = {{"name", name}};
        if (row.kind == "Pod") body["spec"]["nodeName"] = node;
        const std::string path = *direct_->resources().path_of(action_of(row, name).object);
        const auto made = direct_->api().write(Method::Patch, path + "?fieldManager=somebody&force=true",
                                               "application/apply-patch+yaml", body.dump(), false);
        ASSERT_TRUE(made.ok()) << made.error().message;
        // Those who look after it are done with it: no version moves under the write.
        const char* settled = row.verb == Verb::Scale ? "NewReplicaSetAvailable"
                              : row.kind == "Pod"     ? "\"phase\":\"Running\""
                                                      : "";
        ASSERT_TRUE(eventually(20, [&] { return direct_->api().get(path)->body.find(settled) != std::string::npos; }));
    }

    static std::string version_of(const Action& one) {
        const auto answer = direct_->api().get(*direct_->resources().path_of(one.object));
        if (!answer) return "";
        return json::parse(answer->body).at("metadata").at("resourceVersion");
    }

    struct Audit {
        int requests = 0;
        int done = 0;
    };

    /// What the API server itself recorded of helix's writes to `name`: dry runs and the test's own are not among them.
    static Audit audit_of(const std::string& name) {
        Audit audit;
        std::ifstream log(cluster_->dir() / "log" / "audit.jsonl");
        for (std::string line; std::getline(log, line);) {
            if (line.find(name) == std::string::npos) continue;
            const json event = json::parse(line);
            const std::string verb = event.at("verb");
            if (event.at("user").at("username") != kUser || event.at("objectRef").value("name", "") != name) continue;
            if (event.at("stage") != "ResponseComplete" && event.at("stage") != "Panic") continue;
            if (verb == "get" || event.at("requestURI").get<std::string>().find("somebody") != std::string::npos)
                continue;
            ++audit.requests;
            audit.done += event.at("responseStatus").at("code").get<int>() < 300 ? 1 : 0;
        }
        return audit;
    }

    static std::unique_ptr<TestCluster> cluster_;
    static std::unique_ptr<Client> direct_;
    static std::map<bool, std::unique_ptr<Relay>> relays_;
    static std::map<bool, std::unique_ptr<Client>> clients_;
    static std::map<bool, std::unique_ptr<Client>> hasty_;
};

std::unique_ptr<TestCluster> LostAnswer::cluster_;
std::unique_ptr<Client> LostAnswer::direct_;
std::map<bool, std::unique_ptr<Relay>> LostAnswer::relays_;
std::map<bool, std::unique_ptr<Client>> LostAnswer::clients_;
std::map<bool, std::unique_ptr<Client>> LostAnswer::hasty_;

TEST_P(LostAnswer, IsFoundOutAndNothingIsDoneTwice) {
    const auto& [http2, when, index] = GetParam();
    const Row& row = rows().at(index);
    std::string name = row.name + "-" + (http2 ? "h2" : "h1") + "-" + when;
    std::replace(name.begin(), name.end(), '_', '-');
    if (row.verb != Verb::Create) {
        ASSERT_NO_FATAL_FAILURE(make_object(row, name));
    }
    const Action one = action_of(row, name);
    const std::string before = version_of(one);
    const Relay& relay = *relays_[http2];
    const int cuts = relay.stats().cuts;

    relay.cut_next(row.method, name, when, index % 2 == 0 ? "fin" : "rst");
    Client& client = when == "before" ? *hasty_[http2] : *clients_[http2];
    const WriteResult result = write(client.writer(), one, "cycle-" + name);

    ASSERT_EQ(relay.stats().cuts, cuts + 1) << "the connection was not cut";
    const Audit audit = audit_of(name);
    if (when == "before") {
        EXPECT_EQ(result.outcome, Outcome::NotApplied) << result.detail;
        ASSERT_TRUE(result.failure.has_value());
        EXPECT_EQ(result.failure->code, Code::Unavailable) << result.detail;
        EXPECT_EQ(audit.requests, 0);
        if (row.kind == "ConfigMap") {  // nobody else touches those
            EXPECT_EQ(version_of(one), before);
        }
    } else {
        EXPECT_EQ(result.outcome, Outcome::Applied) << result.detail;
        EXPECT_NE(result.detail.find("the answer was lost"), std::string::npos) << result.detail;
        EXPECT_EQ(audit.requests, 1);
        EXPECT_EQ(audit.done, 1);
        EXPECT_NE(version_of(one), before);
    }
}

// A reset in the middle of the network may outrun the request: the server has it, and is not done with it yet.
TEST_F(LostAnswer, AWriteThatComesToPassAfterTheFirstLookIsFoundAsWell) {
    const Row& row = rows().at(3);
    for (const bool http2 : {false, true}) {
        const std::string name = std::string("late-") + (http2 ? "h2" : "h1");
        ASSERT_NO_FATAL_FAILURE(make_object(row, name));
        relays_[http2]->cut_next(row.method, name, "late", "rst");
        const WriteResult result = write(clients_[http2]->writer(), action_of(row, name), "cycle-" + name);
        EXPECT_EQ(result.outcome, Outcome::Applied) << result.detail;
        EXPECT_GE(relays_[http2]->stats().cuts, 1);
        EXPECT_EQ(audit_of(name).requests, 1);
        EXPECT_EQ(audit_of(name).done, 1);
    }
}

TEST_F(LostAnswer, ADrainEvictsEachPodOnceThoughOneAnswerIsLost) {
    for (const bool http2 : {false, true}) {
        const std::string node = http2 ? "node-0001" : "node-0002";
        const std::vector<std::string> pods{node + "-a", node + "-b", node + "-c"};
        for (const std::string& pod : pods) ASSERT_NO_FATAL_FAILURE(make_object(rows().at(11), pod, node));
        Action drain;
        drain.verb = Verb::Drain;
        drain.object = {"", "Node", "", node};
        drain.reason = "a test";
        relays_[http2]->cut_next("POST", pods[1] + "/eviction", "after", "fin");
        const WriteResult result = write(clients_[http2]->writer(), drain, "cycle-" + node);
        EXPECT_EQ(result.outcome, Outcome::Applied) << result.detail;
        for (const std::string& pod : pods) {
            EXPECT_EQ(audit_of(pod).requests, 1) << pod;
            EXPECT_EQ(audit_of(pod).done, 1) << pod;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(EveryVerb, LostAnswer,
                         testing::Combine(testing::Bool(), testing::Values("before", "during", "after", "half"),
                                          testing::Range<std::size_t>(0, rows().size())),
                         [](const auto& cell) {
                             return rows().at(std::get<2>(cell.param)).name + "_" +
                                    (std::get<0>(cell.param) ? "http2" : "http1") + "_" + std::get<1>(cell.param);
                         });

}  // namespace
}  // namespace helix::kubernetes
