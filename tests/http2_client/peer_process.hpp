#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "adapters/http2_client/channel.hpp"

namespace helix::http2_client::testing {

/// The Go server of peer/, running for as long as this object lives.
class Peer {
public:
    explicit Peer(const std::vector<std::string>& arguments = {});
    ~Peer();
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;

    [[nodiscard]] std::string url() const { return said_.at("url"); }
    /// "ca", "other_ca", "client_cert", "client_key", "second_cert", "second_key"
    [[nodiscard]] std::string pem(const std::string& name) const { return said_.at(name); }
    [[nodiscard]] endpoint::Endpoint endpoint() const { return {url(), pem("ca")}; }

    /// What the server itself counted.
    [[nodiscard]] int accepted() const { return stats().at("accepted"); }
    [[nodiscard]] int connected() const { return stats().at("connected"); }
    [[nodiscard]] int open_requests() const { return stats().at("open"); }
    [[nodiscard]] int requests(const std::string& method_and_path) const;

    void set_token(const std::string& token) const { control("/token?value=" + token); }
    void kill_connections(const std::string& mode) const { control("/kill-all?mode=" + mode); }

private:
    [[nodiscard]] nlohmann::json stats() const { return nlohmann::json::parse(control("/stats")); }
    [[nodiscard]] std::string ask(const std::string& path) const;
    std::string control(const std::string& path) const { return ask(path); }

    int stdin_ = -1;
    int pid_ = -1;
    nlohmann::json said_;
};

std::shared_ptr<endpoint::CredentialSource> nobody();

/// An open channel to `peer`; fails the test when it cannot be opened.
std::unique_ptr<Channel> channel_to(const Peer& peer, ChannelOptions options = {},
                                    std::shared_ptr<endpoint::CredentialSource> credentials = nobody());

Request get(std::string path);
Request write(Method method, std::string path, std::string body = "{}");

/// Waits until `condition` holds, at most 20 s; what it last was.
bool eventually(const std::function<bool()>& condition);

/// A stream whose progress and end a test can wait for.
struct Watch {
    std::atomic<std::size_t> bytes{0};
    std::atomic<bool> ended{false};
    Result<Response> end = error(Code::Internal, "not ended");

    static std::shared_ptr<Watch> open(Channel& channel, Request request, Channel::Ticket* ticket = nullptr);
};

}  // namespace helix::http2_client::testing
