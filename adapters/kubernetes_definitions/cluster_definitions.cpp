#include "adapters/kubernetes_definitions/cluster_definitions.hpp"

#include <optional>
#include <thread>

#include <nlohmann/json.hpp>

#include "adapters/http2_client/answer.hpp"
#include "adapters/http2_client/channel.hpp"
#include "adapters/kubernetes_definitions/embedded.hpp"
#include "service/wire/yaml_json.hpp"

namespace helix::kubernetes_definitions {
namespace {

using http2_client::Channel;
using http2_client::Method;
using http2_client::Request;
using nlohmann::json;
using ports::Definitions;

constexpr const char* kCollection = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/";
constexpr std::chrono::milliseconds kPoll{200};

json member(const json& object, const char* name) {
    const auto found = object.find(name);
    return found == object.end() ? json() : *found;
}

std::string name_of(const json& definition) {
    return definition.at("metadata").at("name").get<std::string>();
}

/// The definition without what the server writes into it at every change.
json comparable(json definition) {
    definition.erase("status");
    for (const char* field : {"creationTimestamp", "generation", "managedFields", "resourceVersion", "uid"})
        definition["metadata"].erase(field);
    return definition;
}

std::string text_at(const json& document, const std::string& pointer) {
    const json::json_pointer at(pointer);
    return document.contains(at) ? document.at(at).dump() : std::string();
}

std::vector<Definitions::Difference> differences(const json& cluster, const json& ours) {
    std::vector<Definitions::Difference> found;
    for (const json& step : json::diff(cluster, ours)) {
        const auto path = step.at("path").get<std::string>();
        found.push_back({path, text_at(cluster, path), step.at("op") == "remove" ? "" : step.at("value").dump()});
    }
    return found;
}

/// Whether the kind is served; the reason when the server will not serve it as things are.
struct Standing {
    bool established = false;
    std::string reason = "the API server has not said anything about it yet";
};

Standing standing_of(const json& definition) {
    Standing standing;
    for (const json& condition : member(member(definition, "status"), "conditions")) {
        const bool holds = condition.value("status", "") == "True";
        const std::string type = condition.value("type", "");
        if (type == "Established" && holds) standing.established = true;
        // A name that another kind has already is why it is not established, and says which name.
        if (type == "NamesAccepted" && !holds) standing.reason = condition.value("message", "a name is taken");
    }
    return standing;
}

class ClusterDefinitions final : public Definitions {
public:
    ClusterDefinitions(std::unique_ptr<Channel> channel, std::vector<json> carried)
        : channel_(std::move(channel)), carried_(std::move(carried)) {}

    Result<std::vector<State>> compare() override {
        std::vector<State> states;
        for (const json& ours : carried_) {
            auto state = compare_one(ours);
            if (!state) return std::move(state).error();
            states.push_back(*std::move(state));
        }
        return states;
    }

    Result<std::vector<State>> install(std::chrono::seconds patience) override {
        auto found = compare();
        if (!found) return found;
        const auto until = std::chrono::steady_clock::now() + patience;
        for (const json& ours : carried_) {
            const auto applied = apply(ours, false);
            if (!applied) return applied.error();
        }
        for (const json& ours : carried_) {
            const auto served = await(name_of(ours), until);
            if (!served) return served.error();
        }
        return found;
    }

private:
    Result<json> call(Request request) {
        const bool is_write = request.is_write();
        const std::string path = request.path;
        auto response = channel_->call(std::move(request));
        if (response) response = http2_client::accept(*std::move(response), is_write);
        if (!response) return response.error();
        json answer = json::parse(response->body, nullptr, false);
        if (!answer.is_object()) return error(Code::Internal, "the API server's answer is no JSON object", "", path);
        return answer;
    }

    /// The definition that the cluster has; nothing when it has none.
    Result<std::optional<json>> read(const std::string& name) {
        Request request;
        request.path = kCollection + name;
        auto answer = call(std::move(request));
        if (answer) return std::optional<json>(*std::move(answer));
        if (answer.error().code == Code::NotFound) return std::optional<json>();
        return answer.error();
    }

    /// Server-side apply: the definition as it would be, or is, afterwards. Applying twice is applying once, so that an
    /// answer that was lost leaves nothing in doubt.
    Result<json> apply(const json& ours, bool dry_run) {
        Request request;
        request.method = Method::Patch;
        request.path = kCollection + name_of(ours) + "?force=true&fieldManager=" + kFieldManager;
        if (dry_run) request.path += "&dryRun=All";
        request.content_type = "application/apply-patch+yaml";
        request.body = std::make_shared<const std::string>(ours.dump());
        request.changes_nothing = dry_run;
        auto answer = call(std::move(request));
        if (!answer && answer.error().code == Code::UnknownOutcome) {
            Error failure = answer.error();
            failure.code = Code::Unavailable;
            failure.mend = "install once more: nothing is done twice";
            return failure;
        }
        return answer;
    }

    Result<State> compare_one(const json& ours) {
        State state{name_of(ours), false, {}};
        const auto cluster = read(state.name);
        if (!cluster) return cluster.error();
        if (!cluster->has_value()) return state;
        state.installed = true;
        const auto wanted = apply(ours, true);
        if (!wanted) return wanted.error();
        state.differences = differences(comparable(**cluster), comparable(*wanted));
        return state;
    }

    Result<void> await(const std::string& name, std::chrono::steady_clock::time_point until) {
        for (;;) {
            const auto cluster = read(name);
            if (!cluster) return cluster.error();
            const Standing standing = cluster->has_value() ? standing_of(**cluster) : Standing{};
            if (standing.established) return {};
            if (std::chrono::steady_clock::now() + kPoll > until)
                return error(Code::DeadlineExceeded, name + " is written, but not served: " + standing.reason,
                             "look at the conditions of this CustomResourceDefinition");
            std::this_thread::sleep_for(kPoll);
        }
    }

    const std::unique_ptr<Channel> channel_;
    const std::vector<json> carried_;
};

}  // namespace

Result<std::unique_ptr<Definitions>> connect(const kubeconfig::Access& access) {
    std::vector<json> carried;
    for (const std::string_view text : embedded()) {
        auto document = wire::yaml_to_json(std::string(text));
        if (!document) return error(Code::Internal, "a definition in this binary: " + document.error().message);
        carried.push_back(*std::move(document));
    }
    auto channel = Channel::open(access.endpoint, access.credentials);
    if (!channel) return channel.error();
    return std::unique_ptr<Definitions>(std::make_unique<ClusterDefinitions>(*std::move(channel), std::move(carried)));
}

}  // namespace helix::kubernetes_definitions
