#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "adapters/kube_objects/decoder.hpp"
#include "adapters/kubernetes/api.hpp"
#include "adapters/kubernetes/resource_map.hpp"
#include "service/ports/target.hpp"

namespace helix::kubernetes {

struct WriterOptions {
    std::chrono::milliseconds drain_time{120'000};  ///< for all evictions of one drain, and the pods' leaving
    /// For so long a server may still be at a write whose answer was lost; what does not show by then was not done.
    /// The API server gives a request up after 34 s.
    std::chrono::milliseconds read_back_time{35'000};
};

/// Carries out one action at a time.
///
/// Every write is sent once, with the uid (and where the change depends on it, the version) that was read before. When
/// no answer came, the object is read back; the annotation with the step's mark, the replicas or the uid decide.
///
/// Thread safety: one thread at a time.
class Writer {
public:
    Writer(Api& api, ResourceMap& resources, WriterOptions options, std::function<std::int64_t()> now_s);

    Result<ports::Before> look(const gate::Action& action);
    ports::WriteResult write(const gate::Action& action, const ports::Before& before,
                             const ports::WriteContext& context);
    ports::WriteResult read_back(const gate::Action& action, const ports::Before& before,
                                 const ports::WriteContext& context);
    Result<gate::Preview> preview(const gate::Action& action);

    /// Makes a drain or a read-back that is under way give up.
    void stop() { stopping_ = true; }

private:
    using Before = ports::Before;
    using Context = ports::WriteContext;

    /// The API server's view of one write: where it goes and whether it counts as a change of what exists.
    struct Send {
        http2_client::Method method;
        std::string path;
        Patch body;
        bool changes = true;
    };

    ports::WriteResult scale(const gate::Action& action, Before before, const Context& context);
    ports::WriteResult apply(const gate::Action& action, const Before& before, const Context& context);
    ports::WriteResult patch(const gate::Action& action, const Before& before, const Context& context);
    ports::WriteResult evict(const gate::Action& action, const Before& before, const Context& context);
    ports::WriteResult erase(const gate::Action& action, Before before, const Context& context);
    ports::WriteResult drain(const gate::Action& action, const Before& before, const Context& context);

    Result<std::string> path_of(const gate::Action& action);
    Result<std::vector<std::string>> containers_of(const gate::Action& action, const std::string& path);
    Result<kube_objects::Manifest> read(const std::string& path);
    Result<http2_client::Response> send(Send one, const Context& context);
    ports::WriteResult settle(const Error& failure, ports::WriteResult result, const gate::Action& action,
                              const Before& before, const Context& context);
    Result<std::optional<bool>> shows(const gate::Action& action, const Before& before, const std::string& mark,
                                      ports::WriteResult& result);
    void note_after(ports::WriteResult& result, const std::string& path);
    bool sleep_until(std::chrono::steady_clock::time_point when) const;

    struct Leaving {
        std::string ns;
        std::string name;
        std::string uid;
        bool accepted = false;
        bool gone = false;
        std::string refusal = {};
    };
    Result<std::vector<Leaving>> pods_of(const std::string& node);
    void evict_round(std::vector<Leaving>& pods, const gate::Action& action, const Context& context, int& retry_after_s,
                     bool& unknown);
    void look_round(std::vector<Leaving>& pods);

    Api& api_;
    ResourceMap& resources_;
    const WriterOptions options_;
    const std::function<std::int64_t()> now_s_;
    kube_objects::Decoder decoder_;
    std::atomic<bool> stopping_{false};
};

/// A result that says that nothing was changed, and why.
ports::WriteResult not_applied(const Error& failure);

/// What is recorded of an object before it is written.
ports::Before before_of(const kube_objects::Manifest& object);

}  // namespace helix::kubernetes
