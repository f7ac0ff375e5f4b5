#include "domain/trial/law.hpp"

#include <algorithm>

namespace helix::trial {
namespace {

constexpr std::array<std::string_view, kGates.size()> kGateNames = {"conftest", "kyverno", "gatekeeper", "falco",
                                                                    "trivy"};
constexpr std::array<std::string_view, 8> kLayerNames = {"L0", "L1", "L2", "L3", "L4", "L5", "L6", "L7"};

constexpr std::array<std::string_view, kGradeCount> kGradeNames = {
    "conftest-deny", "conftest-warn", "kyverno-violation", "gatekeeper-violation", "gatekeeper-warn", "falco-critical",
    "falco-high",    "falco-medium",  "falco-low",         "trivy-critical",       "trivy-high",      "recorded",
    "waived"};

/// Hard denies in every layer.
constexpr GradeSet kAlways = {Grade::ConftestDeny, Grade::FalcoCritical, Grade::FalcoHigh, Grade::TrivyCritical};
constexpr GradeSet kStrict =
    kAlways | GradeSet{Grade::FalcoMedium, Grade::KyvernoViolation, Grade::GatekeeperViolation};
constexpr GradeSet kEverything = GradeSet::all() - GradeSet{Grade::Recorded, Grade::Waived};

constexpr std::array<LayerLaw, kLayerNames.size()> kLayerLaws = {{
    {.floor = 30, .required = {Gate::Trivy, Gate::Gatekeeper}, .denies = kAlways, .note = "public, minimal gate"},
    {.floor = 40,
     .required = {Gate::Trivy, Gate::Kyverno, Gate::Gatekeeper},
     .denies = kAlways | GradeSet{Grade::GatekeeperViolation},
     .note = "read-only workloads"},
    {.floor = 50, .required = GateSet::all(), .denies = kAlways, .note = "local-only, SSO gate"},
    {.floor = 60, .required = GateSet::all(), .denies = kAlways, .limits = true, .note = "crew auth required"},
    {.floor = 70,
     .required = GateSet::all(),
     .denies = kStrict,
     .limits = true,
     .digests = true,
     .note = "token + image provenance"},
    {.floor = 80,
     .required = GateSet::all(),
     .denies = kStrict,
     .limits = true,
     .digests = true,
     .approval = true,
     .note = "Kay must approve"},
    {.required = {},
     .denies = kEverything,
     .limits = true,
     .digests = true,
     .closed = true,
     .note = "closed, vault only"},
    {.required = GateSet::all(),
     .denies = kEverything,
     .limits = true,
     .digests = true,
     .immaculate = true,
     .approval = true,
     .note = "MEGSCIFIAR gate, all 5 gates open"},
}};

/// The enumerator whose name is `text`.
template <class E, std::size_t N>
std::optional<E> parse(const std::array<std::string_view, N>& names, std::string_view text) {
    const auto at = std::find(names.begin(), names.end(), text);
    if (at == names.end()) return std::nullopt;
    return static_cast<E>(at - names.begin());
}

}  // namespace

std::string_view to_string(Gate gate) {
    return kGateNames[static_cast<std::size_t>(gate)];
}

std::optional<Gate> parse_gate(std::string_view text) {
    return parse<Gate>(kGateNames, text);
}

std::string_view to_string(Grade grade) {
    return kGradeNames[static_cast<std::size_t>(grade)];
}

Grade graver(Grade a, Grade b) {
    if (weight_of(a) != weight_of(b)) return weight_of(a) < weight_of(b) ? a : b;
    return std::min(a, b);
}

std::string_view to_string(Layer layer) {
    return kLayerNames[static_cast<std::size_t>(layer)];
}

std::optional<Layer> parse_layer(std::string_view text) {
    return parse<Layer>(kLayerNames, text);
}

const LayerLaw& law_of(Layer layer) {
    return kLayerLaws[static_cast<std::size_t>(layer)];
}

}  // namespace helix::trial
