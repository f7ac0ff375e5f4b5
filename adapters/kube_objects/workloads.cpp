#include <algorithm>
#include <limits>

#include "adapters/kube_objects/projections.hpp"

namespace helix::kube_objects {
namespace {

using cluster::Rollout;
using cluster::Workload;
using cluster::WorkloadKind;

/// The fields from which a workload's figures follow once all of it was read.
struct Parts {
    std::optional<std::int64_t> replicas;
    std::optional<std::int64_t> parallelism;
    std::optional<std::int64_t> completions;
    std::int64_t succeeded = 0;
    std::int64_t active = 0;
    std::int64_t desired_scheduled = 0;
    std::string strategy;
    std::int64_t partition = 0;
    bool surges = false;
    bool suspended = false;
    bool paused = false;
    bool finished = false;
    std::optional<std::int64_t> observed_generation;
    std::int64_t updated = 0;
    std::optional<PodTemplate> pod_template;
};

/// An absolute number or a percentage: whether it is more than none.
bool more_than_none(Value& value) {
    if (value.type() == simdjson::ondemand::json_type::number) return integer_of(value) > 0;
    const std::string_view text = view_of(value);
    return !text.empty() && text != "0" && text != "0%";
}

void read_strategy(Value& value, Parts& parts) {
    each_field(value, [&](std::string_view key, Value& field) {
        if (key == "type") parts.strategy = text_of(field);
        if (key != "rollingUpdate") return;
        each_field(field, [&](std::string_view part, Value& inner) {
            if (part == "partition") parts.partition = integer_of(inner);
            if (part == "maxSurge") parts.surges = more_than_none(inner);
        });
    });
}

void read_spec(Value& value, Parts& parts, bool of_cron_job = false) {
    each_field(value, [&](std::string_view key, Value& field) {
        if (key == "replicas") parts.replicas = integer_of(field);
        if (key == "parallelism") parts.parallelism = integer_of(field);
        if (key == "completions") parts.completions = integer_of(field);
        if (key == "suspend") parts.suspended = truth_of(field);
        if (key == "paused") parts.paused = truth_of(field);
        if (key == "strategy" || key == "updateStrategy") read_strategy(field, parts);
        if (key == "template") parts.pod_template = read_pod_template(field);
        if (key == "jobTemplate" && of_cron_job)
            each_field(field, [&](std::string_view part, Value& inner) {
                if (part != "spec") return;
                Parts job;
                read_spec(inner, job);
                parts.parallelism = job.parallelism;
                parts.completions = job.completions;
                parts.suspended = parts.suspended || job.suspended;
                parts.pod_template = std::move(job.pod_template);
            });
    });
}

void read_status(Value& value, Parts& parts) {
    each_field(value, [&](std::string_view key, Value& field) {
        if (key == "observedGeneration") parts.observed_generation = integer_of(field);
        if (key == "updatedReplicas" || key == "updatedNumberScheduled") parts.updated = integer_of(field);
        if (key == "desiredNumberScheduled") parts.desired_scheduled = integer_of(field);
        if (key == "succeeded") parts.succeeded = integer_of(field);
        if (key == "active" && field.type() == simdjson::ondemand::json_type::number) parts.active = integer_of(field);
        if (key != "conditions") return;
        each_item(field, [&](Value& one) {
            bool ends = false;
            bool truth = false;
            each_field(one, [&](std::string_view part, Value& inner) {
                if (part == "type") {
                    const std::string_view type = view_of(inner);
                    ends = type == "Complete" || type == "Failed" || type == "SuccessCriteriaMet" ||
                           type == "FailureTarget";
                }
                if (part == "status") truth = view_of(inner) == "True";
            });
            parts.finished = parts.finished || (ends && truth);
        });
    });
}

/// How many pods of a Job may run at one time from now on.
std::int64_t job_desired(const Parts& parts) {
    if (parts.suspended || parts.finished) return 0;
    const std::int64_t parallelism = std::max<std::int64_t>(0, parts.parallelism.value_or(1));
    if (parts.completions)
        return std::min(parallelism, std::max<std::int64_t>(0, *parts.completions - parts.succeeded));
    if (!parts.parallelism) return parts.succeeded > 0 ? 0 : 1;
    // A work queue: once a pod has succeeded no new one is made.
    return parts.succeeded > 0 ? std::min(parallelism, parts.active) : parallelism;
}

std::int64_t desired_of(WorkloadKind kind, const Parts& parts) {
    switch (kind) {
        case WorkloadKind::DaemonSet:
            return parts.desired_scheduled;
        case WorkloadKind::Job:
        case WorkloadKind::CronJob:
            return job_desired(parts);
        case WorkloadKind::Pod:
            return 1;
        default:
            return parts.replicas.value_or(1);
    }
}

Rollout rollout_of(WorkloadKind kind, const Parts& parts) {
    switch (kind) {
        case WorkloadKind::Deployment:
            return parts.strategy == "Recreate" ? Rollout::OldFirst : Rollout::Rolling;
        case WorkloadKind::StatefulSet:
            return parts.strategy == "OnDelete" ? Rollout::OnDelete : Rollout::OneForOne;
        case WorkloadKind::DaemonSet:
            if (parts.strategy == "OnDelete") return Rollout::OnDelete;
            return parts.surges ? Rollout::Rolling : Rollout::OneForOne;
        default:
            return Rollout::OnDelete;  // ReplicaSets, Jobs: a new template reaches new pods alone
    }
}

/// A bare pod is its own template.
Read<Workload> read_bare_pod(Value& value) {
    Read<Workload> read;
    PodSpec spec;
    each_field(value, [&](std::string_view key, Value& field) {
        if (key == "metadata") read.metadata = read_metadata(field);
        if (key != "spec") return;
        simdjson::ondemand::object object = field.get_object();
        read.object.template_digest = digest_of(object);
        spec = read_pod_spec(object);
    });
    spec.shape.node_name = spec.node_name;
    read.object.desired = 1;
    read.object.rollout = Rollout::OnDelete;
    read.object.observed_generation = read.metadata.generation;
    read.object.shape = std::make_shared<const cluster::PodShape>(finish_shape(std::move(spec), read.metadata.labels));
    return read;
}

Read<Workload> read_controller(WorkloadKind kind, Value& value) {
    Read<Workload> read;
    Parts parts;
    each_field(value, [&](std::string_view key, Value& field) {
        if (key == "metadata") read.metadata = read_metadata(field);
        if (key == "spec") read_spec(field, parts, kind == WorkloadKind::CronJob);
        if (key == "status") read_status(field, parts);
    });
    Workload& workload = read.object;
    workload.desired = std::clamp<std::int64_t>(desired_of(kind, parts), 0, std::numeric_limits<std::int32_t>::max());
    workload.updated = parts.updated;
    workload.paused = parts.paused || parts.suspended;
    workload.rollout = rollout_of(kind, parts);
    if (kind == WorkloadKind::StatefulSet) workload.partition = parts.partition;
    // Jobs and CronJobs tell no observed generation: what they are is what they will be.
    const bool observes = kind != WorkloadKind::Job && kind != WorkloadKind::CronJob;
    workload.observed_generation = observes ? parts.observed_generation.value_or(0) : read.metadata.generation;
    if (parts.pod_template) {
        PodTemplate& made = *parts.pod_template;
        if (kind == WorkloadKind::DaemonSet) add_daemon_tolerations(made.shape, made.host_network);
        workload.template_digest = made.digest;
        workload.shape = std::make_shared<const cluster::PodShape>(std::move(made.shape));
    }
    return read;
}

}  // namespace

Read<Workload> read_workload(WorkloadKind kind, Value& value) {
    Read<Workload> read = kind == WorkloadKind::Pod ? read_bare_pod(value) : read_controller(kind, value);
    Workload& workload = read.object;
    workload.kind = kind;
    workload.ns = read.metadata.ns;
    workload.name = read.metadata.name;
    workload.uid = read.metadata.uid;
    workload.resource_version = read.metadata.resource_version;
    workload.controller = std::move(read.metadata.controller);
    workload.generation = read.metadata.generation;
    workload.revision = read.metadata.rollout;
    workload.created_at = read.metadata.created_at;
    workload.deleting = read.metadata.deleting;
    if (!workload.shape) workload.shape = std::make_shared<const cluster::PodShape>();
    return read;
}

}  // namespace helix::kube_objects
