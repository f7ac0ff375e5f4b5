#include "service/usecases/court/promoter.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "domain/ledger/digest.hpp"
#include "service/usecases/court/case_records.hpp"
#include "service/wire/action_json.hpp"

namespace helix::court {
namespace {

using nlohmann::json;

constexpr const char* kLayerLabel = "eose.ca/sostle";
constexpr const char* kRecordAnnotation = "eose.ca/mecipol";
// Every refusal leaves a record. The first may only mean that the service has just begun and its figures have not come
// yet.
constexpr Micros kPauseFirst = 1'000'000;
constexpr Micros kPauseMost = 300'000'000;

std::string_view effect_name(cluster::TaintEffect effect) {
    switch (effect) {
        case cluster::TaintEffect::NoSchedule:
            return "NoSchedule";
        case cluster::TaintEffect::PreferNoSchedule:
            return "PreferNoSchedule";
        case cluster::TaintEffect::NoExecute:
            return "NoExecute";
    }
    return "";
}

json to_json(const cluster::Toleration& toleration) {
    json value = {{"key", toleration.key}, {"operator", toleration.exists ? "Exists" : "Equal"}};
    if (!toleration.exists) value["value"] = toleration.value;
    if (toleration.effect) value["effect"] = effect_name(*toleration.effect);
    return value;
}

gate::ObjectRef object_of(const CaseFile& file) {
    const trial::SubjectRef& subject = file.trial->spec.subject;
    return {"apps/v1", subject.kind, subject.ns, subject.name};
}

gate::Action action_on(const CaseFile& file, gate::Verb verb) {
    gate::Action action;
    action.verb = verb;
    action.object = object_of(file);
    action.reason = "admitted to " + std::string(to_string(file.trial->spec.layer)) + ": " + file.closing->mecipol;
    return action;
}

}  // namespace

std::vector<Pool> default_pools() {
    return {{"agents", {{"agentpool", "agents"}}, {}},
            {"chaospool",
             {{"agentpool", "chaospool"}},
             {{"kubernetes.azure.com/scalesetpriority", false, "spot", cluster::TaintEffect::NoSchedule}}},
            {"dedicated", {{"agentpool", "dedicated"}}, {}}};
}

std::string_view pool_of(trial::Layer layer) {
    switch (layer) {
        case trial::Layer::L0:
        case trial::Layer::L1:
        case trial::Layer::L2:
            return "agents";
        case trial::Layer::L3:
        case trial::Layer::L4:
            return "chaospool";
        case trial::Layer::L5:
            return "dedicated";
        default:
            return {};
    }
}

/// The pool that the layer names, where some node of this cluster belongs to it.
const Pool* Promoter::pool_here(const CaseFile& file) const {
    const std::string_view name = pool_of(file.trial->spec.layer);
    const auto pool = std::find_if(pools_.begin(), pools_.end(), [&](const Pool& one) { return one.name == name; });
    if (pool == pools_.end()) return nullptr;
    bool found = false;
    target_.read([&](const cluster::State& state) {
        cluster::NodeId id = 0;
        for (const cluster::UnitRow& row : state.rows()) {
            const cluster::NodeId node = id++;
            if (!row.live) continue;
            const cluster::Labels& labels = state.node(node).labels;
            found =
                found || std::all_of(pool->node_selector.begin(), pool->node_selector.end(), [&](const auto& wanted) {
                    const std::string* value = cluster::find_label(labels, wanted.first);
                    return value != nullptr && *value == wanted.second;
                });
        }
    });
    return found ? &*pool : nullptr;
}

/// A merge patch that adds the pool's selector and tolerations to the subject's own.
Result<std::string> Promoter::route_patch(const CaseFile& file, const Pool& pool) {
    const auto live = room_.subject(file.trial->spec.subject);
    if (!live) return live.error();
    const json manifest = json::parse(live->manifest, nullptr, false);
    json spec = json::object();
    for (const auto& [key, value] : pool.node_selector) spec["nodeSelector"][key] = value;
    if (!pool.tolerations.empty()) {
        json all = manifest.is_object()
                       ? manifest.value(json::json_pointer("/spec/template/spec/tolerations"), json::array())
                       : json::array();
        for (const cluster::Toleration& toleration : pool.tolerations) {
            json one = to_json(toleration);
            if (std::find(all.begin(), all.end(), one) == all.end()) all.push_back(std::move(one));
        }
        spec["tolerations"] = std::move(all);
    }
    return json{{"spec", {{"template", {{"spec", std::move(spec)}}}}}}.dump();
}

/// Errors: what the helix says, as a sentence that the trial can show.
Result<std::string> Promoter::run(const CaseFile& file, const char* step, std::vector<gate::Action> actions) {
    usecases::CycleRequest request;
    request.target = target_.name();
    request.actor = kCourtActor;
    json plan = json::array();
    for (const gate::Action& action : actions) plan.push_back(wire::to_json(action));
    request.request_sha256 = ledger::to_hex(sha256_(plan.dump()));
    // A plan that was refused may pass later: each try has its own key. Those of a former process are answered from the
    // ledger, so that a step that was done then is not done again.
    const std::string key = file.closing->mecipol + ":" + file.key + ":" + step + ":";
    request.actions = std::move(actions);
    for (int number = 0;; ++number) {
        request.idempotency_key = key + std::to_string(number);
        auto answer = helix_.run(request);
        if (!answer && answer.error().code == Code::AlreadyExists)
            continue;  // a former process asked for another patch
        if (!answer) return std::move(answer).error();
        const std::string status = answer->receipt.value("status", "");
        const std::string cycle = answer->receipt.value("id", "");
        if (status == "done") return cycle;
        if (!answer->replayed)
            return error(Code::Blocked,
                         std::string(step) + ": the helix answered \"" + status + "\" in cycle " + cycle);
    }
}

std::optional<Promotion> Promoter::advance(const CaseFile& file, Micros now) {
    if (!file.closing || !file.closing->promote) return std::nullopt;
    Promotion promotion = file.promotion;
    if ((promotion.labelled && promotion.routed) || promotion.patience.waits(now)) return std::nullopt;
    const auto refused = [&](const Error& why) {
        promotion.problem = why.message;
        promotion.patience.lose(now, kPauseFirst, kPauseMost);
        return promotion;
    };
    if (!promotion.labelled) {
        gate::Action label = action_on(file, gate::Verb::Label);
        label.entries = {{kLayerLabel, std::string(to_string(file.trial->spec.layer))}};
        gate::Action annotate = action_on(file, gate::Verb::Annotate);
        annotate.entries = {{kRecordAnnotation, file.closing->mecipol}};
        const auto cycle = run(file, "promote", {std::move(label), std::move(annotate)});
        if (!cycle) return refused(cycle.error());
        promotion.labelled = true;
        promotion.patience = {};
        promotion.cycle = *cycle;
    }
    const Pool* pool = pool_here(file);
    if (pool == nullptr) {
        promotion.pool = "none";
    } else {
        promotion.pool = pool->name;
        auto patch = route_patch(file, *pool);
        if (!patch) return refused(patch.error());
        gate::Action route = action_on(file, gate::Verb::Patch);
        route.body = *std::move(patch);
        const auto cycle = run(file, "route", {std::move(route)});
        if (!cycle) return refused(cycle.error());
        promotion.cycle = *cycle;
    }
    promotion.routed = true;
    promotion.problem.clear();
    promotion.patience = {};
    return promotion;
}

}  // namespace helix::court
