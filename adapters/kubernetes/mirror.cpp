#include "adapters/kubernetes/mirror.hpp"

#include <chrono>

namespace helix::kubernetes {
namespace {

using cluster::WorkloadKind;
using kube_objects::Kind;
using kube_objects::Object;

std::size_t index_of(Kind kind) {
    return static_cast<std::size_t>(kind);
}

}  // namespace

WorkloadKind workload_of(Kind kind) {
    switch (kind) {
        case Kind::Deployment:
            return WorkloadKind::Deployment;
        case Kind::StatefulSet:
            return WorkloadKind::StatefulSet;
        case Kind::DaemonSet:
            return WorkloadKind::DaemonSet;
        case Kind::ReplicaSet:
            return WorkloadKind::ReplicaSet;
        case Kind::ReplicationController:
            return WorkloadKind::ReplicationController;
        case Kind::Job:
            return WorkloadKind::Job;
        case Kind::CronJob:
            return WorkloadKind::CronJob;
        default:
            return WorkloadKind::Other;
    }
}

void Mirror::begin_list(Kind kind) {
    const std::lock_guard lock(mutex_);
    mark_ = state_.begin_relist();
    marks_[index_of(kind)] = mark_;
}

void Mirror::put(Kind, Object&& object) {
    const std::lock_guard lock(mutex_);
    ++changes_;
    if (const auto* node = std::get_if<cluster::Node>(&object)) {
        state_.upsert(*node);
    } else if (const auto* pod = std::get_if<cluster::Pod>(&object)) {
        state_.upsert(*pod);
    } else if (const auto* workload = std::get_if<cluster::Workload>(&object)) {
        state_.upsert(*workload);
    } else if (const auto* ns = std::get_if<kube_objects::Namespace>(&object)) {
        namespaces_[ns->name] = mark_;
    } else if (auto* scaler = std::get_if<kube_objects::WatermarkAutoscaler>(&object)) {
        auto& kept = autoscalers_[{scaler->ns, scaler->name}];
        kept = {std::move(*scaler), mark_};
    }
}

void Mirror::remove(Kind kind, const Object& object) {
    const std::lock_guard lock(mutex_);
    ++changes_;
    if (const auto* node = std::get_if<cluster::Node>(&object)) state_.erase_node(node->name);
    if (const auto* pod = std::get_if<cluster::Pod>(&object)) state_.erase_pod(pod->ns, pod->name);
    if (const auto* workload = std::get_if<cluster::Workload>(&object))
        state_.erase_workload(workload_of(kind), workload->ns, workload->name);
    if (const auto* ns = std::get_if<kube_objects::Namespace>(&object)) namespaces_.erase(ns->name);
    if (const auto* scaler = std::get_if<kube_objects::WatermarkAutoscaler>(&object))
        autoscalers_.erase({scaler->ns, scaler->name});
}

void Mirror::finish_list(Kind kind) {
    const std::lock_guard lock(mutex_);
    ++changes_;
    const std::uint32_t mark = marks_[index_of(kind)];
    if (kind == Kind::Node) {
        state_.finish_relist_nodes(mark);
    } else if (kind == Kind::Pod) {
        state_.finish_relist_pods(mark);
    } else if (kind == Kind::Namespace) {
        std::erase_if(namespaces_, [mark](const auto& one) { return one.second < mark; });
    } else if (kind == Kind::WatermarkPodAutoscaler) {
        std::erase_if(autoscalers_, [mark](const auto& one) { return one.second.second < mark; });
    } else {
        state_.finish_relist_workloads(workload_of(kind), mark);
    }
}

void Mirror::reached(Kind kind, const std::string& version) {
    {
        const std::lock_guard lock(mutex_);
        versions_[index_of(kind)] = version;
    }
    moved_.notify_all();
}

void Mirror::node_usage(const kube_objects::UsageSample& sample) {
    const std::lock_guard lock(mutex_);
    ++changes_;
    state_.set_node_usage(sample.name, {sample.bytes, sample.at});
}

void Mirror::pod_usage(const kube_objects::UsageSample& sample) {
    const std::lock_guard lock(mutex_);
    ++changes_;
    state_.set_pod_usage(sample.ns, sample.name, {sample.bytes, sample.at});
}

void Mirror::read(const std::function<void(const cluster::State&)>& reader) const {
    const std::lock_guard lock(mutex_);
    reader(state_);
}

bool Mirror::wait(Kind kind, int timeout_ms,
                  const std::function<bool(const cluster::State&, const std::string&)>& holds) const {
    std::unique_lock lock(mutex_);
    return moved_.wait_for(lock, std::chrono::milliseconds(timeout_ms),
                           [&] { return holds(state_, versions_[index_of(kind)]); });
}

std::vector<kube_objects::WatermarkAutoscaler> Mirror::watermark_autoscalers() const {
    const std::lock_guard lock(mutex_);
    std::vector<kube_objects::WatermarkAutoscaler> all;
    for (const auto& [key, kept] : autoscalers_) all.push_back(kept.first);
    return all;
}

std::vector<std::string> Mirror::namespaces() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> all;
    for (const auto& [name, mark] : namespaces_) all.push_back(name);
    return all;
}

std::uint64_t Mirror::changes() const {
    const std::lock_guard lock(mutex_);
    return changes_;
}

}  // namespace helix::kubernetes
