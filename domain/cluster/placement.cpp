#include "domain/cluster/placement.hpp"

#include <algorithm>
#include <charconv>

namespace helix::cluster {
namespace {

std::optional<std::int64_t> whole_number(const std::string& text) {
    std::int64_t value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

bool compare(const Requirement& requirement, const std::string* value, bool greater) {
    if (value == nullptr || requirement.values.size() != 1) return false;
    const auto have = whole_number(*value);
    const auto bound = whole_number(requirement.values.front());
    if (!have || !bound) return false;
    return greater ? *have > *bound : *have < *bound;
}

bool holds(const Requirement& requirement, const std::string* value) {
    const auto listed = [&] {
        return std::find(requirement.values.begin(), requirement.values.end(), *value) != requirement.values.end();
    };
    switch (requirement.op) {
        case Operator::In:
            return value != nullptr && listed();
        case Operator::NotIn:
            return value == nullptr || !listed();
        case Operator::Exists:
            return value != nullptr;
        case Operator::DoesNotExist:
            return value == nullptr;
        case Operator::Gt:
            return compare(requirement, value, true);
        case Operator::Lt:
            return compare(requirement, value, false);
    }
    return false;
}

bool repels(const PodShape& shape, const Taint& taint, bool scheduler_asked) {
    if (taint.effect == TaintEffect::PreferNoSchedule) return false;
    if (taint.effect == TaintEffect::NoSchedule && !scheduler_asked) return false;
    return !tolerates(shape.tolerations, taint);
}

}  // namespace

std::string_view to_string(Exclusion why) {
    switch (why) {
        case Exclusion::None:
            return "none";
        case Exclusion::NotReady:
            return "not-ready";
        case Exclusion::Unschedulable:
            return "unschedulable";
        case Exclusion::Taint:
            return "taint";
        case Exclusion::Selector:
            return "selector";
        case Exclusion::Affinity:
            return "affinity";
        case Exclusion::NodeName:
            return "node-name";
    }
    return "none";
}

bool tolerates(const std::vector<Toleration>& tolerations, const Taint& taint) {
    return std::any_of(tolerations.begin(), tolerations.end(), [&](const Toleration& one) {
        if (one.effect && *one.effect != taint.effect) return false;
        if (one.key.empty()) return one.exists;
        return one.key == taint.key && (one.exists || one.value == taint.value);
    });
}

bool matches(const SelectorTerm& term, const Labels& labels, std::string_view name) {
    return std::all_of(term.begin(), term.end(), [&](const Requirement& requirement) {
        if (!requirement.on_name) return holds(requirement, find_label(labels, requirement.key));
        const std::string own(name);
        return holds(requirement, &own);
    });
}

bool selects(const PodShape& shape, const Node& node) {
    const bool chosen = std::all_of(shape.node_selector.begin(), shape.node_selector.end(), [&](const auto& wanted) {
        const std::string* value = find_label(node.labels, wanted.first);
        return value != nullptr && *value == wanted.second;
    });
    if (!chosen || !shape.has_affinity) return chosen;
    return std::any_of(shape.affinity.begin(), shape.affinity.end(), [&](const SelectorTerm& term) {
        return !term.empty() && matches(term, node.labels, node.name);
    });
}

Exclusion excluded(const PodShape& shape, const Node& node) {
    const bool scheduler_asked = shape.node_name.empty() && shape.default_scheduler;
    if (!shape.node_name.empty() && shape.node_name != node.name) return Exclusion::NodeName;
    if (!node.ready && scheduler_asked) return Exclusion::NotReady;
    if (node.unschedulable && scheduler_asked &&
        !tolerates(shape.tolerations, Taint{std::string(kUnschedulableTaint), "", TaintEffect::NoSchedule}))
        return Exclusion::Unschedulable;
    for (const Taint& taint : node.taints)
        if (repels(shape, taint, scheduler_asked)) return Exclusion::Taint;
    if (!selects(shape, node)) return shape.has_affinity ? Exclusion::Affinity : Exclusion::Selector;
    return Exclusion::None;
}

}  // namespace helix::cluster
