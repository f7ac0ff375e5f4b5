#include <charconv>

#include "adapters/kube_objects/evidence_projections.hpp"

namespace helix::kube_objects {
namespace {

using trial::Outcome;
using trial::PolicyReport;
using trial::PolicyResult;

constexpr std::int64_t kLastSecond = 253'402'300'799;  // of the year 9999

/// A word that is none of the five says that the rule was not evaluated as far as we can tell.
Outcome outcome_of(std::string_view text) {
    if (text == "pass") return Outcome::Pass;
    if (text == "fail") return Outcome::Fail;
    if (text == "warn") return Outcome::Warn;
    if (text == "skip") return Outcome::Skip;
    return Outcome::Error;
}

/// {seconds, nanos}; 0 when it is out of any calendar.
trial::Micros read_timestamp(Value& value) {
    std::int64_t seconds = 0;
    std::int64_t nanos = 0;
    each_field(value, [&](std::string_view key, Value& field) {
        if (key == "seconds") seconds = integer_of(field);
        if (key == "nanos") nanos = integer_of(field);
    });
    const bool sane = seconds >= 0 && seconds <= kLastSecond && nanos >= 0 && nanos < 1'000'000'000;
    return sane ? seconds * 1'000'000 + nanos / 1'000 : 0;
}

/// Nanoseconds since 1970, as falcosidekick prints an event's time: whole, or as a floating-point number.
trial::Micros event_time(std::string_view text) {
    std::int64_t nanos = 0;
    const char* end = text.data() + text.size();
    if (const auto whole = std::from_chars(text.data(), end, nanos); whole.ec == std::errc{} && whole.ptr == end)
        return nanos > 0 ? nanos / 1'000 : 0;
    double wide = 0;
    const auto rough = std::from_chars(text.data(), end, wide);
    const bool sane = rough.ec == std::errc{} && rough.ptr == end && wide > 0 && wide < 9e18;
    return sane ? static_cast<trial::Micros>(wide / 1'000) : 0;
}

/// What falcosidekick puts into the properties of its results.
struct FalcoProperties {
    std::string ns;
    std::string pod;
    std::string container;
    std::string container_id;
    trial::Micros at = 0;
};

void read_properties(Value& value, PolicyResult& result, FalcoProperties& falco) {
    each_field(value, [&](std::string_view key, Value& field) {
        if (key == "process") result.process = cut_text_of(field);
        if (key == "exceptions") result.exception = cut_text_of(field);
        if (key == "k8s.ns.name") falco.ns = cut_text_of(field);
        if (key == "k8s.pod.name") falco.pod = cut_text_of(field);
        if (key == "container.name") falco.container = cut_text_of(field);
        if (key == "container.id") falco.container_id = cut_text_of(field);
        if (key == "evt.time") falco.at = event_time(view_of(field));
    });
}

/// falcosidekick writes the second within the minute where the seconds since 1970 belong: only the event's own time
/// can be believed.
void mend_falco(PolicyResult& result, const FalcoProperties& falco) {
    result.at = falco.at;
    result.container = falco.container;
    result.container_id = falco.container_id;
    if (result.about == trial::About{} && !falco.pod.empty()) result.about = {"Pod", falco.ns, falco.pod, ""};
}

/// Appends one result for each resource that it names, or one without.
void read_result(Value& value, std::vector<PolicyResult>& results) {
    PolicyResult result;
    result.outcome = Outcome::Error;
    FalcoProperties falco;
    std::vector<trial::About> resources;
    each_field(value, [&](std::string_view key, Value& field) {
        if (key == "result") result.outcome = outcome_of(view_of(field));
        if (key == "source") result.source = cut_text_of(field);
        if (key == "policy") result.policy = cut_text_of(field);
        if (key == "rule") result.rule = cut_text_of(field);
        if (key == "severity") result.severity = cut_text_of(field);
        if (key == "message") result.message = cut_text_of(field);
        if (key == "timestamp") result.at = read_timestamp(field);
        if (key == "properties") read_properties(field, result, falco);
        if (key == "resources")
            each_item(field, [&](Value& one) {
                expect_room(resources);
                resources.push_back(read_about(one));
            });
    });
    if (resources.empty()) resources.emplace_back();
    for (trial::About& about : resources) {
        expect_room(results);
        PolicyResult& one = results.emplace_back(result);
        one.about = std::move(about);
        if (one.source == "Falco") mend_falco(one, falco);
    }
}

bool keeps_passes(Value& configuration) {
    bool filtered = false;
    bool passes = false;
    each_field(configuration, [&](std::string_view key, Value& limits) {
        if (key != "limits") return;
        each_field(limits, [&](std::string_view part, Value& filter) {
            if (part != "statusFilter") return;
            each_item(filter, [&](Value& one) {
                filtered = true;
                passes = passes || view_of(one) == "pass";
            });
        });
    });
    return !filtered || passes;
}

}  // namespace

PolicyReport read_policy_report(JsonObject& object, bool openreports) {
    PolicyReport report;
    Identity identity;
    std::string kind;
    std::string source;
    trial::About scope;
    each_field(object, [&](std::string_view key, Value& field) {
        if (key == "kind") kind = cut_text_of(field);
        if (key == "metadata") identity = read_identity(field);
        if (key == "scope") scope = read_about(field);
        if (key == "source") source = cut_text_of(field);
        if (key == "configuration") report.passes_kept = keeps_passes(field);
        if (key == "results") each_item(field, [&](Value& one) { read_result(one, report.results); });
    });
    report.ref = std::move(identity.ref);
    report.ref.kind = std::move(kind);
    report.openreports = openreports;
    if (scope == trial::About{} && identity.owner != trial::About{}) {
        scope = std::move(identity.owner);
        scope.ns = report.ref.ns;
    }
    for (PolicyResult& one : report.results) {
        if (one.about == trial::About{}) one.about = scope;
        if (one.source.empty()) one.source = source;
    }
    return report;
}

}  // namespace helix::kube_objects
