#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include <curl/curl.h>

#include "adapters/http2_client/message.hpp"
#include "adapters/http2_client/sockets.hpp"

namespace helix::http2_client {

using Clock = std::chrono::steady_clock;

/// Why we ended an exchange ourselves.
enum class EndedBy { Nobody, Consumer, Cancel, Deadline, Close, TooLong, TooManySends };

/// One request on its way through libcurl: its easy handle, what came back so far, how often it was sent.
///
/// Lives on the channel's thread; the handle must be out of the multi handle before it is destroyed.
class Exchange {
public:
    Exchange(Channel::Ticket ticket, Request request, OnBytes on_bytes, OnDone on_done);
    ~Exchange();
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;

    /// Makes the handle ready to be added to the multi handle, with `credential`; forgets a former answer.
    /// Errors: InvalidArgument when the request or credential is malformed, Internal when libcurl refuses.
    Result<void> prepare(const Target& target, std::shared_ptr<const endpoint::Credential> credential,
                         const ChannelOptions& options, Sockets& sockets);

    /// The answer, or the error that `rc` and what we did ourselves amount to.
    [[nodiscard]] Result<Response> verdict(CURLcode rc);

    /// Whether our policy allows a read that ended with `rc` to be sent once more.
    [[nodiscard]] bool may_resend(CURLcode rc) const;

    /// The server refused with 401: nothing was done, so the count of sends starts anew. False the second time.
    bool start_over_after_401();

    void end_by(EndedBy who) { ended_by_ = who; }
    void finish(Result<Response> result) { on_done_(std::move(result)); }

    [[nodiscard]] Channel::Ticket ticket() const { return ticket_; }
    [[nodiscard]] CURL* handle() const { return handle_; }
    [[nodiscard]] Clock::time_point deadline() const { return deadline_; }
    [[nodiscard]] bool streams() const { return static_cast<bool>(on_bytes_); }
    [[nodiscard]] int status() const { return response_.status; }
    /// The local port of the connection that this try was sent over, which names that connection; 0: not sent yet.
    [[nodiscard]] int local_port() const { return local_port_; }
    [[nodiscard]] Clock::time_point sent_at() const { return sent_at_; }
    [[nodiscard]] bool over_http2() const;
    [[nodiscard]] const endpoint::Credential* credential() const { return credential_.get(); }

    bool in_multi = false;                ///< kept by the loop
    Clock::time_point entered_at{};       ///< kept by the loop: when it came into the multi handle
    std::uint64_t awaits_credential = 0;  ///< kept by the loop: the fetch it waits for, 0: none

private:
    static int on_prereq(void* self, char*, char*, int, int local_port);
    static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
    static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);

    Result<void> check() const;
    void set_request(const Target& target);
    void set_tls(const Target& target);
    void set_connection(const Target& target, const ChannelOptions& options, Sockets& sockets);
    void add_header(std::string line);
    void take_header(std::string_view line);
    std::size_t take_body(std::string_view bytes);
    [[nodiscard]] std::string reason(CURLcode rc) const;
    [[nodiscard]] Error failure(CURLcode rc) const;

    const Channel::Ticket ticket_;
    const Request request_;
    const OnBytes on_bytes_;
    const OnDone on_done_;
    const Clock::time_point deadline_;

    CURL* handle_ = nullptr;
    curl_slist* headers_ = nullptr;
    curl_slist* connect_to_ = nullptr;
    std::shared_ptr<const endpoint::Credential> credential_;
    std::array<char, CURL_ERROR_SIZE> curl_message_{};
    Response response_;
    std::size_t header_bytes_ = 0;
    int sends_ = 0;
    int sends_max_ = 1;
    int sends_before_ = 0;  // when this try began
    int local_port_ = 0;
    Clock::time_point sent_at_{};
    bool delivered_ = false;
    bool started_over_ = false;
    EndedBy ended_by_ = EndedBy::Nobody;
};

}  // namespace helix::http2_client
