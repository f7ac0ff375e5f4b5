#include "service/usecases/intent_survey.hpp"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "service/usecases/intent_json.hpp"
#include "service/usecases/named_record.hpp"

namespace helix::usecases {
namespace {

using nlohmann::json;

ports::WriteResult done_before() {
    ports::WriteResult result;
    result.outcome = ports::Outcome::Applied;
    result.detail = "done before the next step was begun";
    return result;
}

/// Adds what the intent says to its cycle's other steps.
void add(Intent intent, std::vector<OpenCycle>& cycles) {
    auto open = std::find_if(cycles.begin(), cycles.end(),
                             [&](const OpenCycle& one) { return one.cycle.id == intent.cycle.id; });
    if (open == cycles.end()) {
        open = cycles.insert(cycles.end(), OpenCycle{std::move(intent.cycle), *intent.step.intent_seq, 0, {}});
        open->cycle.recovered = true;
    }
    std::vector<Step>& steps = open->cycle.steps;
    if (steps.size() < std::max(intent.plan.size(), intent.index + 1))
        steps.resize(std::max(intent.plan.size(), intent.index + 1));
    for (std::size_t i = 0; i < intent.plan.size(); ++i) steps[i].action = std::move(intent.plan[i]);
    // A step's intent says that the steps before it were done.
    for (std::size_t i = 0; i < intent.index; ++i) {
        steps[i].state = StepState::Done;
        if (!steps[i].result) steps[i].result = done_before();
    }
    steps[intent.index] = std::move(intent.step);
    open->last_step = intent.index;
    open->reserved = intent.reserved;
}

/// What the receipt says of the step; nothing when it was not written.
std::optional<ports::WriteResult> written(const ledger::Record& receipt, std::size_t index) {
    const json body = json::parse(receipt.body, nullptr, false);
    const json actions = body.is_object() ? body.value("actions", json::array()) : json::array();
    if (!actions.is_array() || index >= actions.size() || !actions[index].is_object()) return std::nullopt;
    const json& step = actions[index];
    ports::WriteResult result;
    const std::string outcome = step.value("outcome", "");
    if (outcome == "applied") {
        result.outcome = ports::Outcome::Applied;
    } else if (outcome == "partly-applied") {
        result.outcome = ports::Outcome::Partly;
    } else if (outcome != "unknown") {
        return std::nullopt;
    }
    result.resource_version_after = step.value("resource_version_after", "");
    result.uid = step.value("uid", "");
    return result;
}

}  // namespace

Result<IntentSurvey> survey_intents(ports::LedgerStore& store, std::uint64_t from_seq, std::int64_t now_us) {
    const auto head = store.head();
    if (!head) return head.error();
    IntentSurvey survey;
    survey.needed_from = *head ? (*head)->seq + 1 : 0;
    ports::LedgerQuery query{from_seq, ports::LedgerQuery::kLimitMax, "helix.intent", {}, false};
    while (true) {
        const auto page = store.list(query);
        if (!page) return page.error();
        for (const ledger::Record& record : *page) {
            ++survey.read;
            auto intent = intent_of(record);
            if (!intent) continue;  // not one that this program wrote: there is no telling what to look at
            const auto receipt = find_cycle_receipt(store, intent->cycle.id);
            if (!receipt) return receipt.error();
            const bool stands = intent->reserved && intent->reserved->until_us > now_us;
            if (*receipt && !stands) continue;
            if (!*receipt) {
                survey.needed_from = std::min(survey.needed_from, record.seq);
                add(*std::move(intent), survey.open);
                continue;
            }
            auto result = written(**receipt, intent->index);
            if (!result) continue;
            survey.needed_from = std::min(survey.needed_from, record.seq);
            survey.standing.push_back({record.target, step_mark(intent->cycle, intent->index),
                                       std::move(intent->step.action), *std::move(result), *intent->reserved});
        }
        if (!ports::is_full(*page, query)) return survey;
        query.from_seq = page->back().seq + 1;
    }
}

}  // namespace helix::usecases
