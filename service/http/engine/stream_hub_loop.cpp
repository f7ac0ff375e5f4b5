#include <algorithm>
#include <array>
#include <utility>

#include <sys/epoll.h>
#include <unistd.h>

#include "service/http/engine/sse_frame.hpp"
#include "service/http/engine/stream_subscriber.hpp"

namespace helix::http_engine {
namespace {

constexpr int kEventsPerWait = 256;
constexpr std::size_t kBatchMax = 4096;
constexpr std::size_t kFramesPerWrite = 64;
constexpr std::size_t kWritesPerTurn = 8;       ///< for one that catches up; then others have their turn
constexpr std::size_t kDiscardMax = 64 * 1024;  ///< a subscriber has nothing to say

}  // namespace

void StreamHub::run() {
    const Millis check = std::clamp(std::min(options_.stall_limit, options_.lag_grace) / 4, Millis{5}, Millis{1000});
    next_beat_ = Clock::now() + options_.heartbeat;
    next_check_ = Clock::now() + check;
    std::array<epoll_event, kEventsPerWait> events{};
    while (!stopping_.load()) {
        const int count = ::epoll_wait(epoll_fd_, events.data(), kEventsPerWait, wait_ms());
        for (int i = 0; i < count; ++i) {
            const epoll_event& event = events.at(static_cast<std::size_t>(i));
            if (event.data.ptr != nullptr) {
                on_event(*static_cast<Subscriber*>(event.data.ptr), event.events);
                continue;
            }
            std::uint64_t rings = 0;
            [[maybe_unused]] const ssize_t got = ::read(wake_fd_, &rings, sizeof rings);
            woken_.store(false);  // before looking at what there is, so that nothing slips between
        }
        take_adopted();
        deliver_new();
        const auto now = Clock::now();
        if (now >= next_beat_) {
            beat();
            next_beat_ = now + options_.heartbeat;
        }
        if (now >= next_check_) {
            cut_stalled();
            next_check_ = now + check;
        }
        if (gone_) sweep();
    }
    say_bye();
}

int StreamHub::wait_ms() const {
    if (behind_) return 0;
    if (subscribers_.empty()) return -1;
    const auto left = std::min(next_beat_, next_check_) - Clock::now();
    return static_cast<int>(std::max<Millis::rep>(0, std::chrono::ceil<Millis>(left).count()));
}

void StreamHub::take_adopted() {
    std::vector<std::unique_ptr<Subscriber>> fresh;
    {
        const std::lock_guard lock(mutex_);
        fresh.swap(adopted_);
    }
    for (auto& subscriber : fresh) {
        // Edge-triggered: one registration for life, and a full socket tells once when it has room again.
        epoll_event event{EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, {subscriber.get()}};
        if (::epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, subscriber->channel.fd(), &event) != 0) {
            count_.fetch_sub(1);
            continue;
        }
        subscribers_.push_back(std::move(subscriber));
        pump(*subscribers_.back());
    }
}

void StreamHub::deliver_new() {
    behind_ = false;
    batch_.clear();
    {
        const std::lock_guard lock(mutex_);
        ring_.copy_from(live_next_, kBatchMax, batch_);
        if (!batch_.empty() && batch_.back()->id + 1 != ring_.next_id()) behind_ = true;
    }
    if (!batch_.empty()) {
        batch_first_ = batch_.front()->id;
        live_next_ = batch_.back()->id + 1;
    }
    for (const auto& subscriber : subscribers_) {
        if (!subscriber->blocked && subscriber->next_id < live_next_) pump(*subscriber);
    }
}

void StreamHub::on_event(Subscriber& subscriber, std::uint32_t events) {
    if (subscriber.gone) return;
    if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) {
        std::array<char, 4096> unwanted;  // NOLINT: thrown away
        IoResult got;
        do {
            got = subscriber.channel.read_some(unwanted);
            subscriber.discarded += got.bytes;
        } while (got.state == Io::Done && subscriber.discarded <= kDiscardMax);
        if (got.state == Io::Closed || got.state == Io::Done) {
            subscriber.gone = gone_ = true;
            return;
        }
    }
    if (subscriber.blocked) pump(subscriber);
}

/// Sends until the subscriber is up to date, its socket is full, it is gone, or its turn is over.
void StreamHub::pump(Subscriber& subscriber) {
    for (std::size_t turn = 0; turn < kWritesPerTurn; ++turn) {
        if (!flush(subscriber)) return;
        while (subscriber.queue.empty() && subscriber.next_id < live_next_) fill(subscriber);
        if (subscriber.queue.empty()) return;
    }
    if (flush(subscriber) && subscriber.next_id < live_next_) behind_ = true;
}

/// Takes the next frames that the subscriber wants, from the batch at hand or from the ring.
void StreamHub::fill(Subscriber& subscriber) {
    const std::vector<SharedEvent>* from = &batch_;
    std::size_t at = subscriber.next_id - batch_first_;
    if (subscriber.next_id < batch_first_ || at >= batch_.size()) {
        slice_.clear();
        const std::lock_guard lock(mutex_);
        ring_.copy_from(subscriber.next_id, kFramesPerWrite, slice_);
        from = &slice_;
        at = 0;
    }
    if (from->empty()) {  // the ring holds nothing so new: its bound of bytes is smaller than one event
        subscriber.next_id = live_next_;
        return;
    }
    if (const std::uint64_t held = (*from)[at]->id; held > subscriber.next_id) {
        subscriber.queue.push_back(gap_frame(subscriber.next_id, held - 1, true));
        subscriber.next_id = held;  // may be past live_next_ when publishing outruns this thread
    }
    for (; at < from->size() && subscriber.queue.size() < kFramesPerWrite; ++at) {
        const SharedEvent& event = (*from)[at];
        if (event->id >= live_next_) break;
        subscriber.next_id = event->id + 1;
        subscriber.taken_offset = event->end_offset;
        if (subscriber.wants(*event)) subscriber.queue.emplace_back(event, &event->frame);
    }
    if (from == &slice_) slice_.clear();
}

/// Writes what is queued; false when the socket is full or the subscriber is gone.
bool StreamHub::flush(Subscriber& subscriber) {
    while (subscriber.queue_next < subscriber.queue.size()) {
        std::array<iovec, kFramesPerWrite> pieces;  // NOLINT: filled below
        std::size_t count = 0;
        std::size_t skip = subscriber.offset;
        for (std::size_t i = subscriber.queue_next; i < subscriber.queue.size() && count < pieces.size(); ++i) {
            const std::string& frame = *subscriber.queue[i];
            pieces.at(count++) = {const_cast<char*>(frame.data()) + skip, frame.size() - skip};
            skip = 0;
        }
        const IoResult wrote = subscriber.channel.write_pieces(std::span(pieces.data(), count));
        std::size_t taken = wrote.bytes + subscriber.offset;
        std::uint64_t whole = 0;
        while (subscriber.queue_next < subscriber.queue.size() &&
               taken >= subscriber.queue[subscriber.queue_next]->size()) {
            taken -= subscriber.queue[subscriber.queue_next++]->size();
            ++whole;
        }
        subscriber.offset = taken;
        deliveries_.fetch_add(whole, std::memory_order_relaxed);
        sent_bytes_.fetch_add(wrote.bytes, std::memory_order_relaxed);
        if (wrote.state == Io::Closed) {
            subscriber.gone = gone_ = true;
            return false;
        }
        if (wrote.state != Io::Done) {
            if (!subscriber.blocked || wrote.bytes > 0) subscriber.stalled_since = Clock::now();
            subscriber.blocked = true;
            return false;
        }
    }
    subscriber.blocked = false;
    subscriber.queue_next = 0;
    if (subscriber.queue.capacity() > 4)
        subscriber.queue = {};  // an idle subscriber stays small
    else
        subscriber.queue.clear();
    return true;
}

void StreamHub::beat() {
    static const auto kBeat = std::make_shared<const std::string>(sse_comment(""));
    for (const auto& subscriber : subscribers_) {
        if (subscriber->blocked || subscriber->gone || !subscriber->queue.empty()) continue;
        subscriber->queue.push_back(kBeat);
        flush(*subscriber);
    }
}

void StreamHub::cut_stalled() {
    const auto now = Clock::now();
    const std::uint64_t published = published_bytes_.load(std::memory_order_relaxed);
    for (const auto& subscriber : subscribers_) {
        if (!subscriber->blocked || subscriber->gone) continue;
        const auto stalled = now - subscriber->stalled_since;
        const bool lagging = published - subscriber->taken_offset > options_.lag_bytes_max;
        if (stalled < options_.stall_limit && !(lagging && stalled >= options_.lag_grace)) continue;
        // Between frames a notice can be told if it fits; without an id, so that the client resumes where it stood.
        if (subscriber->offset == 0 && subscriber->channel.ssl() == nullptr)
            subscriber->channel.write_some(*gap_frame(subscriber->next_id, live_next_ - 1, false));
        cut_.fetch_add(1, std::memory_order_relaxed);
        subscriber->gone = gone_ = true;
    }
}

void StreamHub::sweep() {
    gone_ = false;
    const std::size_t before = subscribers_.size();
    std::erase_if(subscribers_, [](const auto& subscriber) { return subscriber->gone; });
    count_.fetch_sub(before - subscribers_.size());
}

void StreamHub::say_bye() {
    take_adopted();
    deliver_new();
    const std::string bye = sse_comment("bye");
    for (const auto& subscriber : subscribers_) {
        if (!subscriber->blocked && !subscriber->gone) {
            subscriber->channel.write_some(bye);
            subscriber->channel.shutdown_write();
        }
    }
    count_.fetch_sub(subscribers_.size());
    subscribers_.clear();
}

}  // namespace helix::http_engine
