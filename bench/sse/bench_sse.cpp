// Fan-out of server-sent events: the hub against a bare send() loop over the same number of sockets, in one run.
//
//     bench_sse [subscribers ...]        default: 1000 10000
//
// Printed per round: CPU of this process per delivery, deliveries per second of one core, the time until half and until
// the last subscriber had an event (p50 and p99 over the events), and resident memory per subscriber. Read the ratios:
// both sides pay the same kernel and the same readers on the same machine.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <malloc.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/sse/process_figures.hpp"
#include "bench/sse/readers.hpp"
#include "service/http/engine/listener.hpp"
#include "service/http/engine/server.hpp"
#include "service/http/engine/sse_frame.hpp"
#include "service/http/engine/stream_start.hpp"

namespace {

using namespace helix;  // NOLINT: a program, not a header
using http_engine::StreamEvent;

constexpr std::size_t kWarmUpEvents = 5;
constexpr std::size_t kEvents = 40;
constexpr std::size_t kDataBytes = 200;

struct Figures {
    double cpu_us = 0;
    double p50_ms = 0;
    double p99_ms = 0;
    double idle_bytes = 0;
    double busy_bytes = 0;
    bool complete = true;
};

std::string timed_data() {
    std::string data = "t=" + std::to_string(bench::now_ns()) + ";";
    data.resize(kDataBytes, 'x');
    return data;
}

/// Publishes one event after the other, each when all readers have had the one before.
void measure(const bench::Readers& readers, std::size_t subscribers, const std::function<void()>& publish,
             Figures& out) {
    std::vector<double> halves;
    std::vector<double> lasts;
    double cpu_before = 0;
    for (std::size_t i = 0; i < kWarmUpEvents + kEvents; ++i) {
        if (i == kWarmUpEvents) cpu_before = bench::cpu_seconds();
        publish();
        const bench::EventSeen seen = readers.wait_for_event();
        out.complete = out.complete && seen.deliveries == subscribers;
        if (i < kWarmUpEvents) continue;
        halves.push_back(seen.p50_ms);
        lasts.push_back(seen.last_ms);
    }
    out.cpu_us = (bench::cpu_seconds() - cpu_before) * 1e6 / static_cast<double>(kEvents * subscribers);
    std::sort(halves.begin(), halves.end());
    std::sort(lasts.begin(), lasts.end());
    out.p50_ms = bench::quantile(halves, 0.5);
    out.p99_ms = bench::quantile(lasts, 0.99);
}

double per_subscriber(std::size_t before, std::size_t subscribers) {
    ::malloc_trim(0);
    const auto grown = static_cast<double>(bench::resident_bytes()) - static_cast<double>(before);
    return grown / static_cast<double>(subscribers);
}

Figures with_hub(std::size_t subscribers) {
    const bench::Readers readers(subscribers);
    http_engine::StreamHub hub;
    http_engine::Server server;
    server.Get("/stream", [&](const httplib::Request&, httplib::Response& res) {
        if (!http_engine::start_stream(hub, res, {}).ok()) res.status = 503;
    });
    Figures out;
    const bool started = hub.start().ok();
    const auto port = server.start("127.0.0.1", 0);
    const std::size_t before = bench::resident_bytes();
    if (!started || !port || !readers.connect(*port)) {
        out.complete = false;
        return out;
    }
    out.idle_bytes = per_subscriber(before, subscribers);
    measure(
        readers, subscribers,
        [&] {
            hub.publish(StreamEvent{"bench", "", timed_data()});
        },
        out);
    out.busy_bytes = per_subscriber(before, subscribers);
    server.stop();
    hub.stop();
    return out;
}

/// The floor: a list of sockets and one send() for each.
Figures with_bare_loop(std::size_t subscribers) {
    const bench::Readers readers(subscribers);
    Figures out;
    const auto listener = http_engine::listen_on("127.0.0.1", 0, 4096);
    if (!listener) return out;
    const std::size_t before = bench::resident_bytes();
    std::vector<int> sockets;
    ::fcntl(listener->fd, F_SETFL, 0);
    std::thread acceptor([&] {
        std::array<char, 1024> request{};
        while (sockets.size() < subscribers) {
            const int fd = ::accept4(listener->fd, nullptr, nullptr, SOCK_CLOEXEC);
            if (fd < 0) return;
            ::recv(fd, request.data(), request.size(), 0);
            ::send(fd, "retry:\n\n", 8, MSG_NOSIGNAL);
            sockets.push_back(fd);
        }
    });
    out.complete = readers.connect(listener->port);
    if (!out.complete) ::shutdown(listener->fd, SHUT_RDWR);
    acceptor.join();
    out.idle_bytes = per_subscriber(before, subscribers);
    std::uint64_t id = 0;
    const auto publish = [&] {
        const std::string frame = http_engine::sse_event(++id, "bench", timed_data());
        for (const int fd : sockets) ::send(fd, frame.data(), frame.size(), MSG_NOSIGNAL);
    };
    if (out.complete) measure(readers, subscribers, publish, out);
    out.busy_bytes = per_subscriber(before, subscribers);
    for (const int fd : sockets) ::close(fd);
    ::close(listener->fd);
    return out;
}

void print(const char* what, std::size_t subscribers, const Figures& f) {
    std::printf(
        "%-9s %6zu  %6.2f us/delivery  %7.0f deliveries/s/core  half %6.1f ms  last p99 %6.1f ms  %6.0f B idle %6.0f B "
        "busy%s\n",
        what, subscribers, f.cpu_us, f.cpu_us > 0 ? 1e6 / f.cpu_us : 0, f.p50_ms, f.p99_ms, f.idle_bytes, f.busy_bytes,
        f.complete ? "" : "  INCOMPLETE");
    std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
    std::vector<std::size_t> counts;
    for (int i = 1; i < argc; ++i) counts.push_back(std::strtoul(argv[i], nullptr, 10));
    if (counts.empty()) counts = {1'000, 10'000};
    bool complete = true;
    for (const std::size_t count : counts) {
        if (!bench::allow_open_files(count + 100)) {
            std::fprintf(stderr, "the limit of open files does not allow %zu subscribers\n", count);
            return 1;
        }
        const Figures bare = with_bare_loop(count);
        print("bare", count, bare);
        const Figures hub = with_hub(count);
        print("hub", count, hub);
        std::printf("hub/bare  %6zu  cpu %.2f  half %.2f  last p99 %.2f\n", count, hub.cpu_us / bare.cpu_us,
                    hub.p50_ms / bare.p50_ms, hub.p99_ms / bare.p99_ms);
        complete = complete && bare.complete && hub.complete;
    }
    return complete ? 0 : 1;
}
