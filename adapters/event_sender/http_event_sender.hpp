#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "adapters/http2_client/channel.hpp"
#include "domain/core/result.hpp"
#include "service/ports/event_sender.hpp"

namespace helix::event_sender {

/// Where events go, and how to know that it is the right place.
struct Receiver {
    std::string url;                            ///< absolute, https; http towards loopback only
    std::string token_file = {};                ///< bearer token to send; empty: none
    std::string ca_pem = {};                    ///< certificates to trust, and no others; empty: the system's
    bool allow_plain = false;                   ///< http towards other hosts, too; then there is no token
    std::chrono::milliseconds timeout{10'000};  ///< from the first byte to the whole answer
};

/// Posts events over one connection that is kept (HTTP/2 where the receiver has it).
///
/// Redirects are not followed, so that neither an event nor the token goes anywhere but to the configured host.
/// Link-local addresses, where clouds keep their metadata, are not connected to, whatever the name resolves to. What a
/// receiver writes is read over and kept nowhere.
class HttpEventSender final : public ports::EventSender {
public:
    /// Errors: InvalidArgument naming what is wrong with the receiver.
    static Result<std::unique_ptr<HttpEventSender>> open(Receiver receiver);

    ports::SendReply send(const std::string& event_json) override;
    void stop() override;

    /// Scheme, host and port; the rest of a URL may hold a secret.
    [[nodiscard]] const std::string& address() const { return address_; }
    [[nodiscard]] std::uint64_t connections_opened() const { return channel_->connections_opened(); }

private:
    HttpEventSender(std::unique_ptr<http2_client::Channel> channel, std::string address, std::string path,
                    std::chrono::milliseconds timeout)
        : channel_(std::move(channel)), address_(std::move(address)), path_(std::move(path)), timeout_(timeout) {}

    const std::unique_ptr<http2_client::Channel> channel_;
    const std::string address_;
    const std::string path_;
    const std::chrono::milliseconds timeout_;
    std::mutex mutex_;
    bool stopped_ = false;
    http2_client::Channel::Ticket under_way_ = 0;
};

}  // namespace helix::event_sender
