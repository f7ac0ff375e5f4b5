#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "adapters/http2_client/answer.hpp"
#include "adapters/http2_client/channel.hpp"
#include "adapters/kube_objects/decoder.hpp"
#include "adapters/kubernetes/gateway.hpp"
#include "adapters/kubernetes/reflector.hpp"
#include "adapters/kubernetes/sync_loop.hpp"
#include "adapters/kubernetes/watch_sink.hpp"

namespace helix::kubernetes {

/// What all watchers of one target share.
struct WatchContext {
    SyncLoop& loop;
    http2_client::Channel& channel;
    Gateway& gateway;
    kube_objects::Decoder& decoder;
    std::function<double()> random;
    std::function<void()> sign_of_life;  ///< something came from the server
    std::atomic<std::uint64_t>& requests;
    std::atomic<std::uint64_t>& events;
    int page_limit = 500;
    int watch_timeout_s = 300;
};

/// What one watcher reads, and how.
struct WatchedResource {
    kube_objects::Kind kind;
    std::string path;
    std::string field_selector = {};  ///< "metadata.name=that"; empty: all objects
    bool names_only = false;          ///< ask for the objects' metadata alone
    ReflectorOptions reflector = {};
};

/// Keeps a sink up to date with one resource: carries out what its reflector says.
///
/// Thread safety: the sync loop's thread only; the channel's handlers hand everything over to it.
class Watcher {
public:
    /// Lives as long as the loop runs: tasks that wait there refer to it.
    Watcher(WatchContext& context, WatchSink& sink, WatchedResource resource);
    Watcher(const Watcher&) = delete;
    Watcher& operator=(const Watcher&) = delete;

    /// Begins with a list; also again after stop().
    void start();
    /// Gives the open request up and asks for nothing more.
    void stop();

    [[nodiscard]] const Reflector& reflector() const { return reflector_; }
    [[nodiscard]] const std::string& path() const { return resource_.path; }
    /// The list was read and nothing stands in the way of the watch; or the API is not served here.
    [[nodiscard]] bool current() const;

private:
    using Answer = Result<http2_client::Response>;

    void carry_out(const Reflector::Step& step);
    [[nodiscard]] std::string selection() const;
    void fetch_page();
    void open_watch();
    void take_page(Answer&& answer);
    void take_bytes(std::string_view bytes);
    bool take_line(std::string_view line);
    void end(const std::optional<Error>& failure);
    void arm();

    WatchContext& context_;
    WatchSink& sink_;
    const WatchedResource resource_;
    Reflector reflector_;
    std::uint64_t turn_ = 0;  // of the open request; what an older one still brings is passed over
    http2_client::Channel::Ticket ticket_ = 0;
    bool open_ = false;
    bool stopped_ = false;
    Instant opened_at_{};
    std::string line_;  // begun and not yet ended
    std::shared_ptr<std::atomic<std::size_t>> backlog_ = std::make_shared<std::atomic<std::size_t>>(0);
    Instant armed_for_{};
};

}  // namespace helix::kubernetes
