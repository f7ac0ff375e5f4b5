#pragma once

#include <fstream>
#include <map>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "tests/silos/docker_host.hpp"
#include "tests/support/serve_process.hpp"

namespace helix::silo_test {

using nlohmann::json;
using test_support::eventually;

inline constexpr const char* kReason = "forge answers its γ₁ floor signal: memory is to be freed";

/// The running service with Docker hosts as its targets, and what a caller does with it.
class SiloService {
public:
    SiloService(const std::filesystem::path& folder, const std::vector<const DockerHost*>& hosts,
                const std::string& more = "", const std::vector<std::string>& environment = {},
                int metrics_every_s = 1) {
        std::string targets;
        for (const DockerHost* host : hosts) targets += (targets.empty() ? "" : ", ") + host->target();
        std::ofstream(folder / "helix.yaml") << "tick_s: 1\nmetrics_every_s: " << metrics_every_s
                                             << "\nlisten: 127.0.0.1:0\nledger: " << (folder / "ledger.db").string()
                                             << "\ntargets: [" << targets << "]\nlog_level: error\n"
                                             << more;
        service_ = std::make_unique<test_support::ServeProcess>(
            std::vector<std::string>{"--config", (folder / "helix.yaml").string()}, environment);
        client_ = service_->client();
        client_->set_read_timeout(60);
    }

    [[nodiscard]] bool ready() const {
        return eventually(60, [&] { return client_->Get("/readyz")->status == 200; });
    }

    struct Answer {
        int status = 0;
        json body;
    };
    [[nodiscard]] Answer get(const std::string& path) const {
        const auto response = client_->Get(path);
        return response ? Answer{response->status, json::parse(response->body, nullptr, false)} : Answer{};
    }
    [[nodiscard]] json items(const std::string& path) const { return get(path).body.at("items"); }
    Answer act(json action) {
        const auto response = client_->Post(
            "/v1/actions",
            {{"Idempotency-Key", "k" + std::to_string(service_->port()) + "-" + std::to_string(++requests_)}},
            action.dump(), "application/json");
        return response ? Answer{response->status, json::parse(response->body, nullptr, false)} : Answer{};
    }
    Answer act(const std::string& target, const std::string& verb, const std::string& container, json more = {}) {
        json action = {{"target", target}, {"verb", verb}, {"object", {{"kind", "Container"}, {"name", container}}}};
        if (more.is_object()) action.update(more);
        return act(std::move(action));
    }
    Answer run(const std::string& target, const std::string& name, json spec) {
        return act({{"target", target},
                    {"verb", "create"},
                    {"manifest",
                     {{"apiVersion", "eose.ca/v1"},
                      {"kind", "Container"},
                      {"metadata", {{"name", name}}},
                      {"spec", std::move(spec)}}}});
    }

    [[nodiscard]] json unit(const std::string& name) const {
        for (const json& unit : items("/v1/units"))
            if (unit.at("unit") == name) return unit;
        return nullptr;
    }
    [[nodiscard]] json target(const std::string& name) const { return get("/v1/targets/" + name).body; }
    [[nodiscard]] std::vector<json> records(const std::string& kind) const {
        std::vector<json> found;
        for (const json& record : items("/v1/ledger?limit=1000&kind=" + kind)) found.push_back(record);
        return found;
    }
    [[nodiscard]] std::string metrics() const { return client_->Get("/metrics")->body; }
    [[nodiscard]] const test_support::ServeProcess& process() const { return *service_; }

private:
    std::unique_ptr<test_support::ServeProcess> service_;
    std::unique_ptr<httplib::Client> client_;
    int requests_ = 0;
};

}  // namespace helix::silo_test
