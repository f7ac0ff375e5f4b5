#include "tests/crds/api.hpp"

#include <fstream>
#include <sstream>
#include <stdexcept>

#include "adapters/kubeconfig/resolve.hpp"
#include "service/wire/yaml_json.hpp"

namespace helix::crds_test {

using http2_client::Method;
using nlohmann::json;

Api::Api(const test_support::TestCluster& cluster) {
    const auto config = kubeconfig::load({cluster.kubeconfig().string()});
    if (!config) throw std::runtime_error(config.error().message);
    const auto access = kubeconfig::resolve(*config, "admin");
    if (!access) throw std::runtime_error(access.error().message);
    auto channel = http2_client::Channel::open(access->endpoint, access->credentials);
    if (!channel) throw std::runtime_error(channel.error().message);
    channel_ = *std::move(channel);
}

Answer Api::send(Method method, const std::string& path, std::string content_type, const json& body) {
    http2_client::Request request;
    request.method = method;
    request.path = path;
    request.content_type = std::move(content_type);
    if (!body.is_null()) request.body = std::make_shared<const std::string>(body.dump());
    const auto response = channel_->call(std::move(request));
    if (!response) throw std::runtime_error(path + ": " + response.error().message);
    return {response->status, json::parse(response->body, nullptr, false)};
}

Answer Api::get(const std::string& path) {
    return send(Method::Get, path, "", nullptr);
}

Answer Api::post(const std::string& path, const json& body) {
    return send(Method::Post, path, "application/json", body);
}

Answer Api::put(const std::string& path, const json& body) {
    return send(Method::Put, path, "application/json", body);
}

Answer Api::merge(const std::string& path, const json& patch) {
    return send(Method::Patch, path, "application/merge-patch+json", patch);
}

Answer Api::apply(const std::string& path, const json& object) {
    const char* mark = path.find('?') == std::string::npos ? "?" : "&";
    return send(Method::Patch, path + mark + "fieldManager=helix-test&force=true", "application/apply-patch+yaml",
                object);
}

json yaml_file(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    auto document = wire::yaml_to_json(text.str());
    if (!document) throw std::runtime_error(path + ": " + document.error().message + " " + document.error().where);
    return *std::move(document);
}

}  // namespace helix::crds_test
