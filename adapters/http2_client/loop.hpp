#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <vector>

#include <curl/curl.h>

#include "adapters/http2_client/exchange.hpp"

namespace helix::http2_client {

/// The inside of a Channel: a thread that turns one multi handle, and one that waits for credentials.
///
///   submit --> arrivals --> [credential at hand?] --yes--> [room?] --> in the multi handle --> verdict --> handler
///                                   | no                      ^        | 401, once, when something newer exists
///                                   +--> awaits a fetch ------+ <------+
///
/// The second thread exists because a fetch may run a program for seconds, and the watches must not wait for it.
class Channel::Loop {
public:
    Loop(Target target, std::shared_ptr<endpoint::CredentialSource> credentials, ChannelOptions options);
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    Ticket submit(Request request, OnBytes on_bytes, OnDone on_done);
    void cancel(Ticket ticket);
    [[nodiscard]] bool on_own_thread() const { return std::this_thread::get_id() == thread_.get_id(); }
    [[nodiscard]] const Sockets& sockets() const { return sockets_; }

private:
    using Secret = std::shared_ptr<const endpoint::Credential>;
    using Active = std::unordered_map<Ticket, std::unique_ptr<Exchange>>;
    struct Fetched {
        std::uint64_t number;
        Result<endpoint::Credential> credential;
    };

    void run();
    void fetch_credentials(const std::stop_token& stop);
    bool take_mail();
    void begin(std::unique_ptr<Exchange> exchange);
    void send(Exchange& exchange, Secret credential);
    [[nodiscard]] bool room_for(const Exchange& exchange) const;
    void enter_multi(Exchange& exchange);
    void leave_multi(Exchange& exchange);
    void send_waiting();
    void await_credential(Exchange& exchange);
    void distribute(const Fetched& fetched);
    void collect_finished();
    void finished(Exchange& exchange, CURLcode rc);
    bool refreshed_after_401(Exchange& exchange);
    void expire();
    void leave_drained_connection();
    void end(Exchange& exchange, Result<Response> result);
    void end_all();
    [[nodiscard]] int poll_ms() const;

    const Target target_;
    const std::shared_ptr<endpoint::CredentialSource> credentials_;
    const ChannelOptions options_;
    Sockets sockets_;
    CURLM* multi_ = nullptr;

    // The channel's thread only.
    Active active_;
    std::deque<Ticket> waiting_;  // with a credential, for room; some may have ended meanwhile
    std::size_t calls_in_flight_ = 0;
    std::size_t streams_in_flight_ = 0;
    Clock::time_point next_deadline_ = Clock::time_point::max();
    Secret last_credential_;

    std::mutex mutex_;  // guards what follows
    std::vector<std::unique_ptr<Exchange>> arrivals_;
    std::vector<Ticket> cancels_;
    std::vector<Fetched> fetched_;
    Ticket last_ticket_ = 0;
    std::uint64_t fetch_wanted_ = 0;
    bool closing_ = false;
    std::condition_variable_any fetch_wish_;

    std::thread thread_;
    std::jthread fetcher_;
};

}  // namespace helix::http2_client
