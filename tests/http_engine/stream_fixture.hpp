#pragma once

#include <memory>
#include <mutex>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "service/http/engine/server.hpp"
#include "service/http/engine/stream_start.hpp"
#include "tests/http_engine/raw_client.hpp"
#include "tests/http_engine/sse_reader.hpp"

namespace helix::http_engine::testing {

/// A server with one worker and a hub behind GET /stream?types=a,b&targets=c&last_event_id=n; plain or TLS.
class StreamTest : public ::testing::TestWithParam<bool> {
protected:
    [[nodiscard]] static bool tls() { return GetParam(); }

    void start(HubOptions hub_options = {}, ServerOptions options = {}) {
        hub_ = std::make_unique<StreamHub>(std::move(hub_options));
        ASSERT_TRUE(hub_->start().ok());
        options.workers = 1;
        if (tls()) options.tls = TlsOptions{identity_.certificate(), identity_.key()};
        server_ = std::make_unique<Server>(std::move(options));
        server_->Get("/hello",
                     [](const httplib::Request&, httplib::Response& res) { res.set_content("hi", "text/plain"); });
        server_->Get("/stream", [this](const httplib::Request& req, httplib::Response& res) {
            StreamRequest request;
            request.filter = {split(req.get_param_value("types")), split(req.get_param_value("targets"))};
            auto last = last_event_id_of(req);
            if (!last) {
                res.status = 400;
                return;
            }
            request.last_event_id = *last;
            request.preface = preface_;
            if (const auto started = start_stream(*hub_, res, std::move(request)); !started) res.status = 503;
        });
        const auto port = server_->start("127.0.0.1", 0);
        ASSERT_TRUE(port.ok());
        port_ = *port;
    }

    void TearDown() override {
        if (server_) server_->stop();
        if (hub_) hub_->stop();
    }

    [[nodiscard]] RawClient connect(int receive_buffer = 0) const { return RawClient(port_, tls(), receive_buffer); }

    /// Connects and reads up to the first event's place: head and retry.
    RawClient subscribe(const std::string& query = "", int receive_buffer = 0, const std::string& fields = "") const {
        RawClient client = connect(receive_buffer);
        EXPECT_TRUE(client.send(get("/stream" + query, fields)));
        const std::string head = client.read_until("retry: 2000\n\n");
        EXPECT_TRUE(head.starts_with("HTTP/1.1 200")) << head;
        EXPECT_NE(head.find("text/event-stream"), std::string::npos) << head;
        return client;
    }

    std::uint64_t publish(const std::string& type, const std::string& data, const std::string& target = "") {
        return hub_->publish(StreamEvent{type, target, data});
    }

    static std::set<std::string, std::less<>> split(const std::string& list) {
        std::set<std::string, std::less<>> out;
        std::istringstream in(list);
        for (std::string item; std::getline(in, item, ',');) out.insert(item);
        return out;
    }

    TestIdentity identity_;
    std::function<Preface(const ResumePoint&)> preface_;
    std::unique_ptr<StreamHub> hub_;
    std::unique_ptr<Server> server_;
    int port_ = 0;
};

}  // namespace helix::http_engine::testing
