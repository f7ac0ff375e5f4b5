#include <utility>

#include "adapters/kubernetes/writer.hpp"

// A preview is the write itself with dryRun=All: admission, defaulting and validation run, nothing is stored.
namespace helix::kubernetes {
namespace {

using gate::Action;
using gate::Preview;
using gate::Verb;

constexpr const char* kDryRun = "?dryRun=All&fieldManager=helix";

Preview from_manifest(kube_objects::Manifest&& object, bool exists) {
    Preview preview;
    preview.exists = exists;
    preview.workload = std::move(object.workload);
    preview.node = std::move(object.node);
    preview.scale_target_kind = std::move(object.scale_target_kind);
    preview.scale_target_name = std::move(object.scale_target_name);
    preview.max_replicas = object.max_replicas;
    return preview;
}

}  // namespace

Result<Preview> Writer::preview(const Action& action) {
    const auto path = resources_.path_of(action.object);
    if (!path) return path.error();
    constexpr int kCreated = 201;
    kube_objects::Decoder decoder;  // previews come from any thread
    Result<http2_client::Response> answer = error(Code::Internal, "not asked");
    bool exists = true;
    if (action.verb == Verb::Create || action.verb == Verb::Apply) {
        const auto body = apply_for(action, {});
        if (!body) return body.error();
        answer = api_.dry_run(*path + kDryRun + "&force=true", *body);
        if (answer) exists = answer->status != kCreated;
    } else if (action.verb == Verb::Patch || action.verb == Verb::SetImage || action.verb == Verb::SetResources) {
        std::vector<std::string> containers;
        if (action.verb != Verb::Patch) {
            const auto object = api_.get(*path);
            if (!object) return object.error();
            containers = container_names(object->body);
        }
        const auto body = patch_for(action, containers, {}, now_s_());
        if (!body) return body.error();
        answer = api_.dry_run(*path + kDryRun, *body);
    } else {
        answer = api_.get(*path);  // the others change nothing that a dry run would tell
    }
    if (!answer) return answer.error();
    auto object = decoder.decode_manifest(answer->body);
    if (!object) return object.error();
    return from_manifest(std::move(*object), exists);
}

}  // namespace helix::kubernetes
