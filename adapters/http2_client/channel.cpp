#include "adapters/http2_client/channel.hpp"

#include <future>
#include <mutex>
#include <utility>

#include "adapters/http2_client/loop.hpp"

namespace helix::http2_client {

Result<std::unique_ptr<Channel>> Channel::open(endpoint::Endpoint endpoint,
                                               std::shared_ptr<endpoint::CredentialSource> credentials,
                                               ChannelOptions options) {
    static std::once_flag curl_started;
    std::call_once(curl_started, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
    auto target = parse_target(std::move(endpoint));
    if (!target) return std::move(target).error();
    return std::unique_ptr<Channel>(
        new Channel(std::make_unique<Loop>(*std::move(target), std::move(credentials), std::move(options))));
}

Channel::Channel(std::unique_ptr<Loop> loop) : loop_(std::move(loop)) {}
Channel::~Channel() = default;

Channel::Ticket Channel::submit(Request request, OnDone on_done) {
    return loop_->submit(std::move(request), {}, std::move(on_done));
}

Channel::Ticket Channel::open_stream(Request request, OnBytes on_bytes, OnDone on_end) {
    return loop_->submit(std::move(request), std::move(on_bytes), std::move(on_end));
}

void Channel::cancel(Ticket ticket) {
    loop_->cancel(ticket);
}

Result<Response> Channel::call(Request request) {
    if (loop_->on_own_thread())
        return error(Code::Internal, "call() on the channel's own thread would wait for itself");
    std::promise<Result<Response>> answered;
    auto answer = answered.get_future();
    const Ticket ticket =
        submit(std::move(request), [&answered](Result<Response> result) { answered.set_value(std::move(result)); });
    if (ticket == 0) return error(Code::Unavailable, "channel closed");
    return answer.get();
}

std::uint64_t Channel::connections_opened() const {
    return loop_->sockets().opened;
}

std::uint64_t Channel::connections_open() const {
    const Sockets& sockets = loop_->sockets();
    const std::uint64_t closed = sockets.closed;  // read first: never more than were opened by then
    return sockets.opened - closed;
}

}  // namespace helix::http2_client
