#include "tests/support/relay.hpp"

#include <fstream>
#include <sstream>
#include <stdexcept>

#include <httplib.h>
#include <nlohmann/json.hpp>

namespace helix::test_support {
namespace {

std::vector<std::string> command(const TestCluster& cluster, bool http1) {
    const std::string pki = (cluster.dir() / "pki").string();
    std::vector<std::string> words{HELIX_RELAY_PROGRAM, "--server", api_server_url(cluster), "--cert",
                                   pki + "/server.crt", "--key",    pki + "/server.key",     "--ca",
                                   pki + "/ca.crt"};
    if (http1) words.emplace_back("--http1");
    return words;
}

std::string text_of(const std::filesystem::path& file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
}

}  // namespace

Relay::Relay(const TestCluster& cluster, bool http1) : process_(command(cluster, http1)) {
    std::string said;
    while (said.empty() || said.back() != '\n') {
        const std::string piece = process_.read_some();
        if (piece.empty()) throw std::runtime_error("the relay did not start");
        said += piece;
    }
    const auto addresses = nlohmann::json::parse(said);
    url_ = addresses.at("url");
    control_ = addresses.at("control");
}

int Relay::port() const {
    return port_of(url_);
}

std::string Relay::ask(const std::string& path_and_query) const {
    httplib::Client client("127.0.0.1", port_of(control_));
    client.set_read_timeout(60);
    const auto answer = client.Get(path_and_query);
    if (!answer) throw std::runtime_error("the relay does not answer");
    return answer->body;
}

void Relay::cut_next(const std::string& method, const std::string& contains, const std::string& when,
                     const std::string& how) const {
    const httplib::Params words{{"method", method}, {"contains", contains}, {"when", when}, {"how", how}};
    ask(httplib::append_query_params("/arm", words));
}

void Relay::refuse(bool on) const {
    ask(on ? "/refuse?on=1" : "/refuse?on=0");
}

Relay::Stats Relay::stats() const {
    const auto said = nlohmann::json::parse(ask("/stats"));
    return {said.at("accepted_ms"), said.at("now_ms"), said.at("open"), said.at("cuts"), said.at("forwarded")};
}

std::string kubeconfig_through(const TestCluster& cluster, const std::string& server_url, const std::string& file) {
    auto config = nlohmann::json::parse(text_of(cluster.kubeconfig()));
    for (auto& one : config.at("clusters")) one.at("cluster").at("server") = server_url;
    const std::string path = (cluster.dir() / file).string();
    std::ofstream(path) << config.dump(2);
    return path;
}

std::string api_server_url(const TestCluster& cluster) {
    return nlohmann::json::parse(text_of(cluster.kubeconfig())).at("clusters").at(0).at("cluster").at("server");
}

int port_of(const std::string& url) {
    return std::stoi(url.substr(url.rfind(':') + 1));
}

}  // namespace helix::test_support
