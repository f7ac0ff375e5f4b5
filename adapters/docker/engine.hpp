#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "adapters/docker/container.hpp"
#include "adapters/http2_client/channel.hpp"

namespace helix::docker {

constexpr std::int64_t kGraceUsual_s = 10;  ///< from the signal to stop to the end, when nobody says otherwise

/// What a Docker engine says of itself and its host.
struct EngineInfo {
    std::string version;
    std::string api_version;  ///< that requests are made in
    std::int64_t memory_total = 0;
    std::int64_t cpus = 0;
    std::int64_t now_s = 0;  ///< by the host's clock, for follow()
};

/// The Docker Engine API over sockets that somebody else has connected.
///
/// No shell stands between: a name or an argument is data here, whatever is in it. Requests that change something are
/// sent once; one whose answer was lost is UnknownOutcome.
/// Thread safety: any method from any thread; they wait for the answer, at most their time-out.
class Engine {
public:
    /// Least API version: it has one-shot statistics.
    static constexpr const char* kApiLeast = "1.41";

    /// @param local_socket  see http2_client::ChannelOptions
    static Result<std::unique_ptr<Engine>> open(std::string local_socket);

    /// Agrees on an API version as well: to be asked first after each new connection.
    /// Errors: Unimplemented for an engine that is too old, DataLoss, Unavailable, DeadlineExceeded.
    Result<EngineInfo> info();

    Result<std::vector<Listed>> list();
    /// Errors: NotFound; DataLoss; Unavailable.
    Result<Container> inspect(const std::string& id_or_name);
    /// Of each container memory in use, in the same order; all asked for at once.
    std::vector<Result<std::int64_t>> memory_of(const std::vector<std::string>& ids);

    /// @param body  see create_body  @return the id
    /// Errors: NotFound (no such image), Conflict (the name is taken), InvalidArgument, UnknownOutcome, Unavailable.
    Result<std::string> create(const std::string& name, const std::string& body);
    Result<void> start(const std::string& id);
    Result<void> stop(const std::string& id, std::optional<std::int64_t> grace_s);
    Result<void> restart(const std::string& id, std::optional<std::int64_t> grace_s);
    Result<void> set_memory(const std::string& id, std::int64_t bytes);
    /// Running or not; its anonymous volumes stay.
    Result<void> remove(const std::string& id);

    /// Calls `on_event` with the id of each container of which something happened since then, by the host's clock,
    /// until the stream ends.
    void follow(std::int64_t since_s, std::function<void(const std::string& id)> on_event,
                std::function<void()> on_end);

    [[nodiscard]] std::uint64_t requests_total() const { return requests_; }

private:
    explicit Engine(std::unique_ptr<http2_client::Channel> channel) : channel_(std::move(channel)) {}

    [[nodiscard]] std::string path(const std::string& rest) const;
    http2_client::Request get(const std::string& rest) const;
    Result<http2_client::Response> call(http2_client::Request request);
    Result<void> change(const std::string& rest, const std::string& body, std::chrono::milliseconds timeout,
                        http2_client::Method method = http2_client::Method::Post);

    mutable std::mutex mutex_;  // guards api_version_
    std::string api_version_ = kApiLeast;
    std::atomic<std::uint64_t> requests_{0};
    std::unique_ptr<http2_client::Channel> channel_;  // last: its thread uses the rest
};

}  // namespace helix::docker
