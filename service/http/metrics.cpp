#include "service/http/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "service/http/trial_view.hpp"
#include "service/usecases/court/case_json.hpp"

namespace helix::http {
namespace {

using prometheus::Labels;
using prometheus::Registry;

void gauge(Registry& registry, const char* name, const char* help, const Labels& labels, double value) {
    prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add(labels).Set(value);
}

void counter(Registry& registry, const char* name, const char* help, const Labels& labels, std::uint64_t value) {
    prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add(labels).Increment(
        static_cast<double>(value));
}

void add_units(Registry& registry, const std::string& target, const cluster::State& state) {
    for (cluster::NodeId id = 0; id < state.rows().size(); ++id) {
        const cluster::UnitRow& row = state.rows()[id];
        if (!row.live) continue;
        const Labels labels = {{"target", target}, {"unit", state.node(id).name}};
        gauge(registry, "helix_unit_memory_capacity_bytes", "Allocatable memory of a unit.", labels,
              static_cast<double>(row.capacity));
        gauge(registry, "helix_unit_memory_limit_bytes", "The most memory in use with the floor kept.", labels,
              static_cast<double>(row.limit));
        if (row.scraped_at == 0) continue;
        gauge(registry, "helix_unit_memory_used_bytes", "Memory in use, as the metrics say.", labels,
              static_cast<double>(row.used));
        gauge(registry, "helix_unit_break", "1 when the unit is below its floor.", labels,
              row.used > row.limit ? 1 : 0);
    }
}

void add_target(Registry& registry, const usecases::TargetRuntime& runtime) {
    const ports::Target& target = runtime.target();
    const Labels labels = {{"target", target.name()}, {"kind", std::string(target.kind())}};
    const ports::ConnectionFigures figures = target.connections();
    counter(registry, "helix_tcp_connections_opened_total", "TCP connections opened towards the target.", labels,
            figures.opened_total);
    gauge(registry, "helix_tcp_connections_open", "TCP connections open towards the target.", labels,
          static_cast<double>(figures.open));
    counter(registry, "helix_target_requests_total", "Requests sent to the target.", labels, figures.requests_total);
    counter(registry, "helix_target_relists_total", "Lists read anew because a watch could not go on.", labels,
            figures.relists_total);
    counter(registry, "helix_target_watch_events_total", "Watch events applied.", labels, figures.watch_events_total);
    gauge(registry, "helix_target_synced", "1 when the mirror is in sync.", labels, target.freshness().synced ? 1 : 0);
    gauge(registry, "helix_reservations", "Admitted writes whose effect does not show yet.", labels,
          static_cast<double>(runtime.reserved()));
    target.read([&](const cluster::State& state) {
        gauge(registry, "helix_pods", "Pods in the mirror.", labels, static_cast<double>(state.pod_count()));
        add_units(registry, target.name(), state);
    });
}

void add_outbox(Registry& registry, const usecases::Outbox& outbox) {
    const auto status = outbox.status();
    if (!status) return;  // the ledger is away: /readyz says so
    const std::string& name = outbox.destination().name;
    const Labels labels = {{"destination", name}};
    gauge(registry, "helix_outbox_lag_records", "Records from a destination's cursor to the ledger's head.", labels,
          static_cast<double>(status->lag_records));
    gauge(registry, "helix_outbox_dead_letters", "Events given up for a destination.", labels,
          static_cast<double>(status->dead_letters));
    for (const auto& [result, count] : {std::pair<const char*, std::uint64_t>{"delivered", status->delivered_total},
                                        {"failed", status->failed_total},
                                        {"given_up", status->given_up_total}})
        counter(registry, "helix_outbox_deliveries_total", "Deliveries of events by how they ended.",
                {{"destination", name}, {"result", result}}, count);
}

void add_engines(Registry& registry, const usecases::Jury& jury) {
    for (const auto& [who, count] : jury.counts())
        counter(registry, "helix_engine_findings_total", "What each proof engine found, writes and dry runs.",
                {{"engine", who.first}, {"outcome", std::string(to_string(who.second))}}, count);
    counter(registry, "helix_engine_disagreements_total", "Writes on which two proof engines contradict each other.",
            {}, jury.disagreements());
}

void add_trial(Registry& registry, const TrialView& view, std::int64_t now_us) {
    const std::string& target = view.court->target();
    const std::string verdict(to_string(view.verdict()));
    prometheus::BuildGauge()
        .Name("trendal_trials")
        .Help("Trials by phase and verdict.")
        .Register(registry)
        .Add({{"target", target}, {"phase", view.phase(now_us)}, {"verdict", verdict}})
        .Increment();
    const Labels one = {{"target", target}, {"namespace", view.trial->ns}, {"trial", view.trial->name}};
    if (view.file->closing || !view.file->testimonies.empty()) {
        const auto warmth = view.file->closing ? view.file->closing->warmth : view.file->score.warmth;
        gauge(registry, "trendal_warmth", "The trial's warmth, 0 to 1.", one, court::to_number(warmth));
    }
    for (const trial::Testimony& gate : view.file->testimonies) {
        Labels labels = one;
        labels["gate"] = to_string(gate.gate);
        labels["state"] = court::short_state(gate);
        gauge(registry, "trendal_gate_state", "1 for the state of each gate of a trial.", labels, 1);
    }
}

void add_court(Registry& registry, court::Court& court, std::int64_t now_us) {
    for (const TrialView& view : trials_of(court)) add_trial(registry, view, now_us);
    const Labels target = {{"target", court.target()}};
    const court::Court::Figures figures = court.figures();
    counter(registry, "trendal_sittings_total", "Times the court looked at its trials.", target, figures.sittings);
    counter(registry, "trendal_status_writes_total", "Statuses written.", target, figures.status_writes);
    for (const auto verdict : {trial::Verdict::Admit, trial::Verdict::Watch, trial::Verdict::Deny}) {
        const auto found = figures.verdicts.find(verdict);
        counter(registry, "trendal_verdicts_total", "Final verdicts since the start.",
                {{"target", court.target()}, {"verdict", std::string(to_string(verdict))}},
                found == figures.verdicts.end() ? 0 : found->second);
    }
    for (const auto& [priority, count] : court.inbox().totals())
        counter(registry, "trendal_alerts_total", "Falco's alerts since the start.",
                {{"target", court.target()}, {"priority", priority}}, count);
}

}  // namespace

std::string metrics_text(const MetricSources& sources) {
    Registry registry{Registry::InsertBehavior::Merge};
    for (const auto& runtime : sources.targets.all()) add_target(registry, *runtime);
    const auto ledger = sources.writer.counts();
    counter(registry, "helix_ledger_records_total", "Records appended.", {}, ledger.records);
    counter(registry, "helix_ledger_commits_total", "Durable commits that carried them.", {}, ledger.commits);
    counter(registry, "helix_ledger_conflicts_total", "Times another process was first.", {}, ledger.conflicts);
    if (sources.outboxes != nullptr)
        for (const auto& outbox : *sources.outboxes) add_outbox(registry, *outbox);
    if (sources.jury != nullptr) add_engines(registry, *sources.jury);
    if (sources.courts != nullptr)
        for (const auto& court : *sources.courts) add_court(registry, *court, sources.now_us);
    const auto hub = sources.hub.stats();
    gauge(registry, "helix_stream_subscribers", "Open event streams.", {}, static_cast<double>(hub.subscribers));
    counter(registry, "helix_stream_events_total", "Events published.", {}, hub.published_total);
    counter(registry, "helix_stream_deliveries_total", "Frames taken whole by a socket.", {}, hub.deliveries_total);
    counter(registry, "helix_stream_cut_total", "Subscribers cut because they did not read.", {}, hub.cut_total);
    return prometheus::TextSerializer().Serialize(registry.Collect());
}

}  // namespace helix::http
