#include "service/http/engine/stream_hub.hpp"

#include <algorithm>
#include <csignal>
#include <utility>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "service/http/engine/sse_frame.hpp"
#include "service/http/engine/stream_subscriber.hpp"

namespace helix::http_engine {
namespace {

std::string json_quoted(const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        if (static_cast<unsigned char>(c) >= 0x20) out += c;
    }
    return out += '"';
}

HubOptions with_defaults(HubOptions options) {
    if (!options.gap_data) {
        options.gap_data = [reread = json_quoted(options.reread)](std::uint64_t from, std::uint64_t to) {
            return R"({"from":)" + std::to_string(from) + R"(,"to":)" + std::to_string(to) + R"(,"reread":)" + reread +
                   "}";
        };
    }
    return options;
}

}  // namespace

StreamHub::StreamHub(HubOptions options)
    : options_(with_defaults(std::move(options))),
      ring_(options_.ring_events_max, options_.ring_bytes_max, options_.first_id),
      batch_first_(options_.first_id),
      live_next_(options_.first_id) {
    std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
}

StreamHub::~StreamHub() {
    stop();
    for (const int fd : {epoll_fd_, wake_fd_}) {
        if (fd >= 0) ::close(fd);
    }
}

Result<void> StreamHub::start() {
    epoll_fd_ = ::epoll_create1(EPOLL_CLOEXEC);
    wake_fd_ = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    epoll_event on_wake{EPOLLIN, {nullptr}};
    if (epoll_fd_ < 0 || wake_fd_ < 0 || ::epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, wake_fd_, &on_wake) != 0)
        return error(Code::Unavailable, "the kernel refused an epoll or an eventfd", "raise the limit of open files");
    thread_ = std::thread([this] { run(); });
    return {};
}

void StreamHub::wake() {
    if (woken_.exchange(true)) return;
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t put = ::write(wake_fd_, &one, sizeof one);
}

std::uint64_t StreamHub::publish(const StreamEvent& event) {
    auto made = std::make_shared<RingEvent>();
    made->type = sse_type(event.type);
    made->target = event.target;
    const std::string body = sse_body(event.type, event.data);
    std::uint64_t id = 0;
    {
        const std::lock_guard lock(mutex_);
        id = made->id = ring_.next_id();
        const std::string number = std::to_string(id);
        made->frame.reserve(body.size() + number.size() + 5);
        made->frame.append("id: ").append(number).append("\n").append(body);
        made->end_offset = published_bytes_.load(std::memory_order_relaxed) + made->frame.size();
        published_bytes_.store(made->end_offset, std::memory_order_relaxed);
        ring_.push(std::move(made));
    }
    published_.fetch_add(1, std::memory_order_relaxed);
    if (wake_fd_ >= 0) wake();
    return id;
}

std::uint64_t StreamHub::newest_id() const {
    const std::lock_guard lock(mutex_);
    return ring_.next_id() - 1;
}

SharedFrame StreamHub::gap_frame(std::uint64_t from, std::uint64_t to, bool with_id) {
    gaps_.fetch_add(1, std::memory_order_relaxed);
    const std::string data = options_.gap_data(from, to);
    return std::make_shared<const std::string>(with_id ? sse_event(to, "gap", data) : sse_body("gap", data));
}

Result<StreamHub::Subscription> StreamHub::subscribe(StreamRequest request) {
    if (stopping_.load() || wake_fd_ < 0) return error(Code::Unavailable, "the stream is not running");
    if (count_.load() >= options_.subscribers_max)
        return error(Code::ResourceExhausted, "too many subscribers", "try again later or elsewhere");
    Subscription made;
    if (!request.filter.types.empty() || !request.filter.targets.empty())
        made.filter = std::make_shared<const TopicFilter>(std::move(request.filter));
    made.first.push_back(
        std::make_shared<const std::string>("retry: " + std::to_string(options_.retry.count()) + "\n\n"));

    std::uint64_t oldest = 0;
    std::uint64_t next = 0;
    {
        const std::lock_guard lock(mutex_);
        oldest = ring_.oldest_id();
        next = ring_.next_id();
    }
    ResumePoint point{request.last_event_id, false, next - 1};
    made.next_id = next;
    if (const auto last = request.last_event_id) {
        const bool foreign = *last >= next;  // an id of another life of the service
        point.held = !foreign && *last + 1 >= oldest;
        if (point.held)
            made.next_id = *last + 1;
        else if (!foreign)
            made.next_id = oldest;
        if (!point.held) made.first.push_back(gap_frame(foreign ? 0 : *last + 1, made.next_id - 1, true));
    }
    if (request.preface) {
        Preface preface = request.preface(point);
        std::move(preface.frames.begin(), preface.frames.end(), std::back_inserter(made.first));
        if (preface.as_of) made.next_id = *preface.as_of + 1;
    }
    return made;
}

void StreamHub::adopt(Channel channel, std::string unsent, Subscription subscription) {
    const int on = 1;
    // For peers that vanished; one that merely does not read is cut by cut_stalled() before.
    const int user_timeout_ms = static_cast<int>(std::max(2 * options_.stall_limit, Millis{10'000}).count());
    ::setsockopt(channel.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::setsockopt(channel.fd(), IPPROTO_TCP, TCP_USER_TIMEOUT, &user_timeout_ms, sizeof user_timeout_ms);
    if (options_.send_buffer_bytes > 0)
        ::setsockopt(channel.fd(), SOL_SOCKET, SO_SNDBUF, &options_.send_buffer_bytes,
                     sizeof options_.send_buffer_bytes);
    auto made = std::make_unique<Subscriber>();
    made->channel = std::move(channel);
    made->filter = std::move(subscription.filter);
    made->next_id = subscription.next_id;
    made->taken_offset = published_bytes_.load(std::memory_order_relaxed);
    if (!unsent.empty()) made->queue.push_back(std::make_shared<const std::string>(std::move(unsent)));
    std::move(subscription.first.begin(), subscription.first.end(), std::back_inserter(made->queue));
    {
        const std::lock_guard lock(mutex_);
        if (stopping_.load()) return;  // `made` closes the socket
        count_.fetch_add(1);
        adopted_.push_back(std::move(made));
    }
    wake();
}

void StreamHub::stop() {
    if (!thread_.joinable()) return;
    {
        const std::lock_guard lock(mutex_);
        stopping_.store(true);
    }
    woken_.store(false);
    wake();
    thread_.join();
}

HubStats StreamHub::stats() const {
    HubStats out;
    out.subscribers = count_.load();
    out.published_total = published_.load();
    out.deliveries_total = deliveries_.load();
    out.sent_bytes_total = sent_bytes_.load();
    out.cut_total = cut_.load();
    out.gaps_total = gaps_.load();
    const std::lock_guard lock(mutex_);
    out.ring_events = ring_.size();
    out.ring_bytes = ring_.bytes();
    return out;
}

}  // namespace helix::http_engine
