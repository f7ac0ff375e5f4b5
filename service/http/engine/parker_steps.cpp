#include <array>
#include <span>

#include <sys/epoll.h>

#include "service/http/engine/parker.hpp"

namespace helix::http_engine {
namespace {

constexpr std::size_t kReadBytes = 16 * 1024;
constexpr std::size_t kReadsPerTurn = 16;  ///< then others have their turn
constexpr std::size_t kLingerBytesMax = 8 * 1024 * 1024;

}  // namespace

void Parker::drive(Connection& connection) {
    for (;;) {
        switch (step(connection)) {
            case Step::Again:
                continue;
            case Step::WaitRead:
                return arm(connection, EPOLLIN);
            case Step::WaitWrite:
                return arm(connection, EPOLLOUT);
            case Step::Dispatched:
                return;
            case Step::Drop:
                return drop(connection);
        }
    }
}

Parker::Step Parker::step(Connection& c) {
    switch (c.phase) {
        case Phase::Handshake:
            return step_handshake(c);
        case Phase::Head:
            return step_head(c);
        case Phase::Body:
            return step_body(c);
        case Phase::Flush:
            return step_flush(c);
        case Phase::Linger:
            return step_linger(c);
        case Phase::Worker:
            break;
    }
    return Step::Dispatched;
}

Parker::Step Parker::step_handshake(Connection& c) {
    switch (c.channel.handshake().state) {
        case Io::WantRead:
            return Step::WaitRead;
        case Io::WantWrite:
            return Step::WaitWrite;
        case Io::Closed:
            counters_.handshakes_failed.fetch_add(1, std::memory_order_relaxed);
            return Step::Drop;
        case Io::Done:
            break;
    }
    return begin_next(c);
}

/// Reads once into `in`; Again when something came.
Parker::Step Parker::receive(Connection& c) {
    std::array<char, kReadBytes> buffer;  // NOLINT: filled by the read
    const IoResult got = c.channel.read_some(buffer);
    switch (got.state) {
        case Io::WantRead:
            return Step::WaitRead;
        case Io::WantWrite:
            return Step::WaitWrite;
        case Io::Closed:
            return Step::Drop;
        case Io::Done:
            break;
    }
    if (c.phase == Phase::Head && c.in.empty()) {
        set_parked(c, false);
        c.deadline = Clock::now() + options_.head_limit;
    }
    c.in.append(buffer.data(), got.bytes);
    account(c);
    if (counters_.buffered_bytes.load(std::memory_order_relaxed) > options_.buffered_bytes_max)
        return refuse(c, Refusal::Overloaded);
    return Step::Again;
}

Parker::Step Parker::step_head(Connection& c) {
    auto outcome = c.scanner.scan(c.in);
    if (const auto* refusal = std::get_if<Refusal>(&outcome)) return refuse(c, *refusal);
    if (auto* head = std::get_if<RequestHead>(&outcome)) {
        c.head = std::move(*head);
        c.in.erase(0, c.head.bytes);
        return begin_body(c);
    }
    const Step next = receive(c);
    if (c.in.empty() && next == Step::WaitRead) set_parked(c, true);
    return next;
}

Parker::Step Parker::begin_body(Connection& c) {
    c.phase = Phase::Body;
    c.deadline = Clock::now() + options_.body_limit;
    if (c.head.content_length > options_.body_bytes_max) return refuse(c, Refusal::BodyTooLarge);
    const bool incomplete = c.head.chunked ? c.in.empty() : c.in.size() < c.head.content_length;
    if (c.head.expects_continue && incomplete) {
        constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
        const IoResult wrote = c.channel.write_some(kContinue);  // nothing else is unsent, so it fits
        if (wrote.state != Io::Done || wrote.bytes != kContinue.size()) return Step::Drop;
    }
    return Step::Again;
}

Parker::Step Parker::step_body(Connection& c) {
    if (c.head.chunked) {
        const auto outcome = c.chunks.feed(c.in, c.body, options_.body_bytes_max);
        account(c);
        switch (outcome) {
            case ChunkDecoder::Outcome::Done:
                return hand_over(c);
            case ChunkDecoder::Outcome::Malformed:
                return refuse(c, Refusal::BadRequest);
            case ChunkDecoder::Outcome::TooLarge:
                return refuse(c, Refusal::BodyTooLarge);
            case ChunkDecoder::Outcome::NeedMore:
                return receive(c);
        }
    }
    const auto length = static_cast<std::size_t>(c.head.content_length);
    if (c.in.size() < length) return receive(c);
    if (c.in.size() == length) {
        c.body = std::move(c.in);
        c.in.clear();
    } else {
        c.body = c.in.substr(0, length);
        c.in.erase(0, length);
    }
    return hand_over(c);
}

Parker::Step Parker::hand_over(Connection& c) {
    c.phase = Phase::Worker;
    ++c.requests;
    counters_.in_flight.fetch_add(1, std::memory_order_relaxed);
    if (dispatch_(c)) return Step::Dispatched;  // from here on `c` is the worker's
    counters_.in_flight.fetch_sub(1, std::memory_order_relaxed);
    return refuse(c, Refusal::Overloaded);
}

void Parker::resume(Connection& c, bool close) {
    counters_.in_flight.fetch_sub(1, std::memory_order_relaxed);
    c.close_after = close || stopping() || c.requests >= options_.requests_per_connection_max;
    c.phase = Phase::Flush;
    const auto now = Clock::now();
    c.deadline = now + options_.write_stall_limit;
    if (c.write_limit == Clock::time_point::max()) c.write_limit = now + options_.write_total_limit;
    drive(c);
}

Parker::Step Parker::refuse(Connection& c, Refusal refusal) {
    counters_.count_refusal(refusal);
    set_parked(c, false);
    c.in = {};
    c.body = {};
    account(c);
    c.out = refusal_response(refusal);
    c.out_sent = 0;
    c.close_after = true;
    c.phase = Phase::Flush;
    c.deadline = Clock::now() + options_.write_stall_limit;
    c.write_limit = c.deadline;
    return Step::Again;
}

Parker::Step Parker::step_flush(Connection& c) {
    while (c.out_sent < c.out.size()) {
        const IoResult wrote = c.channel.write_some(std::string_view(c.out).substr(c.out_sent));
        switch (wrote.state) {
            case Io::WantRead:
                return Step::WaitRead;
            case Io::WantWrite:
                return Step::WaitWrite;
            case Io::Closed:
                return Step::Drop;
            case Io::Done:
                break;
        }
        c.out_sent += wrote.bytes;
        c.deadline = std::min(Clock::now() + options_.write_stall_limit, c.write_limit);
    }
    c.out = {};
    c.out_sent = 0;
    if (!c.close_after) return begin_next(c);
    c.channel.shutdown_write();
    c.in = {};
    c.phase = Phase::Linger;
    c.deadline = Clock::now() + options_.linger_limit;
    return Step::Again;
}

/// Throws away what still comes, so that closing does not reset the connection before the client has read the answer.
Parker::Step Parker::step_linger(Connection& c) {
    std::array<char, kReadBytes> buffer;  // NOLINT: thrown away
    for (std::size_t i = 0; i < kReadsPerTurn; ++i) {
        const IoResult got = c.channel.read_some(buffer);
        if (got.state == Io::WantRead) return Step::WaitRead;
        if (got.state != Io::Done) return Step::Drop;
        c.discarded += got.bytes;
        if (c.discarded > kLingerBytesMax) return Step::Drop;
    }
    return Step::WaitRead;
}

Parker::Step Parker::begin_next(Connection& c) {
    c.phase = Phase::Head;
    c.scanner = HeadScanner(options_.head);
    c.chunks = {};
    c.head = {};
    c.body = {};
    if (c.in.empty()) c.in = {};  // gives the memory back
    account(c);
    const auto now = Clock::now();
    c.deadline = now + (c.in.empty() ? options_.idle_limit : options_.head_limit);
    if (!c.in.empty() || c.channel.has_pending()) return Step::Again;
    set_parked(c, true);
    return Step::WaitRead;
}

void Parker::on_expired(Connection& c) {
    const bool mid_request = c.phase == Phase::Body || (c.phase == Phase::Head && !c.in.empty());
    if (c.phase == Phase::Flush) counters_.slow_readers.fetch_add(1, std::memory_order_relaxed);
    if (c.phase == Phase::Handshake) counters_.handshakes_failed.fetch_add(1, std::memory_order_relaxed);
    if (!mid_request) return drop(c);
    refuse(c, Refusal::TimedOut);
    drive(c);
}

void Parker::set_parked(Connection& c, bool parked) {
    if (c.counted_parked == parked) return;
    c.counted_parked = parked;
    if (parked)
        counters_.parked.fetch_add(1, std::memory_order_relaxed);
    else
        counters_.parked.fetch_sub(1, std::memory_order_relaxed);
}

void Parker::account(Connection& c) {
    const std::size_t held = c.in.size() + c.body.size();
    counters_.buffered_bytes.fetch_add(held - c.accounted, std::memory_order_relaxed);  // wraps as intended
    c.accounted = held;
}

}  // namespace helix::http_engine
