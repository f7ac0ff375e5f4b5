#include <algorithm>
#include <thread>
#include <utility>

#include "adapters/kubernetes/writer.hpp"
#include "service/ports/fault_point.hpp"

// Drain: cordon, then evict what can be evicted, again and again until nothing is left or the time is up. An eviction
// that a disruption budget refused did nothing, so asking again later is part of the verb.
namespace helix::kubernetes {
namespace {

using gate::Action;
using gate::Verb;
using ports::Outcome;
using ports::WriteResult;
using Clock = std::chrono::steady_clock;

constexpr int kNamesMax = 20;

/// "a, b and 3 more"
template <class Pods, class F>
std::string names(const Pods& pods, F&& wanted) {
    std::string text;
    int named = 0;
    int more = 0;
    for (const auto& pod : pods) {
        if (!wanted(pod)) continue;
        if (named == kNamesMax) {
            ++more;
            continue;
        }
        text += (named++ == 0 ? "" : ", ") + pod.ns + "/" + pod.name;
        if (!pod.refusal.empty()) text += " (" + pod.refusal + ")";
    }
    if (more > 0) text += " and " + std::to_string(more) + " more";
    return text;
}

}  // namespace

Result<std::vector<Writer::Leaving>> Writer::pods_of(const std::string& node) {
    std::vector<Leaving> pods;
    std::string next;
    do {
        std::string path = "/api/v1/pods?limit=500&fieldSelector=spec.nodeName%3D" + node;
        if (!next.empty()) path += "&continue=" + next;
        auto answer = api_.get(path);
        if (!answer) return answer.error();
        const auto page = decoder_.decode_list(answer->body, kube_objects::Kind::Pod, [&](kube_objects::Object&& one) {
            auto& pod = std::get<cluster::Pod>(one);
            const bool stays = pod.mirror || (pod.controller && pod.controller->kind == "DaemonSet");
            if (!stays) pods.push_back({pod.ns, pod.name, pod.uid, pod.terminating});
        });
        if (!page) return page.error();
        next = page->continue_token;
    } while (!next.empty());
    return pods;
}

void Writer::evict_round(std::vector<Leaving>& pods, const Action& action, const Context& context, int& retry_after_s,
                         bool& unknown) {
    for (Leaving& pod : pods) {
        if (pod.accepted || pod.gone || stopping_) continue;
        Action one;
        one.verb = Verb::Evict;
        one.object = {"v1", "Pod", pod.ns, pod.name};
        one.grace_period_s = action.grace_period_s;
        Before before;
        before.exists = true;
        before.uid = pod.uid;
        const WriteResult result = evict(one, before, context);
        ports::fault_point("drain.evicted");
        pod.refusal.clear();
        if (result.outcome == Outcome::Applied) {
            pod.accepted = true;
        } else if (result.failure && result.failure->code == Code::NotFound) {
            pod.gone = true;
        } else {
            pod.refusal = result.detail;
            if (result.failure) retry_after_s = std::max(retry_after_s, result.failure->retry_after_s);
            unknown = unknown || result.outcome == Outcome::Unknown;
            pod.accepted = result.outcome == Outcome::Unknown;  // never sent again
        }
    }
}

void Writer::look_round(std::vector<Leaving>& pods) {
    for (Leaving& pod : pods) {
        if (!pod.accepted || pod.gone || stopping_) continue;
        const auto now = read("/api/v1/namespaces/" + pod.ns + "/pods/" + pod.name);
        pod.gone = now ? now->uid != pod.uid : now.error().code == Code::NotFound;
    }
}

WriteResult Writer::drain(const Action& action, const Before& before, const Context& context) {
    if (action.object.kind != "Node") return not_applied(error(Code::InvalidArgument, "only a Node can be drained"));
    const auto until = Clock::now() + options_.drain_time;
    Action cordon = action;
    cordon.verb = Verb::Cordon;
    WriteResult result = patch(cordon, before, context);
    ports::fault_point("drain.cordoned");
    if (result.outcome != Outcome::Applied) return result;
    auto pods = pods_of(action.object.name);
    if (!pods) {
        result.outcome = Outcome::Partly;
        result.detail = "cordoned; its pods could not be listed: " + pods.error().message;
        result.failure = pods.error();
        return result;
    }
    const auto left = [&](auto&& wanted) { return std::any_of(pods->begin(), pods->end(), wanted); };
    const auto refused = [](const Leaving& pod) { return !pod.accepted && !pod.gone; };
    const auto present = [](const Leaving& pod) { return !pod.gone; };
    bool unknown = false;
    int retry_after_s = 0;
    while (left(present) && context.allowed()) {
        retry_after_s = 0;
        evict_round(*pods, action, context, retry_after_s, unknown);
        look_round(*pods);
        if (!left(present)) break;
        const auto pause = left(refused) ? std::chrono::milliseconds(1000 * std::clamp(retry_after_s, 1, 10))
                                         : std::chrono::milliseconds(500);
        if (Clock::now() + pause > until || !sleep_until(Clock::now() + pause)) break;
    }
    const auto gone = [](const Leaving& pod) { return pod.gone; };
    const auto leaving = [](const Leaving& pod) { return pod.accepted && !pod.gone; };
    result.detail = "cordoned";
    if (left(gone)) result.detail += "; gone: " + names(*pods, gone);
    if (left(leaving)) result.detail += "; still terminating: " + names(*pods, leaving);
    if (left(refused)) result.detail += "; not evicted: " + names(*pods, refused);
    if (!left(refused) && !unknown) return result;
    result.outcome = unknown ? Outcome::Unknown : Outcome::Partly;
    result.failure = error(unknown ? Code::UnknownOutcome : Code::PreconditionFailed, result.detail,
                           "raise what the disruption budget allows, or drain again later");
    result.failure->retry_after_s = retry_after_s;
    return result;
}

}  // namespace helix::kubernetes
