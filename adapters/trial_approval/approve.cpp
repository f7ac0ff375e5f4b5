#include "adapters/trial_approval/approve.hpp"

#include <memory>

#include <nlohmann/json.hpp>

#include "adapters/http2_client/answer.hpp"
#include "adapters/http2_client/channel.hpp"
#include "domain/trial/law.hpp"
#include "service/wire/manifest_json.hpp"

namespace helix::trial_approval {
namespace {

using http2_client::Channel;
using http2_client::Method;
using http2_client::Request;
using nlohmann::json;

Result<json> call(Channel& channel, Request request) {
    const bool is_write = request.is_write();
    const std::string path = request.path;
    auto response = channel.call(std::move(request));
    if (response) response = http2_client::accept(*std::move(response), is_write);
    if (!response) return response.error();
    json answer = json::parse(response->body, nullptr, false);
    if (!answer.is_object()) return error(Code::Internal, "the API server's answer is no JSON object", "", path);
    return answer;
}

std::string text_at(const json& document, const char* pointer) {
    const json::json_pointer at(pointer);
    return document.contains(at) && document.at(at).is_string() ? document.at(at).get<std::string>() : std::string();
}

Result<std::string> who_am_i(Channel& channel) {
    Request request;
    request.method = Method::Post;
    request.path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
    request.content_type = "application/json";
    request.changes_nothing = true;
    request.body = std::make_shared<const std::string>(
        json{{"apiVersion", "authentication.k8s.io/v1"}, {"kind", "SelfSubjectReview"}}.dump());
    const auto review = call(channel, std::move(request));
    if (!review) return review.error();
    std::string user = text_at(*review, "/status/userInfo/username");
    if (user.empty()) return error(Code::Unauthenticated, "the API server does not say who you are");
    return user;
}

}  // namespace

Result<Approval> approve(const kubeconfig::Access& access, const std::string& ns, const std::string& name) {
    if (!wire::is_name(ns, wire::NameRule::Label) || !wire::is_name(name, wire::NameRule::Object))
        return error(Code::InvalidArgument, "not a trial's namespace and name", "like mefine-static -n chaos-trial");
    auto opened = Channel::open(access.endpoint, access.credentials);
    if (!opened) return std::move(opened).error();
    Channel& channel = **opened;
    const std::string path = "/apis/eose.ca/v1/namespaces/" + ns + "/trendaltrials/" + name;
    Request read;
    read.path = path;
    const auto trial = call(channel, std::move(read));
    if (!trial) return trial.error();
    const std::string target = text_at(*trial, "/spec/sostleTarget");
    const auto layer = trial::parse_layer(target);
    if (!layer || !trial::law_of(*layer).approval)
        return error(Code::PreconditionFailed, target + " asks for no approval: nothing was written",
                     "only L5 and L7 wait for one", ns + "/" + name);
    auto user = who_am_i(channel);
    if (!user) return std::move(user).error();
    Approval approval{*std::move(user),
                      *layer == trial::Layer::L7 ? "eose.ca/megscifiar-approved-by" : "eose.ca/approved-by"};
    Request write;
    write.method = Method::Patch;
    write.path = path + "?fieldManager=pemos";
    write.content_type = "application/merge-patch+json";
    write.body = std::make_shared<const std::string>(
        json{{"metadata", {{"annotations", {{approval.annotation, approval.user}}}}}}.dump());
    if (const auto written = call(channel, std::move(write)); !written) return written.error();
    return approval;
}

}  // namespace helix::trial_approval
