#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/kube_objects/objects.hpp"
#include "domain/core/result.hpp"
#include "domain/trial/subject.hpp"

namespace helix::kube_objects {

/// Reads Kubernetes JSON straight into the domain's structs, field by field, building no tree.
///
/// Unknown fields are passed over; null counts as absent. Amounts over 2^50 are taken as 2^50, so that sums stay in
/// range and such a pod fits nowhere. Errors: InvalidArgument with the path of the field in `where`.
///
/// Thread safety: one thread at a time; buffers are kept between calls.
class Decoder {
public:
    Decoder();
    ~Decoder();
    Decoder(Decoder&&) noexcept;
    Decoder& operator=(Decoder&&) noexcept;

    Result<cluster::Node> decode_node(std::string_view json);
    Result<cluster::Pod> decode_pod(std::string_view json);

    /// A Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob or bare Pod.
    /// Errors: also Unimplemented for WorkloadKind::Other.
    Result<cluster::Workload> decode_workload(cluster::WorkloadKind kind, std::string_view json);

    /// A live Deployment, StatefulSet or DaemonSet as a trial looks at it: names, generation, labels, and the
    /// template's labels and containers.
    Result<trial::Subject> decode_subject(std::string_view json);

    /// A live pod as a trial looks at it. Whether it is of the current revision, and when it was seen, is not told.
    Result<trial::SubjectPod> decode_subject_pod(std::string_view json);

    /// The labels of any object.
    Result<cluster::Labels> decode_labels(std::string_view json);

    /// The digest of a JSON value (an object or array), as Trial::status_digest has it: blind to white space, to the
    /// order of fields, to fields that are null and to how characters are escaped. Never 0.
    Result<std::uint64_t> digest(std::string_view json);

    /// One page of a list of `kind`; `take` gets each object in order. Items before a malformed one are handed over.
    /// A malformed trial or report is handed over too, marked by its `problem`; it ends the list only when it has no
    /// name or is no JSON. Grows `page`'s capacity by a few bytes instead of copying it.
    Result<ListPage> decode_list(std::string& page, Kind kind, const std::function<void(Object&&)>& take);

    /// One line of a watch on `kind`; a malformed trial or report as in decode_list.
    Result<WatchEvent> decode_watch_line(std::string_view line, Kind kind);

    /// A NodeMetricsList or PodMetricsList (metrics.k8s.io); as decode_list.
    Result<ListPage> decode_metrics(std::string& page, const std::function<void(UsageSample&&)>& take);

    /// Any object: what it is, and the domain's struct where its kind has one.
    /// Errors: also InvalidArgument when apiVersion or kind is missing.
    Result<Manifest> decode_manifest(std::string_view json);

    /// An APIResourceList (/api/v1, /apis/GROUP/VERSION); subresources are left out.
    Result<std::vector<ApiResource>> decode_api_resources(std::string_view json);

    /// An APIGroupList (/apis): each group's versions ("apps/v1"), the preferred one of each group first.
    Result<std::vector<std::string>> decode_api_groups(std::string_view json);

    /// Gives the buffers back; the next call makes new ones.
    void shrink();

private:
    class Text;
    template <class T, class F>
    Result<T> guarded(F&& decode);

    std::unique_ptr<Text> text_;
};

}  // namespace helix::kube_objects
