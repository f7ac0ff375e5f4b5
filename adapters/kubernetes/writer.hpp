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
/// Every write is sent once, with the uid (and where the change depends on it, the version) that it read before. When
/// no answer came, the object is read back; the annotation with the cycle's id, the replicas or the uid decide.
///
/// Thread safety: one thread at a time.
class Writer {
public:
    Writer(Api& api, ResourceMap& resources, WriterOptions options, std::function<std::int64_t()> now_s);

    ports::WriteResult write(const gate::Action& action, const ports::WriteContext& context);
    Result<gate::Preview> preview(const gate::Action& action);

    /// Makes a drain or a read-back that is under way give up.
    void stop() { stopping_ = true; }

private:
    struct Before {
        kube_objects::Manifest object;
        std::vector<std::string> containers;
    };

    ports::WriteResult scale(const gate::Action& action);
    ports::WriteResult apply(const gate::Action& action, const ports::WriteContext& context);
    ports::WriteResult patch(const gate::Action& action, const ports::WriteContext& context);
    ports::WriteResult evict(const gate::Action& action);
    ports::WriteResult erase(const gate::Action& action);
    ports::WriteResult drain(const gate::Action& action, const ports::WriteContext& context);

    Result<Before> before(const gate::Action& action, const std::string& path);
    Result<kube_objects::Manifest> read(const std::string& path);
    ports::WriteResult settle(const Error& failure, ports::WriteResult result, const std::string& path,
                              const std::function<std::optional<bool>(const kube_objects::Manifest*)>& applied);
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
    void evict_round(std::vector<Leaving>& pods, const gate::Action& action, int& retry_after_s, bool& unknown);
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

}  // namespace helix::kubernetes
