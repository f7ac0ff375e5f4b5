#include "adapters/kubernetes/kubernetes_courtroom.hpp"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "adapters/kube_objects/decoder.hpp"
#include "service/wire/timestamps.hpp"

namespace helix::kubernetes {
namespace {

using nlohmann::json;

constexpr const char* kApi = "/apis/eose.ca/v1/namespaces/";
constexpr const char* kComponent = "trendal-controller";
constexpr const char* kJsonPatch = "application/json-patch+json";
constexpr std::size_t kEventMessageMax = 1000;  // the API server refuses more than 1024
/// How long after its creation a policy is surely in force: API servers read it within moments.
constexpr std::int64_t kPolicyDelayUs = 5'000'000;

/// What deploy/ ships: see the file that defines it.
constexpr const char* kApprovalPolicy =
    "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/trendal-approvals.eose.ca";
constexpr const char* kApprovalBinding =
    "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings/trendal-approvals.eose.ca";

/// DNS names, as the API server itself allows them: nothing that could lead elsewhere in the path.
bool is_name(const std::string& text) {
    if (text.empty() || text.size() > 253 || text.front() == '.') return false;
    return text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-.") == std::string::npos;
}

/// When the object was made. Errors: DataLoss when its text does not tell.
Result<std::int64_t> created_at(const std::string& object) {
    const json read = json::parse(object, nullptr, false);
    const json at = read.is_object() ? read.value(json::json_pointer("/metadata/creationTimestamp"), json()) : json();
    if (!at.is_string()) return error(Code::DataLoss, "an object of the API server has no creationTimestamp");
    return wire::from_rfc3339(at.get<std::string>());
}

Error bad_name(const std::string& text) {
    return error(Code::InvalidArgument, "\"" + text.substr(0, 80) + "\" is no name of an object");
}

Result<const char*> plural_of(const std::string& kind) {
    if (kind == "Deployment") return "deployments";
    if (kind == "StatefulSet") return "statefulsets";
    if (kind == "DaemonSet") return "daemonsets";
    return error(Code::InvalidArgument, "\"" + kind + "\" cannot stand trial");
}

}  // namespace

Result<ports::LiveSubject> KubernetesCourtroom::subject(const trial::SubjectRef& subject) {
    const auto plural = plural_of(subject.kind);
    if (!plural) return plural.error();
    for (const std::string* name : {&subject.ns, &subject.name})
        if (!is_name(*name)) return bad_name(*name);
    auto answer = api_.get("/apis/apps/v1/namespaces/" + subject.ns + "/" + *plural + "/" + subject.name);
    if (!answer) return std::move(answer).error();
    kube_objects::Decoder decoder;
    auto decoded = decoder.decode_subject(answer->body);
    if (!decoded) return std::move(decoded).error();
    return ports::LiveSubject{std::move(answer->body), *std::move(decoded)};
}

Result<trial::SubjectPod> KubernetesCourtroom::pod(const std::string& ns, const std::string& name) {
    for (const std::string* part : {&ns, &name})
        if (!is_name(*part)) return bad_name(*part);
    const auto answer = api_.get("/api/v1/namespaces/" + ns + "/pods/" + name);
    if (!answer) return answer.error();
    return kube_objects::Decoder().decode_subject_pod(answer->body);
}

Result<cluster::Labels> KubernetesCourtroom::namespace_labels(const std::string& ns) {
    if (!is_name(ns)) return bad_name(ns);
    const auto answer = api_.get("/api/v1/namespaces/" + ns);
    if (!answer) return answer.error();
    return kube_objects::Decoder().decode_labels(answer->body);
}

Result<bool> KubernetesCourtroom::approvals_guarded(const trial::Trial& trial) {
    const auto live = api_.get(kApi + trial.ns + "/trendaltrials/" + trial.name);
    if (!live) return live.error();
    const auto made = created_at(live->body);
    if (!made) return made.error();
    for (const char* path : {kApprovalPolicy, kApprovalBinding}) {
        const auto answer = api_.get(path);
        if (!answer && answer.error().code == Code::NotFound) return false;
        if (!answer) return answer.error();
        const auto since = created_at(answer->body);
        if (!since) return since.error();
        if (*made < *since + kPolicyDelayUs) return false;
        if (path != kApprovalBinding) continue;
        const json binding = json::parse(answer->body, nullptr, false);
        const json actions =
            binding.is_object() ? binding.value(json::json_pointer("/spec/validationActions"), json()) : json();
        return actions.is_array() && std::find(actions.begin(), actions.end(), "Deny") != actions.end();
    }
    return false;
}

/// The whole status is replaced, so that nothing of an older one stays; only on the very object that was judged.
Result<std::uint64_t> KubernetesCourtroom::write_status(const trial::Trial& trial, const std::string& status_json) {
    json patch = json::array();
    patch.push_back({{"op", "test"}, {"path", "/metadata/uid"}, {"value", trial.uid}});
    patch.push_back({{"op", "add"}, {"path", "/status"}, {"value", json::parse(status_json, nullptr, false)}});
    const std::string path = kApi + trial.ns + "/trendaltrials/" + trial.name + "/status?fieldManager=" + kComponent;
    const auto answer = api_.write(http2_client::Method::Patch, path, kJsonPatch, patch.dump(), true);
    if (!answer) return answer.error();
    const json written = json::parse(answer->body, nullptr, false);
    if (!written.is_object()) return error(Code::UnknownOutcome, "the API server's answer is no JSON");
    return kube_objects::Decoder().digest(written.value("status", json::object()).dump());
}

Result<void> KubernetesCourtroom::publish_report(const trial::Trial& trial, const std::string& report_json) {
    const std::string path = "/apis/wgpolicyk8s.io/v1alpha2/namespaces/" + trial.ns + "/policyreports/trendal-" +
                             trial.name + "?force=true&fieldManager=" + kComponent;
    const auto answer = api_.write(http2_client::Method::Patch, path, kApplyPatch, report_json, true);
    const bool served = answer.ok() || answer.error().code != Code::NotFound;
    return answer || !served ? Result<void>{} : answer.error();
}

Result<void> KubernetesCourtroom::tell(const trial::Trial& trial, const ports::CourtNotice& notice) {
    const std::string now = wire::to_rfc3339(now_us_());
    const json event = {{"apiVersion", "events.k8s.io/v1"},
                        {"kind", "Event"},
                        {"metadata", {{"generateName", trial.name.substr(0, 200) + "-"}, {"namespace", trial.ns}}},
                        {"eventTime", now},
                        {"type", notice.warning ? "Warning" : "Normal"},
                        {"reason", notice.reason},
                        {"action", "Judge"},
                        {"note", notice.message.substr(0, kEventMessageMax)},
                        {"reportingController", std::string("eose.ca/") + kComponent},
                        {"reportingInstance", kComponent},
                        {"regarding",
                         {{"apiVersion", "eose.ca/v1"},
                          {"kind", "TrendalTrial"},
                          {"namespace", trial.ns},
                          {"name", trial.name},
                          {"uid", trial.uid},
                          {"resourceVersion", trial.resource_version}}}};
    const std::string path = "/apis/events.k8s.io/v1/namespaces/" + trial.ns + "/events";
    const auto answer = api_.write(http2_client::Method::Post, path, "application/json", event.dump(), false);
    return answer ? Result<void>{} : answer.error();
}

void KubernetesCourtroom::on_docket_change(std::function<void()> listener) {
    const std::lock_guard lock(mutex_);
    listeners_.push_back(std::move(listener));
}

void KubernetesCourtroom::announce() {
    const std::uint64_t changes = feed_.changes();
    if (std::exchange(announced_, changes) == changes) return;
    std::vector<std::function<void()>> listeners;
    {
        const std::lock_guard lock(mutex_);
        listeners = listeners_;
    }
    for (const auto& listener : listeners) listener();
}

}  // namespace helix::kubernetes
