#pragma once

#include <array>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "adapters/kube_objects/objects.hpp"
#include "adapters/kubernetes/watch_sink.hpp"
#include "domain/cluster/state.hpp"

namespace helix::kubernetes {

inline constexpr std::size_t kKindCount = static_cast<std::size_t>(kube_objects::Kind::WatermarkPodAutoscaler) + 1;

/// The cluster's state as the watches tell it, behind one lock.
///
/// Thread safety: any method from any thread; one thread applies.
class Mirror final : public WatchSink {
public:
    void begin_list(kube_objects::Kind kind) override;
    void put(kube_objects::Kind kind, kube_objects::Object&& object) override;
    void remove(kube_objects::Kind kind, const kube_objects::Object& object) override;
    void finish_list(kube_objects::Kind kind) override;
    /// Wakes those who wait for it.
    void reached(kube_objects::Kind kind, const std::string& version) override;

    void node_usage(const kube_objects::UsageSample& sample);
    void pod_usage(const kube_objects::UsageSample& sample);

    void read(const std::function<void(const cluster::State&)>& reader) const;

    /// Waits until `holds` of the state and the version reached by `kind`, or until `timeout_ms` have passed.
    bool wait(kube_objects::Kind kind, int timeout_ms,
              const std::function<bool(const cluster::State&, const std::string& version)>& holds) const;

    [[nodiscard]] std::vector<kube_objects::WatermarkAutoscaler> watermark_autoscalers() const;
    [[nodiscard]] std::vector<std::string> namespaces() const;
    /// Grows with every change.
    [[nodiscard]] std::uint64_t changes() const;

private:
    mutable std::mutex mutex_;
    mutable std::condition_variable moved_;
    cluster::State state_;
    std::array<std::string, kKindCount> versions_;
    std::array<std::uint32_t, kKindCount> marks_{};    // of the list under way
    std::map<std::string, std::uint32_t> namespaces_;  // name, and the list that saw it
    std::map<std::pair<std::string, std::string>, std::pair<kube_objects::WatermarkAutoscaler, std::uint32_t>>
        autoscalers_;
    std::uint32_t mark_ = 0;
    std::uint64_t changes_ = 0;
};

/// The kind of workload that `kind` lists; Other when it lists none.
cluster::WorkloadKind workload_of(kube_objects::Kind kind);

}  // namespace helix::kubernetes
