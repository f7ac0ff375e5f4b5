#include "service/http/engine/stream_start.hpp"

#include <charconv>
#include <memory>
#include <utility>

#include "service/http/engine/server.hpp"

namespace helix::http_engine {

Result<std::optional<std::uint64_t>> last_event_id_of(const httplib::Request& request) {
    std::string text = request.get_header_value("Last-Event-ID");
    if (text.empty()) text = request.get_param_value("last_event_id");
    if (text.empty()) return std::optional<std::uint64_t>{};
    std::uint64_t id = 0;
    const char* const end = text.data() + text.size();
    if (const auto read = std::from_chars(text.data(), end, id); read.ec != std::errc{} || read.ptr != end)
        return error(Code::InvalidArgument, "Last-Event-ID is not a number", "send the id of the last event received");
    return std::optional{id};
}

Result<void> start_stream(StreamHub& hub, httplib::Response& response, StreamRequest request) {
    auto subscribed = hub.subscribe(std::move(request));
    if (!subscribed) return std::move(subscribed).error();
    auto subscription = std::make_shared<StreamHub::Subscription>(*std::move(subscribed));
    auto taken = take_over_connection([&hub, subscription](Channel channel, std::string unsent) {
        hub.adopt(std::move(channel), std::move(unsent), std::move(*subscription));
    });
    if (!taken) return taken;
    response.status = 200;
    response.set_header("Cache-Control", "no-store");
    response.set_header("X-Accel-Buffering", "no");  // proxies must pass events on at once
    response.set_header("Connection", "close");      // the body ends with the connection
    // Without a length and ended at once: only the head is written.
    response.set_content_provider("text/event-stream", [](std::size_t, httplib::DataSink& sink) {
        sink.done();
        return true;
    });
    return {};
}

}  // namespace helix::http_engine
