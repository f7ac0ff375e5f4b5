#include "adapters/http2_client/loop.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <signal.h>

namespace helix::http2_client {
namespace {

constexpr std::size_t kOutstandingMax = 10'000;
constexpr std::chrono::milliseconds kPlaceWait{500};  ///< for a connection that takes the request
constexpr int kPollMax_ms = 1'000;

/// Signals belong to the main thread; a peer that goes away must not raise SIGPIPE here.
void block_signals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace

Channel::Loop::Loop(Target target, std::shared_ptr<endpoint::CredentialSource> credentials, ChannelOptions options)
    : target_(std::move(target)), credentials_(std::move(credentials)), options_(options), multi_(curl_multi_init()) {
    sockets_.plain = target_.plain && !target_.endpoint.allow_plain;
    sockets_.local = !options_.local_socket.empty();
    sockets_.keepalive_idle_s = static_cast<int>(options_.keepalive_idle.count());
    sockets_.user_timeout_ms = static_cast<unsigned>(options_.unacknowledged_max.count());
    const long connections = static_cast<long>(std::max<std::size_t>(1, options_.max_connections));
    curl_multi_setopt(multi_, CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_MULTIPLEX));
    curl_multi_setopt(multi_, CURLMOPT_MAX_HOST_CONNECTIONS, connections);
    curl_multi_setopt(multi_, CURLMOPT_MAX_TOTAL_CONNECTIONS, connections);
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, connections);
    // The lock orders the thread's start after thread_ is assigned, which on_own_thread() reads.
    const std::lock_guard lock(mutex_);
    thread_ = std::thread([this] { run(); });
    fetcher_ = std::jthread([this](const std::stop_token& stop) { fetch_credentials(stop); });
}

Channel::Loop::~Loop() {
    {
        const std::lock_guard lock(mutex_);
        closing_ = true;
    }
    curl_multi_wakeup(multi_);
    thread_.join();
    fetcher_.request_stop();
    fetcher_.join();
    curl_multi_cleanup(multi_);
}

Channel::Ticket Channel::Loop::submit(Request request, OnBytes on_bytes, OnDone on_done) {
    Ticket ticket = 0;
    {
        const std::lock_guard lock(mutex_);
        if (closing_) return 0;
        ticket = ++last_ticket_;
        arrivals_.push_back(
            std::make_unique<Exchange>(ticket, std::move(request), std::move(on_bytes), std::move(on_done)));
    }
    curl_multi_wakeup(multi_);
    return ticket;
}

void Channel::Loop::cancel(Ticket ticket) {
    {
        const std::lock_guard lock(mutex_);
        cancels_.push_back(ticket);
    }
    curl_multi_wakeup(multi_);
}

void Channel::Loop::run() {
    block_signals();
    while (take_mail()) {
        int running = 0;
        curl_multi_perform(multi_, &running);
        collect_finished();
        expire();
        leave_drained_connection();
        if (!waiting_.empty()) send_waiting();
        curl_multi_poll(multi_, nullptr, 0, poll_ms(), nullptr);
    }
    end_all();
}

bool Channel::Loop::take_mail() {
    std::vector<std::unique_ptr<Exchange>> arrivals;
    std::vector<Ticket> cancels;
    std::vector<Fetched> fetched;
    {
        const std::lock_guard lock(mutex_);
        if (closing_) return false;
        arrivals.swap(arrivals_);
        cancels.swap(cancels_);
        fetched.swap(fetched_);
    }
    for (auto& exchange : arrivals) begin(std::move(exchange));
    for (const Fetched& one : fetched) distribute(one);
    for (const Ticket ticket : cancels) {
        const auto it = active_.find(ticket);
        if (it == active_.end()) continue;
        it->second->end_by(EndedBy::Cancel);
        end(*it->second, it->second->verdict(CURLE_OK));
    }
    return true;
}

void Channel::Loop::begin(std::unique_ptr<Exchange> arrived) {
    if (active_.size() >= kOutstandingMax)
        return arrived->finish(error(Code::ResourceExhausted, "too many requests are outstanding on this channel"));
    Exchange& exchange = *arrived;
    next_deadline_ = std::min(next_deadline_, exchange.deadline());
    active_.emplace(exchange.ticket(), std::move(arrived));
    auto credential = credentials_->ready();
    if (!credential) return await_credential(exchange);
    send(exchange, std::make_shared<const endpoint::Credential>(*std::move(credential)));
}

void Channel::Loop::send(Exchange& exchange, Secret credential) {
    // One object for all requests with the same credential, so that libcurl compares the same bytes.
    if (last_credential_ == nullptr || *last_credential_ != *credential) last_credential_ = std::move(credential);
    exchange.awaits_credential = 0;
    if (auto prepared = exchange.prepare(target_, last_credential_, options_, sockets_); !prepared)
        return end(exchange, std::move(prepared).error());
    if (!room_for(exchange)) return waiting_.push_back(exchange.ticket());
    enter_multi(exchange);
}

bool Channel::Loop::room_for(const Exchange& exchange) const {
    const std::size_t in_flight = calls_in_flight_ + streams_in_flight_;
    return in_flight < options_.in_flight_max || (!exchange.streams() && calls_in_flight_ < kReservedForCalls);
}

void Channel::Loop::enter_multi(Exchange& exchange) {
    if (curl_multi_add_handle(multi_, exchange.handle()) != CURLM_OK)
        return end(exchange, error(Code::Internal, "libcurl did not take the request"));
    exchange.in_multi = true;
    exchange.entered_at = Clock::now();
    ++(exchange.streams() ? streams_in_flight_ : calls_in_flight_);
}

void Channel::Loop::leave_multi(Exchange& exchange) {
    if (!exchange.in_multi) return;
    curl_multi_remove_handle(multi_, exchange.handle());
    exchange.in_multi = false;
    --(exchange.streams() ? streams_in_flight_ : calls_in_flight_);
}

void Channel::Loop::send_waiting() {
    if (calls_in_flight_ + streams_in_flight_ >= options_.in_flight_max && calls_in_flight_ >= kReservedForCalls)
        return;
    // Oldest first; a stream that finds no room does not hold up the calls behind it.
    std::deque<Ticket> still;
    for (const Ticket ticket : std::exchange(waiting_, {})) {
        const auto it = active_.find(ticket);
        if (it == active_.end()) continue;
        if (room_for(*it->second))
            enter_multi(*it->second);
        else
            still.push_back(ticket);
    }
    waiting_ = std::move(still);
}

void Channel::Loop::await_credential(Exchange& exchange) {
    const std::lock_guard lock(mutex_);
    exchange.awaits_credential = ++fetch_wanted_;
    fetch_wish_.notify_one();
}

void Channel::Loop::fetch_credentials(const std::stop_token& stop) {
    block_signals();
    std::uint64_t done = 0;
    std::unique_lock lock(mutex_);
    while (fetch_wish_.wait(lock, stop, [&] { return fetch_wanted_ > done; })) {
        done = fetch_wanted_;
        lock.unlock();
        auto credential = credentials_->fetch(stop);
        lock.lock();
        fetched_.push_back({done, std::move(credential)});
        curl_multi_wakeup(multi_);
    }
}

void Channel::Loop::distribute(const Fetched& fetched) {
    std::vector<Exchange*> waiting;
    for (const auto& [ticket, exchange] : active_)
        if (exchange->awaits_credential != 0 && exchange->awaits_credential <= fetched.number)
            waiting.push_back(exchange.get());
    for (Exchange* exchange : waiting) {
        if (!fetched.credential.ok()) {
            end(*exchange, fetched.credential.error());
        } else if (exchange->credential() != nullptr && *exchange->credential() == *fetched.credential) {
            end(*exchange, exchange->verdict(CURLE_OK));  // nothing newer: the 401 stands
        } else {
            send(*exchange, std::make_shared<const endpoint::Credential>(*fetched.credential));
        }
    }
}

void Channel::Loop::collect_finished() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
        if (message->msg != CURLMSG_DONE) continue;
        const CURLcode rc = message->data.result;  // the message dies with the removal
        char* self = nullptr;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &self);
        auto& exchange = *static_cast<Exchange*>(static_cast<void*>(self));
        leave_multi(exchange);
        finished(exchange, rc);
    }
}

void Channel::Loop::finished(Exchange& exchange, CURLcode rc) {
    if (exchange.may_resend(rc)) return send(exchange, last_credential_);
    if (rc == CURLE_OK && exchange.status() == 401 && refreshed_after_401(exchange)) return;
    end(exchange, exchange.verdict(rc));
}

bool Channel::Loop::refreshed_after_401(Exchange& exchange) {
    if (!exchange.start_over_after_401()) return false;
    credentials_->rejected(*exchange.credential());
    auto credential = credentials_->ready();
    if (!credential) {
        await_credential(exchange);
        return true;
    }
    if (*credential == *exchange.credential()) return false;
    send(exchange, std::make_shared<const endpoint::Credential>(*std::move(credential)));
    return true;
}

void Channel::Loop::expire() {
    const auto now = Clock::now();
    if (now < next_deadline_) return;
    next_deadline_ = Clock::time_point::max();
    std::vector<Exchange*> late;
    for (const auto& [ticket, exchange] : active_) {
        if (exchange->deadline() <= now)
            late.push_back(exchange.get());
        else
            next_deadline_ = std::min(next_deadline_, exchange->deadline());
    }
    for (Exchange* exchange : late) {
        exchange->end_by(EndedBy::Deadline);
        end(*exchange, exchange->verdict(CURLE_OK));
    }
}

/// A connection that the server drains (GOAWAY) takes nothing new and keeps its place until its last stream ends, which
/// for a watch is minutes. When every place is held and a request finds none, the streams of the connection that has
/// been without a new request for longest end.
void Channel::Loop::leave_drained_connection() {
    if (options_.max_connections < 2 || sockets_.opened - sockets_.closed < options_.max_connections) return;
    struct Use {
        Clock::time_point last_sent{};
        std::vector<Exchange*> streams;
        bool others = false;
    };
    std::map<int, Use> uses;
    bool starving = false;
    const auto long_ago = Clock::now() - kPlaceWait;
    for (const auto& [ticket, exchange] : active_) {
        if (!exchange->in_multi) continue;
        if (exchange->local_port() == 0) {
            starving = starving || exchange->entered_at < long_ago;
            continue;
        }
        Use& use = uses[exchange->local_port()];
        use.last_sent = std::max(use.last_sent, exchange->sent_at());
        if (exchange->streams() && exchange->over_http2()) {
            use.streams.push_back(exchange.get());
        } else {
            use.others = true;
        }
    }
    if (!starving || uses.size() < options_.max_connections) return;  // else one is idle, or still being opened
    const auto oldest = std::min_element(uses.begin(), uses.end(), [](const auto& left, const auto& right) {
        return left.second.last_sent < right.second.last_sent;
    });
    if (oldest->second.others) return;  // what answers in one piece ends soon by itself
    for (Exchange* stream : oldest->second.streams) end(*stream, stream->verdict(CURLE_OK));
}

int Channel::Loop::poll_ms() const {
    if (next_deadline_ == Clock::time_point::max()) return kPollMax_ms;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next_deadline_ - Clock::now()).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, kPollMax_ms));
}

void Channel::Loop::end(Exchange& exchange, Result<Response> result) {
    leave_multi(exchange);
    auto node = active_.extract(exchange.ticket());
    node.mapped()->finish(std::move(result));
}

void Channel::Loop::end_all() {
    {
        const std::lock_guard lock(mutex_);  // closing: nothing is added any more
        for (auto& exchange : arrivals_) active_.emplace(exchange->ticket(), std::move(exchange));
        arrivals_.clear();
    }
    while (!active_.empty()) {
        Exchange& exchange = *active_.begin()->second;
        exchange.end_by(EndedBy::Close);
        end(exchange, exchange.verdict(CURLE_OK));
    }
}

}  // namespace helix::http2_client
