#include "adapters/kube_objects/decoder.hpp"

#include <array>
#include <utility>

#include "adapters/kube_objects/evidence_projections.hpp"
#include "adapters/kube_objects/projections.hpp"

namespace helix::kube_objects {
namespace {

using cluster::WorkloadKind;
using Document = simdjson::ondemand::document;

constexpr std::array<std::pair<Kind, WorkloadKind>, 7> kWorkloadKinds = {{
    {Kind::Deployment, WorkloadKind::Deployment},
    {Kind::StatefulSet, WorkloadKind::StatefulSet},
    {Kind::DaemonSet, WorkloadKind::DaemonSet},
    {Kind::ReplicaSet, WorkloadKind::ReplicaSet},
    {Kind::ReplicationController, WorkloadKind::ReplicationController},
    {Kind::Job, WorkloadKind::Job},
    {Kind::CronJob, WorkloadKind::CronJob},
}};

template <class T>
Object unpack(Read<T>&& read, std::string* resource_version) {
    if (read.metadata.name.empty()) throw Malformed("metadata.name", "is missing");
    if (resource_version != nullptr) *resource_version = std::move(read.metadata.resource_version);
    return Object(std::move(read.object));
}

trial::Ref ref_of(const trial::Trial& trial) {
    return {"TrendalTrial", trial.ns, trial.name, trial.uid, trial.resource_version};
}

template <class Report>
const trial::Ref& ref_of(const Report& report) {
    return report.ref;
}

/// A trial or report, which may be one that says that it cannot be read; without a name it cannot be kept at all.
template <class Report>
Object unpack_evidence(Report&& report, std::string* resource_version) {
    const trial::Ref ref = ref_of(report);
    if (ref.name.empty()) throw Malformed("metadata.name", "is missing");
    if (resource_version != nullptr) *resource_version = ref.resource_version;
    return Object(std::forward<Report>(report));
}

Object read_evidence(Kind kind, ItemText& item, std::string* resource_version) {
    switch (kind) {
        case Kind::TrendalTrial:
            return unpack_evidence(read_trial(item), resource_version);
        case Kind::Constraint:
            return unpack_evidence(read_or_mark<trial::Constraint>(item, read_constraint), resource_version);
        case Kind::GatekeeperConfig:
            return unpack_evidence(read_or_mark<trial::AuditExemption>(item, read_audit_exemption), resource_version);
        case Kind::ScanSettings:
            return unpack_evidence(read_or_mark<trial::ScanSettings>(item, read_scan_settings), resource_version);
        case Kind::VulnerabilityReport:
            return unpack_evidence(read_or_mark<trial::ImageReport>(item, read_image_report), resource_version);
        default:
            break;
    }
    const bool openreports = kind == Kind::OpenReport;
    trial::PolicyReport report = read_or_mark<trial::PolicyReport>(
        item, [&](JsonObject& object) { return read_policy_report(object, openreports); });
    report.openreports = openreports;
    return unpack_evidence(std::move(report), resource_version);
}

Object read_object(Kind kind, Value& value, ItemText& item, std::string* resource_version) {
    switch (kind) {
        case Kind::TrendalTrial:
        case Kind::PolicyReport:
        case Kind::OpenReport:
        case Kind::Constraint:
        case Kind::GatekeeperConfig:
        case Kind::ScanSettings:
        case Kind::VulnerabilityReport: {
            JsonObject object = value.get_object();
            item.enter(object.raw_json());
            return read_evidence(kind, item, resource_version);
        }
        case Kind::CustomResourceDefinition:
            return unpack(read_custom_resource(value), resource_version);
        case Kind::Node:
            return unpack(read_node(value), resource_version);
        case Kind::Pod:
            return unpack(read_pod(value), resource_version);
        case Kind::Namespace:
            return unpack(read_namespace(value), resource_version);
        case Kind::WatermarkPodAutoscaler:
            return unpack(read_watermark_autoscaler(value), resource_version);
        default:
            break;
    }
    WorkloadKind workload = WorkloadKind::Other;
    for (const auto& [listed, made] : kWorkloadKinds)
        if (listed == kind) workload = made;
    return unpack(read_workload(workload, value), resource_version);
}

WatchEvent::Type event_type(std::string_view text) {
    if (text == "ADDED") return WatchEvent::Type::Added;
    if (text == "MODIFIED") return WatchEvent::Type::Modified;
    if (text == "DELETED") return WatchEvent::Type::Deleted;
    if (text == "BOOKMARK") return WatchEvent::Type::Bookmark;
    if (text == "ERROR") return WatchEvent::Type::Error;
    throw Malformed("type", "is no watch event");
}

void read_status_event(Value& object, WatchEvent& event) {
    each_field(object, [&](std::string_view key, Value& field) {
        if (key == "code") event.error_code = static_cast<int>(integer_of(field) % 1000);
        if (key == "message") event.error_message = text_of(field);
    });
}

void read_page_metadata(Value& value, ListPage& page) {
    each_field(value, [&](std::string_view key, Value& field) {
        if (key == "resourceVersion") page.resource_version = text_of(field);
        if (key == "continue") page.continue_token = text_of(field);
    });
}

/// First reading of a manifest: what it is.
void read_head(Document& document, Manifest& manifest) {
    each_field(document, [&](std::string_view key, Value& field) {
        if (key == "apiVersion") manifest.api_version = text_of(field);
        if (key == "kind") manifest.kind = text_of(field);
        if (key == "metadata") {
            Metadata metadata = read_metadata(field);
            manifest.ns = std::move(metadata.ns);
            manifest.name = std::move(metadata.name);
            manifest.uid = std::move(metadata.uid);
            manifest.resource_version = std::move(metadata.resource_version);
            manifest.generation = metadata.generation;
            manifest.deleting = metadata.deleting;
            manifest.cycle = std::move(metadata.cycle);
        }
    });
    if (manifest.api_version.empty()) throw Malformed("apiVersion", "is missing");
    if (manifest.kind.empty()) throw Malformed("kind", "is missing");
}

/// The kind alone does not do: another group may have a Deployment of its own.
bool is_builtin(const Manifest& manifest) {
    const std::string group = manifest.api_version.substr(0, manifest.api_version.find('/'));
    return manifest.api_version == "v1" || group == "apps" || group == "batch" || group == "autoscaling";
}

/// Second reading: the struct of its kind.
void read_body(Value& value, Manifest& manifest) {
    const WorkloadKind workload = cluster::workload_kind(manifest.kind);
    if (is_builtin(manifest) && workload != WorkloadKind::Other) {
        manifest.workload = read_workload(workload, value).object;
        if (workload == WorkloadKind::Deployment || workload == WorkloadKind::StatefulSet ||
            workload == WorkloadKind::ReplicaSet || workload == WorkloadKind::ReplicationController)
            manifest.replicas = manifest.workload->desired;
    } else if (manifest.api_version == "v1" && manifest.kind == "Node") {
        manifest.node = read_node(value).object;
        manifest.unschedulable = manifest.node->unschedulable;
    } else {
        const bool scales = is_builtin(manifest) && manifest.kind == "HorizontalPodAutoscaler";
        const bool is_scale = is_builtin(manifest) && manifest.kind == "Scale";
        if (!scales && !is_scale) return;
        each_field(value, [&](std::string_view key, Value& spec) {
            if (key != "spec") return;
            if (scales) return read_horizontal_autoscaler_spec(spec, manifest);
            manifest.replicas = 0;
            each_field(spec, [&](std::string_view part, Value& field) {
                if (part == "replicas") manifest.replicas = integer_of(field);
            });
        });
    }
}

}  // namespace

/// The text at hand, with the spare bytes that the parser reads past its end, and the parser.
class Decoder::Text {
public:
    Document& copy_of(std::string_view json) {
        buffer_.assign(json);
        return in_place(buffer_);
    }

    Document& in_place(std::string& json) {
        if (json.capacity() < json.size() + simdjson::SIMDJSON_PADDING)
            json.reserve(json.size() + simdjson::SIMDJSON_PADDING);
        document_ = parser_.iterate(simdjson::padded_string_view(json.data(), json.size(), json.capacity()));
        return document_;
    }

    /// Nothing but white space may follow the value.
    void expect_end() {
        const char* rest = nullptr;
        if (document_.current_location().get(rest) == simdjson::SUCCESS) throw Malformed("", "has text after its end");
    }

    std::string& buffer() { return buffer_; }
    ItemText& item() { return item_; }

private:
    std::string buffer_;
    ItemText item_;
    simdjson::ondemand::parser parser_;
    Document document_;
};

Decoder::Decoder() : text_(std::make_unique<Text>()) {}
Decoder::~Decoder() = default;
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;

void Decoder::shrink() {
    text_ = std::make_unique<Text>();
}

/// The one place where the parser's exceptions become our errors.
template <class T, class F>
Result<T> Decoder::guarded(F&& decode) {
    try {
        return decode();
    } catch (const Malformed& problem) {
        const std::string path = problem.path();
        return error(Code::InvalidArgument, (path.empty() ? "the object" : path) + ": " + problem.what(), "", path);
    } catch (const simdjson::simdjson_error& problem) {
        return error(Code::InvalidArgument, std::string("not the JSON that was expected: ") + problem.what());
    }
}

Result<cluster::Node> Decoder::decode_node(std::string_view json) {
    return guarded<cluster::Node>([&] {
        Value value = text_->copy_of(json).get_value();
        cluster::Node node = read_node(value).object;
        text_->expect_end();
        return node;
    });
}

Result<cluster::Pod> Decoder::decode_pod(std::string_view json) {
    return guarded<cluster::Pod>([&] {
        Value value = text_->copy_of(json).get_value();
        cluster::Pod pod = read_pod(value).object;
        text_->expect_end();
        return pod;
    });
}

Result<cluster::Workload> Decoder::decode_workload(WorkloadKind kind, std::string_view json) {
    if (kind == WorkloadKind::Other) return error(Code::Unimplemented, "not a kind of workload that is modelled");
    return guarded<cluster::Workload>([&] {
        Value value = text_->copy_of(json).get_value();
        cluster::Workload workload = read_workload(kind, value).object;
        text_->expect_end();
        return workload;
    });
}

Result<trial::Subject> Decoder::decode_subject(std::string_view json) {
    return guarded<trial::Subject>([&] {
        Value value = text_->copy_of(json).get_value();
        trial::Subject subject = read_subject(value);
        text_->expect_end();
        return subject;
    });
}

Result<trial::SubjectPod> Decoder::decode_subject_pod(std::string_view json) {
    return guarded<trial::SubjectPod>([&] {
        Value value = text_->copy_of(json).get_value();
        trial::SubjectPod pod = read_subject_pod(value);
        text_->expect_end();
        return pod;
    });
}

Result<cluster::Labels> Decoder::decode_labels(std::string_view json) {
    return guarded<cluster::Labels>([&] {
        cluster::Labels labels;
        each_field(text_->copy_of(json), [&](std::string_view key, Value& field) {
            if (key == "metadata") labels = read_metadata(field).labels;
        });
        text_->expect_end();
        return labels;
    });
}

Result<std::uint64_t> Decoder::digest(std::string_view json) {
    return guarded<std::uint64_t>([&] {
        Value value = text_->copy_of(json).get_value();
        const std::uint64_t digest = meaning_digest(value);
        text_->expect_end();
        return digest;
    });
}

Result<ListPage> Decoder::decode_list(std::string& page, Kind kind, const std::function<void(Object&&)>& take) {
    return guarded<ListPage>([&] {
        ListPage result;
        each_field(text_->in_place(page), [&](std::string_view key, Value& field) {
            if (key == "metadata") read_page_metadata(field, result);
            if (key != "items") return;
            each_item(field, [&](Value& item) {
                take(read_object(kind, item, text_->item(), nullptr));
                ++result.items;
            });
        });
        text_->expect_end();
        return result;
    });
}

Result<WatchEvent> Decoder::decode_watch_line(std::string_view line, Kind kind) {
    return guarded<WatchEvent>([&] {
        WatchEvent event;
        Document& document = text_->copy_of(line);
        event.type = event_type(document["type"].get_string());
        document.rewind();
        each_field(document, [&](std::string_view key, Value& object) {
            if (key != "object") return;
            switch (event.type) {
                case WatchEvent::Type::Error:
                    return read_status_event(object, event);
                case WatchEvent::Type::Bookmark:
                    return each_field(object, [&](std::string_view part, Value& field) {
                        if (part == "metadata") event.resource_version = read_metadata(field).resource_version;
                    });
                default:
                    event.object = read_object(kind, object, text_->item(), &event.resource_version);
            }
        });
        const bool has_object = event.type == WatchEvent::Type::Bookmark || event.type == WatchEvent::Type::Error;
        if (!has_object && !event.object) throw Malformed("object", "is missing");
        text_->expect_end();
        return event;
    });
}

Result<ListPage> Decoder::decode_metrics(std::string& page, const std::function<void(UsageSample&&)>& take) {
    return guarded<ListPage>([&] {
        ListPage result;
        each_field(text_->in_place(page), [&](std::string_view key, Value& field) {
            if (key == "metadata") read_page_metadata(field, result);
            if (key != "items") return;
            each_item(field, [&](Value& item) {
                take(read_usage(item));
                ++result.items;
            });
        });
        text_->expect_end();
        return result;
    });
}

Result<Manifest> Decoder::decode_manifest(std::string_view json) {
    auto manifest = guarded<Manifest>([&] {
        Manifest read;
        read_head(text_->copy_of(json), read);
        text_->expect_end();
        return read;
    });
    if (!manifest) return manifest;
    return guarded<Manifest>([&] {
        Value value = text_->in_place(text_->buffer()).get_value();
        Manifest read = std::move(*manifest);
        read_body(value, read);
        return read;
    });
}

Result<std::vector<ApiResource>> Decoder::decode_api_resources(std::string_view json) {
    return guarded<std::vector<ApiResource>>([&] {
        std::vector<ApiResource> served;
        each_field(text_->copy_of(json), [&](std::string_view key, Value& field) {
            if (key == "resources") served = read_api_resources(field);
        });
        text_->expect_end();
        return served;
    });
}

Result<std::vector<std::string>> Decoder::decode_api_groups(std::string_view json) {
    return guarded<std::vector<std::string>>([&] {
        std::vector<std::string> versions;
        each_field(text_->copy_of(json), [&](std::string_view key, Value& field) {
            if (key == "groups") versions = read_api_groups(field);
        });
        text_->expect_end();
        return versions;
    });
}

}  // namespace helix::kube_objects
