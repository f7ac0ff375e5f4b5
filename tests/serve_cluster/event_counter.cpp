#include "tests/serve_cluster/event_counter.hpp"

namespace helix::serve_test {

EventCounter::EventCounter(int port, const std::string& path, const std::string& type)
    : client_("127.0.0.1", port), line_("event: " + type) {
    client_.set_read_timeout(60);
    thread_ = std::thread([this, path] {
        client_.Get(path, [this](const char* data, std::size_t size) {
            take({data, size});
            return true;
        });
    });
}

EventCounter::~EventCounter() {
    client_.stop();
    thread_.join();
}

void EventCounter::take(std::string_view bytes) {
    for (const char c : bytes) {
        if (c != '\n') {
            begun_ += c;
            continue;
        }
        if (begun_ == line_) ++count_;
        begun_.clear();
    }
}

}  // namespace helix::serve_test
