#include <algorithm>
#include <array>
#include <optional>

#include "adapters/kube_objects/evidence_projections.hpp"

namespace helix::kube_objects {
namespace {

using trial::Trial;
using trial::TrialSpec;
using trial::Verdict;
using trial::WarmthPoint;

constexpr std::size_t kHistoryMax = 1'000;
constexpr std::int64_t kHistoryLimitMax = 1'000;
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kSubjectKinds = {{
    {"deployment", "Deployment"},
    {"statefulset", "StatefulSet"},
    {"daemonset", "DaemonSet"},
}};

/// Which of the fields that a trial cannot do without were there.
struct Given {
    bool subject = false;
    bool layer = false;
    bool gates = false;
    bool duration = false;
    bool trial_id = false;
};

trial::SubjectRef read_subject_ref(Value& value) {
    trial::SubjectRef subject;
    each_field(value, [&](std::string_view key, Value& field) {
        if (key == "namespace") subject.ns = text_of(field);
        for (const auto& [written, kind] : kSubjectKinds) {
            if (key != written) continue;
            if (!subject.kind.empty()) throw Malformed("", "names more than one workload");
            subject.kind = kind;
            subject.name = text_of(field);
        }
    });
    if (subject.name.empty()) throw Malformed("", "names no workload");
    return subject;
}

trial::GateSet read_gates(Value& value) {
    trial::GateSet gates;
    each_item(value, [&](Value& one) {
        const auto gate = trial::parse_gate(view_of(one));
        if (!gate) throw Malformed("", "is no gate");
        if (gates.has(*gate)) throw Malformed("", "is named twice");
        gates.add(*gate);
    });
    if (gates.empty()) throw Malformed("", "names no gate");
    return gates;
}

/// A JSON number as it is written.
std::string_view token_of(Value& value) {
    if (value.type() != simdjson::ondemand::json_type::number) throw Malformed("", "is no number");
    const std::string_view token = value.raw_json_token();
    const auto end = token.find_last_not_of(" \t\r\n");
    return token.substr(0, end == std::string_view::npos ? 0 : end + 1);
}

bool read_pending_gates(Value& value) {
    const std::string_view text = view_of(value);
    if (text != "Hold" && text != "Tolerate") throw Malformed("", "is neither Hold nor Tolerate");
    return text == "Tolerate";
}

/// The value, or Malformed with `why`.
template <class T>
T expect(std::optional<T> parsed, const char* why) {
    if (!parsed) throw Malformed("", why);
    return *parsed;
}

void read_spec_field(std::string_view key, Value& field, TrialSpec& spec, Given& given) {
    if (key == "subject") {
        given.subject = true;
        spec.subject = read_subject_ref(field);
    } else if (key == "sostleTarget") {
        given.layer = true;
        spec.layer = expect(trial::parse_layer(view_of(field)), "is no layer");
    } else if (key == "gates") {
        given.gates = true;
        spec.gates = read_gates(field);
    } else if (key == "duration") {
        given.duration = true;
        spec.duration = expect(trial::parse_duration(view_of(field)), "is no duration");
    } else if (key == "trialId") {
        spec.trial_id = cut_text_of(field);
        given.trial_id = !spec.trial_id.empty();
    } else if (key == "warmthFloor") {
        spec.floor = expect(trial::parse_warmth(token_of(field)), "is no warmth from 0 to 1 with two decimals");
    } else if (key == "crew") {
        spec.crew = cut_text_of(field);
    } else if (key == "pendingGates") {
        spec.tolerate = read_pending_gates(field);
    } else if (key == "suspend") {
        spec.suspend = truth_of(field);
    } else if (key == "historyLimit") {
        spec.history_limit = integer_of(field);
        if (spec.history_limit < 0 || spec.history_limit > kHistoryLimitMax) throw Malformed("", "is out of range");
    } else if (key == "startAfter") {
        spec.start_after = micros_of(field);
    }
}

TrialSpec read_spec(Value& value) {
    TrialSpec spec;
    Given given;
    each_field(value, [&](std::string_view key, Value& field) { read_spec_field(key, field, spec, given); });
    if (!given.subject) throw Malformed("subject", "is missing");
    if (!given.layer) throw Malformed("sostleTarget", "is missing");
    if (!given.gates) throw Malformed("gates", "is missing");
    if (!given.duration) throw Malformed("duration", "is missing");
    if (!given.trial_id) throw Malformed("trialId", "is missing");
    return spec;
}

std::optional<Verdict> verdict_of(std::string_view text) {
    for (const Verdict verdict : {Verdict::Pending, Verdict::Admit, Verdict::Watch, Verdict::Deny})
        if (trial::to_string(verdict) == text) return verdict;
    return std::nullopt;
}

/// A point of the history, or nothing when it is none: the status is a view, and a damaged one is written anew.
std::optional<WarmthPoint> read_point(Value& value) {
    try {
        WarmthPoint point;
        bool timed = false;
        each_field(value, [&](std::string_view key, Value& field) {
            if (key == "at") {
                point.at = micros_of(field);
                timed = true;
            }
            if (key == "warmth") point.warmth = expect(trial::parse_warmth(view_of(field)), "is no warmth");
            if (key == "verdict") point.verdict = expect(verdict_of(view_of(field)), "is no verdict");
        });
        return timed ? std::optional(point) : std::nullopt;
    } catch (const Malformed&) {
        return std::nullopt;
    } catch (const simdjson::simdjson_error&) {
        return std::nullopt;
    }
}

std::vector<WarmthPoint> read_history(Value& status) {
    std::vector<WarmthPoint> history;
    each_field(status, [&](std::string_view key, Value& field) {
        if (key != "warmthHistory") return;
        each_item(field, [&](Value& one) {
            const auto point = history.size() < kHistoryMax ? read_point(one) : std::nullopt;
            if (point) history.push_back(*point);
        });
    });
    return history;
}

/// Reads the spec, or says why it cannot be read.
void read_spec_or_mark(Value& value, Trial& trial) {
    try {
        trial.spec = read_spec(value);
        trial.problem.clear();
    } catch (const Malformed& problem) {
        trial.problem = describe(problem.under("spec"));
    } catch (const simdjson::simdjson_error& problem) {
        trial.problem = std::string("spec: ") + problem.what();
    }
}

/// All but the history.
Trial read_all_but_history(JsonObject& object) {
    Trial trial;
    Identity identity;
    trial.problem = "spec: is missing";
    each_field(object, [&](std::string_view key, Value& field) {
        if (key == "metadata") identity = read_identity(field);
        if (key == "spec") read_spec_or_mark(field, trial);
        if (key == "status") trial.status_digest = meaning_digest(field);
    });
    assign_ref(trial, std::move(identity.ref));
    trial.generation = identity.generation;
    trial.deleting = identity.deleting;
    trial.approved_by = value_of(identity.annotations, "eose.ca/approved-by");
    trial.megscifiar = value_of(identity.annotations, "eose.ca/megscifiar-approved-by");
    trial.rerun = value_of(identity.annotations, "eose.ca/rerun");
    if (trial.spec.subject.ns.empty()) trial.spec.subject.ns = trial.ns;
    return trial;
}

}  // namespace

Trial read_trial(ItemText& item) {
    Trial trial = read_or_mark<Trial>(item, read_all_but_history);
    if (trial.status_digest == 0) return trial;
    try {
        JsonObject again = item.object();  // from the beginning: the parser keeps room for reading a text once
        each_field(again, [&](std::string_view key, Value& field) {
            if (key == "status") trial.history = read_history(field);
        });
    } catch (const std::exception&) {  // as in read_point
        trial.history.clear();
    }
    return trial;
}

}  // namespace helix::kube_objects
