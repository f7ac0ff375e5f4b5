#include "adapters/kubernetes/watcher.hpp"

#include <chrono>
#include <utility>

namespace helix::kubernetes {
namespace {

using http2_client::Request;
using http2_client::Response;
using kube_objects::WatchEvent;

/// One watch line or one page longer than this is no Kubernetes object that a server would keep.
constexpr std::size_t kLineBytesMax = 16U << 20U;
constexpr std::size_t kPageBytesMax = 64U << 20U;
/// Bytes received and not yet applied: beyond, the watch is ended and taken up again from the last version.
constexpr std::size_t kBacklogBytesMax = 32U << 20U;
constexpr std::chrono::milliseconds kPageTimeout{60'000};
constexpr const char* kNamesOfList = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
constexpr const char* kNamesOfWatch = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";

Instant now() {
    return std::chrono::steady_clock::now();
}

bool points_at_server(const Error& failure) {
    return failure.code == Code::Unavailable || failure.code == Code::DeadlineExceeded;
}

/// A continue token is base64: '=' and '+' must not be read as query syntax.
std::string query_escaped(const std::string& text) {
    std::string escaped;
    for (const char c : text) {
        constexpr std::string_view kHex = "0123456789ABCDEF";
        const auto byte = static_cast<unsigned char>(c);
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                           c == '_' || c == '.' || c == '~';
        if (plain) {
            escaped += c;
        } else {
            escaped.append({'%', kHex[byte >> 4U], kHex[byte & 15U]});
        }
    }
    return escaped;
}

}  // namespace

Watcher::Watcher(WatchContext& context, WatchSink& sink, WatchedResource resource)
    : context_(context), sink_(sink), resource_(std::move(resource)), reflector_(resource_.reflector, context.random) {}

void Watcher::start() {
    stopped_ = false;
    carry_out(reflector_.start(now()));
}

void Watcher::stop() {
    stopped_ = true;
    ++turn_;
    if (std::exchange(open_, false)) context_.channel.cancel(ticket_);
}

bool Watcher::current() const {
    return reflector_.absent() || (open_ && reflector_.listed() && reflector_.phase() == Reflector::Phase::Watching);
}

void Watcher::carry_out(const Reflector::Step& step) {
    if (step.begin_list) sink_.begin_list(resource_.kind);
    if (step.finish_list) {
        sink_.finish_list(resource_.kind);
        sink_.reached(resource_.kind, reflector_.resource_version());
    }
    switch (step.what) {
        case Reflector::Do::Nothing:
            break;
        case Reflector::Do::FetchPage:
            context_.gateway.pass([this, turn = turn_] {
                if (turn == turn_) fetch_page();
            });
            break;
        case Reflector::Do::OpenWatch:
            context_.gateway.pass([this, turn = turn_] {
                if (turn == turn_) open_watch();
            });
            break;
        case Reflector::Do::Abandon:
            if (open_) context_.channel.cancel(ticket_);
            break;
    }
    arm();
}

/// The part of a query that says which objects are meant.
std::string Watcher::selection() const {
    return resource_.field_selector.empty() ? "" : "&fieldSelector=" + query_escaped(resource_.field_selector);
}

void Watcher::fetch_page() {
    Request request;
    if (resource_.names_only) request.accept = kNamesOfList;
    request.path = resource_.path + "?limit=" + std::to_string(context_.page_limit) + selection();
    if (!reflector_.continue_token().empty()) request.path += "&continue=" + query_escaped(reflector_.continue_token());
    request.timeout = kPageTimeout;
    request.body_bytes_max = kPageBytesMax;
    ++context_.requests;
    open_ = true;
    opened_at_ = now();
    const std::uint64_t turn = ++turn_;
    ticket_ = context_.channel.submit(std::move(request), [this, turn](Answer answer) {
        auto shared = std::make_shared<Answer>(std::move(answer));
        context_.loop.post([this, turn, shared] {
            if (turn == turn_) take_page(std::move(*shared));
        });
    });
}

void Watcher::take_page(Answer&& answer) {
    open_ = false;
    if (answer) answer = http2_client::accept(std::move(*answer), false);
    if (!answer) return end(answer.error());
    context_.sign_of_life();
    auto page = context_.decoder.decode_list(answer->body, resource_.kind, [this](kube_objects::Object&& object) {
        sink_.put(resource_.kind, std::move(object));
    });
    if (!page) return end(page.error());
    carry_out(reflector_.page(*page, now()));
    if (reflector_.phase() == Reflector::Phase::Watching) context_.decoder.shrink();
}

void Watcher::open_watch() {
    Request request;
    if (resource_.names_only) request.accept = kNamesOfWatch;
    request.path = resource_.path +
                   "?watch=1&allowWatchBookmarks=true&timeoutSeconds=" + std::to_string(context_.watch_timeout_s) +
                   selection() + "&resourceVersion=" + query_escaped(reflector_.resource_version());
    request.timeout = std::chrono::milliseconds(0);
    ++context_.requests;
    line_.clear();
    open_ = true;
    opened_at_ = now();
    const std::uint64_t turn = ++turn_;
    const auto backlog = backlog_;
    ticket_ = context_.channel.open_stream(
        std::move(request),
        [this, turn, backlog](std::string_view bytes) {
            if (*backlog + bytes.size() > kBacklogBytesMax) return false;
            *backlog += bytes.size();
            context_.loop.post([this, turn, backlog, copy = std::string(bytes)] {
                *backlog -= copy.size();
                if (turn == turn_ && open_) take_bytes(copy);
            });
            return true;
        },
        [this, turn](Answer answer) {
            if (answer) answer = http2_client::accept(std::move(*answer), false);
            const auto failure = answer ? std::nullopt : std::optional<Error>(answer.error());
            context_.loop.post([this, turn, failure] {
                if (turn != turn_) return;
                open_ = false;
                end(failure);
            });
        });
}

void Watcher::take_bytes(std::string_view bytes) {
    context_.sign_of_life();
    for (;;) {
        const auto end_of_line = bytes.find('\n');
        if (end_of_line == std::string_view::npos) break;
        const std::string_view rest = bytes.substr(0, end_of_line);
        bytes.remove_prefix(end_of_line + 1);
        if (line_.empty()) {
            if (!take_line(rest)) return;
        } else {
            line_.append(rest);
            const std::string whole = std::exchange(line_, {});
            if (!take_line(whole)) return;
        }
    }
    line_.append(bytes);
    if (line_.size() > kLineBytesMax) {
        line_.clear();
        context_.channel.cancel(ticket_);
    }
}

/// False when the watch is of no use any more.
bool Watcher::take_line(std::string_view line) {
    if (line.empty()) return true;
    auto event = context_.decoder.decode_watch_line(line, resource_.kind);
    if (!event) {
        context_.channel.cancel(ticket_);
        return false;
    }
    ++context_.events;
    const Reflector::Step step = reflector_.event(*event, now());
    if (step.apply && event->object) {
        if (event->type == WatchEvent::Type::Deleted) {
            sink_.remove(resource_.kind, *event->object);
        } else {
            sink_.put(resource_.kind, std::move(*event->object));
        }
    }
    if (event->type != WatchEvent::Type::Error) sink_.reached(resource_.kind, reflector_.resource_version());
    carry_out(step);
    return step.what != Reflector::Do::Abandon;
}

void Watcher::end(const std::optional<Error>& failure) {
    ++turn_;
    const bool watching = reflector_.phase() == Reflector::Phase::Watching;
    const auto lived = now() - opened_at_;
    const bool early =
        watching && !failure && lived + std::chrono::seconds(10) < std::chrono::seconds(context_.watch_timeout_s);
    const Reflector::Step step = reflector_.ended(failure, now());
    if (failure && points_at_server(*failure)) {
        context_.gateway.suspect(*failure);
    } else if (early) {  // a server that shuts down ends its watches in good order
        context_.gateway.suspect(error(Code::Unavailable, "the watch ended before its time"));
    }
    carry_out(step);
}

/// Sees to it that the reflector hears of the time when it wants to.
void Watcher::arm() {
    const Instant wake_at = reflector_.wake_at();
    if (wake_at == armed_for_ || (armed_for_ > now() && armed_for_ <= wake_at)) return;
    armed_for_ = wake_at;
    context_.loop.post_at(wake_at, [this, wake_at] {
        if (armed_for_ == wake_at) armed_for_ = {};
        if (stopped_) return;
        const Reflector::Step step = reflector_.tick(now());
        carry_out(step);
    });
}

}  // namespace helix::kubernetes
